#include "edgebert/systemc/artifact/decoder.h"

#include <fmt/format.h>

namespace edgebert::systemc::artifact {

DecodePlan DecodePlan::MatmulLeft(uint32_t first_row, uint64_t row_groups, uint64_t columns,
                                  uint64_t repeats) {
  return {.first_rows = {first_row, 0},
          .operands = 1,
          .period = row_groups * columns,
          .passes = repeats,
          .vectors = row_groups * columns * repeats};
}

DecodePlan DecodePlan::MatmulRight(uint32_t first_row, uint64_t row_groups, uint64_t columns,
                                   uint64_t repeats) {
  return {.first_rows = {first_row, 0},
          .operands = 1,
          .period = columns,
          .passes = repeats,
          .vectors = row_groups * columns * repeats};
}

DecodePlan DecodePlan::Rows(uint32_t first_row, uint64_t rows, uint64_t vectors, uint64_t passes) {
  return {.first_rows = {first_row, 0},
          .operands = 1,
          .period = vectors,
          .passes = passes,
          .vectors = rows * vectors * passes};
}

DecodePlan DecodePlan::Alternating(uint32_t first_row, uint32_t second_row, uint64_t vectors) {
  return {.first_rows = {first_row, second_row},
          .operands = 2,
          .period = 2 * vectors,
          .passes = 1,
          .vectors = 2 * vectors};
}

Decoder::Decoder(sc_core::sc_module_name name, const Clock& clock, const Ports& ports,
                 size_t client)
    : Unit(name, clock), ports_(ports), client_(client) {
  Reads({&ports.plans, &ports.matmul_masks, &ports.function_masks});
  Writes({&ports.loads});
}

std::string Decoder::Activity() const {
  return remaining_ == 0 ? "" : fmt::format("{} of {} vectors to go", remaining_, plan_.vectors);
}

void Decoder::Step() {
  if (remaining_ == 0) {
    if (ports_.plans.CanPop()) {
      plan_ = ports_.plans.Pop();
      remaining_ = plan_.vectors;
      in_pass_ = pass_ = operand_ = 0;
      counts_ = saved_ = {};
    }
    return;
  }
  if (!ports_.loads.CanPush()) {
    return;
  }
  if (ports_.matmul_masks.CanPop()) {
    Load(ports_.matmul_masks.Pop());
  } else if (ports_.function_masks.CanPop()) {
    Load(ports_.function_masks.Pop());
  }
}

void Decoder::Load(Mask mask) {
  DataRequest request{.store = false, .rows = {}, .lanes = mask, .codes = {}, .client = client_};
  Counts& counts = counts_[operand_];
  for (size_t lane = 0; lane < kLanes; ++lane) {
    request.rows[lane] = plan_.first_rows[operand_] + counts[lane];
    counts[lane] += (uint32_t{mask} >> lane) & 1;
  }
  ports_.loads.Push(request);
  operand_ = (operand_ + 1) % plan_.operands;
  --remaining_;
  if (++in_pass_ == plan_.period) {
    EndPass();
  }
}

void Decoder::EndPass() {
  in_pass_ = 0;
  if (++pass_ < plan_.passes) {
    counts_ = saved_;
  } else {
    pass_ = 0;
    saved_ = counts_;
  }
}

ZeroFill::ZeroFill(sc_core::sc_module_name name, const Clock& clock, Channel<DataResponse>& input,
                   Channel<Codes>& output)
    : Unit(name, clock), input_(input), output_(output) {
  Reads({&input});
  Writes({&output});
}

void ZeroFill::Step() {
  if (!input_.CanPop() || !output_.CanPush()) {
    return;
  }
  const DataResponse response = input_.Pop();
  Codes codes = {};
  for (size_t lane = 0; lane < kLanes; ++lane) {
    codes[lane] = ((response.lanes >> lane) & 1) != 0 ? response.codes[lane] : uint8_t{0};
  }
  output_.Push(codes);
}

}  // namespace edgebert::systemc::artifact
