#ifndef EDGEBERT_SYSTEMC_ARTIFACT_DECODER_H_
#define EDGEBERT_SYSTEMC_ARTIFACT_DECODER_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <systemc>

#include "edgebert/systemc/artifact/memory.h"
#include "edgebert/systemc/artifact/types.h"
#include "edgebert/systemc/unit.h"

namespace edgebert::systemc::artifact {

/// The order in which the masks of an operation come. Non-zero codes are packed lane by lane, so
/// the place of a code is known only by counting; passes over the same vectors rewind the counts.
struct DecodePlan {
  std::array<uint32_t, 2> first_rows = {};  ///< Where the codes of each operand start.
  size_t operands = 1;   ///< 2: vectors alternate between two operands (element add).
  uint64_t period = 0;   ///< Vectors in a pass.
  uint64_t passes = 1;   ///< Over the same vectors, before going on to the next.
  uint64_t vectors = 0;  ///< Of the whole operation.

  /// The left operand of a product is repeated whole for every row group of the right one ...
  static DecodePlan MatmulLeft(uint32_t first_row, uint64_t row_groups, uint64_t columns,
                               uint64_t repeats);
  /// ... of which each row group is repeated for every row group of the left one.
  static DecodePlan MatmulRight(uint32_t first_row, uint64_t row_groups, uint64_t columns,
                                uint64_t repeats);
  /// `passes` passes over each of `rows` rows of `vectors` vectors.
  static DecodePlan Rows(uint32_t first_row, uint64_t rows, uint64_t vectors, uint64_t passes);
  /// Two operands in turns.
  static DecodePlan Alternating(uint32_t first_row, uint32_t second_row, uint64_t vectors);
};

/// Decode: turns each mask into a load of the lanes that it names. One vector a cycle.
class Decoder : public Unit {
 public:
  struct Ports {
    Channel<DecodePlan>& plans;
    Channel<Mask>& matmul_masks;
    Channel<Mask>& function_masks;
    Channel<DataRequest>& loads;
  };
  Decoder(sc_core::sc_module_name name, const Clock& clock, const Ports& ports, size_t client);

 protected:
  void Step() override;
  std::string Activity() const override;

 private:
  using Counts = std::array<uint32_t, kLanes>;

  void Load(Mask mask);
  void EndPass();

  Ports ports_;
  size_t client_;
  DecodePlan plan_;
  uint64_t remaining_ = 0;  ///< Vectors of the operation.
  uint64_t in_pass_ = 0;
  uint64_t pass_ = 0;
  size_t operand_ = 0;
  std::array<Counts, 2> counts_ = {};
  std::array<Counts, 2> saved_ = {};
};

/// The response stage: puts zeros in the lanes that were not loaded.
class ZeroFill : public Unit {
 public:
  ZeroFill(sc_core::sc_module_name name, const Clock& clock, Channel<DataResponse>& input,
           Channel<Codes>& output);

 protected:
  void Step() override;

 private:
  Channel<DataResponse>& input_;
  Channel<Codes>& output_;
};

}  // namespace edgebert::systemc::artifact

#endif  // EDGEBERT_SYSTEMC_ARTIFACT_DECODER_H_
