#ifndef EDGEBERT_SYSTEMC_ARTIFACT_SPECIAL_FUNCTION_H_
#define EDGEBERT_SYSTEMC_ARTIFACT_SPECIAL_FUNCTION_H_

#include <cstddef>
#include <cstdint>
#include <systemc>

#include "edgebert/systemc/artifact/memory.h"
#include "edgebert/systemc/artifact/types.h"
#include "edgebert/systemc/unit.h"

namespace edgebert::systemc::artifact {

/// Who asked, so that the answer finds back.
enum class FunctionUnit : uint8_t { kLayerNorm, kSoftmax, kElementAdd, kEntropy, kDvfs };
inline constexpr size_t kNumFunctionUnits = 5;

/// The rows that a special function works on: T rows of V consecutive vectors.
struct FunctionRows {
  uint32_t mask_base = 0;
  uint32_t vectors = 0;  ///< V.
  uint32_t rows = 0;     ///< T.
  int input_bias = 0;    ///< AF8 exponent biases.
  int output_bias = 0;

  uint32_t MaskAddress(uint32_t row, uint32_t vector) const {
    return mask_base + row * vectors + vector;
  }
};

/// What the special functions have in common: a state machine that makes one step a cycle and has
/// at most one read under way, of a vector by its mask or of a row of the auxiliary memory.
class SpecialFunction : public Unit {
 public:
  struct Ports {
    Channel<MaskRequest>& mask_reads;
    Channel<Codes>& vectors;
    Channel<DataRequest>& auxiliary_reads;
    Channel<Codes>& auxiliary;
    Channel<Codes>& results;
    Channel<FunctionUnit>& done;
  };

  /// When the latest operation was taken up.
  uint64_t started() const { return started_; }

 protected:
  SpecialFunction(sc_core::sc_module_name name, const Clock& clock, const Ports& ports,
                  FunctionUnit unit, size_t mask_client);

  void NoteStart() { started_ = clock().cycle(); }
  /// These return whether they were done in this cycle.
  bool RequestVector(uint32_t mask_address);
  bool RequestAuxiliary(uint32_t row);
  bool CollectVector(Codes& codes);
  bool CollectAuxiliary(Codes& codes);
  bool Emit(const Codes& codes);
  bool ReportDone();

 private:
  Ports ports_;
  FunctionUnit unit_;
  size_t mask_client_;
  uint64_t started_ = 0;
};

}  // namespace edgebert::systemc::artifact

#endif  // EDGEBERT_SYSTEMC_ARTIFACT_SPECIAL_FUNCTION_H_
