// Feeds arbitrary bytes to the readers of tab- and comma-separated data, entropy traces and
// predictor tables.

#include <cstdint>
#include <string_view>

#include "edgebert/engine/entropy_trace.h"
#include "edgebert/pipeline/table.h"
#include "edgebert/power/latency_target.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const bool has_header : {false, true}) {
    const auto table = edgebert::ParseTsv(text, has_header, "input");
    if (table.ok() && table->rows.size() != table->line_numbers.size()) {
      __builtin_trap();
    }
  }
  const auto csv = edgebert::ParseCsv(text, "input");
  if (csv.ok()) {
    for (const auto& row : csv->rows) {
      if (row.size() != csv->header.size()) {
        __builtin_trap();
      }
    }
  }
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
  const auto target = edgebert::LatencyTarget::Parse(text);
  if (target.ok() && !(target->Resolve(edgebert::Seconds(1)).value() > 0)) {
    __builtin_trap();
  }
  return 0;
}
