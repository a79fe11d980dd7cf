#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "edgebert/program/layer_program.h"
#include "edgebert/report/study.h"

namespace edgebert {

Status CheckMacs(std::string_view row, const ModelConfig& config, const CostEstimator& costs,
                 std::span<const int> tokens, SelfCheck& check) {
  // The shapes by themselves, not by the program that is checked.
  const auto expected = [&](int layer, int count) {
    const int64_t width = config.hidden_size;
    const int64_t length = count;
    int64_t macs = 2 * length * width * config.intermediate_size;
    const std::vector<HeadSpan> heads = ActiveHeads(config, config.DistinctLayer(layer), count);
    macs += 4 * length * width * static_cast<int64_t>(heads.size()) * config.head_size();
    for (const HeadSpan& head : heads) {
      const int64_t reach = std::min(head.span, count);
      // Pairs at distance < reach: `length` at 0, and twice length − d at d > 0.
      const int64_t pairs = length + (reach - 1) * (2 * length - reach);
      macs += 2 * pairs * config.head_size();
    }
    return macs;
  };
  std::vector<int> lengths(tokens.begin(), tokens.end());
  std::sort(lengths.begin(), lengths.end());
  lengths.erase(std::unique(lengths.begin(), lengths.end()), lengths.end());
  for (const int count : lengths) {
    EDGEBERT_ASSIGN_OR_RETURN(const TileProgram program, costs.ProgramFor(count));
    for (int layer = 1; layer <= config.num_layers; ++layer) {
      const int section = program.sequence[static_cast<size_t>(layer - 1)].section;
      check.Macs(fmt::format("{}, layer {}, {} tokens", row, layer, count),
                 program.layers[static_cast<size_t>(section)].counts.macs, expected(layer, count));
    }
  }
  return OkStatus();
}

}  // namespace edgebert
