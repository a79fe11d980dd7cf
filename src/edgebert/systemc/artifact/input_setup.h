#ifndef EDGEBERT_SYSTEMC_ARTIFACT_INPUT_SETUP_H_
#define EDGEBERT_SYSTEMC_ARTIFACT_INPUT_SETUP_H_

#include <cstdint>
#include <string>
#include <systemc>

#include "edgebert/systemc/artifact/memory.h"
#include "edgebert/systemc/artifact/types.h"
#include "edgebert/systemc/unit.h"

namespace edgebert::systemc::artifact {

/// A product as the address generator sees it.
struct MatmulAddresses {
  uint32_t left_groups = 0;   ///< N0 / 16.
  uint32_t right_groups = 0;  ///< N1 / 16.
  uint32_t columns = 0;       ///< K.
  uint32_t left_base = 0;     ///< Of the masks, in words.
  uint32_t right_base = 0;
};

/// InputSetup: asks for the masks of both operands, one of each a cycle, and reports the end when
/// all output vectors have been handed to the encoder.
class InputSetup : public Unit {
 public:
  struct Ports {
    Channel<MatmulAddresses>& starts;
    Channel<MaskRequest>& left_reads;
    Channel<MaskRequest>& right_reads;
    Channel<bool>& written;  ///< An item for each vector handed to the encoder.
  };
  InputSetup(sc_core::sc_module_name name, const Clock& clock, const Ports& ports, size_t client);

  const OperationTime& time() const { return time_; }

 protected:
  void Step() override;
  std::string Activity() const override;

 private:
  void ReadLeft();
  void ReadRight();

  Ports ports_;
  size_t client_;
  MatmulAddresses work_;
  OperationTime time_;
  bool busy_ = false;
  uint64_t left_read_ = 0;
  uint64_t right_read_ = 0;
  uint64_t written_ = 0;
  uint64_t reads_ = 0;
  uint64_t outputs_ = 0;
};

}  // namespace edgebert::systemc::artifact

#endif  // EDGEBERT_SYSTEMC_ARTIFACT_INPUT_SETUP_H_
