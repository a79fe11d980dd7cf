// Feeds arbitrary bytes to the readers of entropy traces and predictor tables.

#include <cstdint>
#include <string_view>

#include "edgebert/engine/entropy_trace.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto trace = edgebert::ParseEntropyTrace(text, 2, "input");
  if (trace.ok() &&
      trace->entropies.size() != trace->num_sentences() * static_cast<size_t>(trace->num_layers)) {
    __builtin_trap();
  }
  const auto predictor = edgebert::ParsePredictorCsv(text, "input");
  if (predictor.ok() && trace.ok()) {
    edgebert::PredictedExitRule rule(0.2, *predictor, trace->Layers());
    edgebert::ReplayExits(*trace, rule);
  }
  return 0;
}
