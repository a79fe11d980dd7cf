#include "edgebert/systemc/artifact/function_block.h"

namespace edgebert::systemc::artifact {
namespace {

// The auxiliary memory answers each unit by its number; the units share one request queue.
constexpr size_t kAuxiliaryReads = 0;
constexpr size_t kAuxiliaryFill = kNumFunctionUnits;

}  // namespace

FunctionBlock::FunctionBlock(sc_core::sc_module_name name, const Clock& clock,
                             const PathRegisters& registers, ProcessingUnit& processing_unit,
                             size_t auxiliary_rows)
    : sc_core::sc_module(name),
      layer_norm_starts("layer_norm_starts"),
      softmax_starts("softmax_starts"),
      element_add_starts("element_add_starts"),
      entropy_starts("entropy_starts"),
      dvfs_starts("dvfs_starts"),
      auxiliary_fills("auxiliary_fills"),
      done("done"),
      mask_reads_("mask_reads", kNumFunctionUnits),
      vectors_("vectors", kNumFunctionUnits),
      auxiliary_reads_("auxiliary_reads", kNumFunctionUnits),
      auxiliary_vectors_("auxiliary_vectors", kNumFunctionUnits),
      results_("results", kNumFunctionUnits),
      ends_("ends", kNumFunctionUnits),
      merged_reads_("merged_reads"),
      vectors_in_("vectors_in"),
      merged_ends_("merged_ends"),
      auxiliary("auxiliary", clock, auxiliary_rows, kNumFunctionUnits + 1),
      layer_norm("layer_norm", clock, PortsOf(FunctionUnit::kLayerNorm), mask_client::kFunctions,
                 layer_norm_starts),
      softmax("softmax", clock, PortsOf(FunctionUnit::kSoftmax), mask_client::kFunctions,
              softmax_starts),
      element_add("element_add", clock, PortsOf(FunctionUnit::kElementAdd), mask_client::kFunctions,
                  element_add_starts),
      entropy("entropy", clock, PortsOf(FunctionUnit::kEntropy), mask_client::kFunctions,
              entropy_starts),
      dvfs("dvfs", clock, PortsOf(FunctionUnit::kDvfs), dvfs_starts),
      read_mux_("read_mux", clock, mask_reads_, merged_reads_),
      read_register_("read_register", clock, merged_reads_, processing_unit.function_reads),
      vector_register_("vector_register", clock, processing_unit.function_vectors, vectors_in_),
      broadcast_("broadcast", clock, vectors_in_,
                 {&vectors_[0], &vectors_[1], &vectors_[2], &vectors_[3], &vectors_[4]},
                 registers.function_unit),
      auxiliary_mux_("auxiliary_mux", clock, auxiliary_reads_, auxiliary.requests(kAuxiliaryReads)),
      layer_norm_auxiliary_("layer_norm_auxiliary", clock,
                            auxiliary.responses(static_cast<size_t>(FunctionUnit::kLayerNorm)),
                            auxiliary_vectors_[static_cast<size_t>(FunctionUnit::kLayerNorm)]),
      softmax_auxiliary_("softmax_auxiliary", clock,
                         auxiliary.responses(static_cast<size_t>(FunctionUnit::kSoftmax)),
                         auxiliary_vectors_[static_cast<size_t>(FunctionUnit::kSoftmax)]),
      fill_register_("fill_register", clock, auxiliary_fills, auxiliary.requests(kAuxiliaryFill)),
      result_mux_("result_mux", clock, results_, processing_unit.function_results),
      done_mux_("done_mux", clock, ends_, merged_ends_),
      done_register_("done_register", clock, merged_ends_, done) {}

SpecialFunction::Ports FunctionBlock::PortsOf(FunctionUnit unit) {
  const auto index = static_cast<size_t>(unit);
  return {.mask_reads = mask_reads_[index],
          .vectors = vectors_[index],
          .auxiliary_reads = auxiliary_reads_[index],
          .auxiliary = auxiliary_vectors_[index],
          .results = results_[index],
          .done = ends_[index]};
}

FunctionBlock::AuxiliaryBroadcast::AuxiliaryBroadcast(sc_core::sc_module_name name,
                                                      const Clock& clock,
                                                      Channel<DataResponse>& input,
                                                      Channel<Codes>& output)
    : Unit(name, clock), input_(input), output_(output) {
  Reads({&input});
  Writes({&output});
}

void FunctionBlock::AuxiliaryBroadcast::Step() {
  if (input_.CanPop() && output_.CanPush()) {
    output_.Push(input_.Pop().codes);
  }
}

}  // namespace edgebert::systemc::artifact
