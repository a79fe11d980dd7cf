#include "edgebert/tiler/buffer_plan.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "edgebert/tiler/timing_rules.h"
#include "edgebert/tiler/weight_vectors.h"

namespace edgebert {
namespace {

/// A matrix product's operand that panels carry.
struct Product {
  int rows;
  int columns;
  int blocks;
};

/// Regions that are alive together, and what their weight panels need of the ring.
struct Phase {
  std::string name;
  std::vector<TileRegion> regions;  ///< In the order of their banks.
  int banks = 0;
  int64_t least_ring = 0;
};

struct Passes {
  int attention;
  int feed_forward;
};

class Planner {
 public:
  Planner(const ModelConfig& config, const MachineShape& machine, int tokens)
      : config_(config), machine_(machine), tokens_(tokens) {
    for (int distinct = 0; distinct < config.num_distinct_layers; ++distinct) {
      const auto heads = ActiveHeads(config, distinct, config.max_positions).size();
      heads_ = std::max(heads_, static_cast<int>(heads));
    }
    hidden_blocks_ = Blocks(config.hidden_size);
    head_blocks_ = Blocks(config.head_size());
  }

  Result<BufferPlan> Plan() {
    EDGEBERT_RETURN_IF_ERROR(CheckAuxiliary());
    std::optional<Passes> best;
    int ring_banks = 0;
    for (const int attention : PassSizes()) {
      for (const int feed_forward : PassSizes()) {
        const Passes passes{attention, feed_forward};
        if (best && StreamedBytes(passes) >= StreamedBytes(*best)) {
          continue;
        }
        if (const int banks = RingBanks(PhasesOf(passes)); banks > 0) {
          best = passes;
          ring_banks = banks;
        }
      }
    }
    if (!best) {
      return DoesNotFit();
    }
    return MakePlan(*best, ring_banks);
  }

 private:
  /// Of a head's attention scores.
  int64_t ScoreBytes(int tokens) const {
    return int64_t{tokens} * machine_.Vectors(tokens) * machine_.vector_size * kScoreBytes;
  }

  int Blocks(int inputs) const { return static_cast<int>(machine_.Vectors(inputs)); }

  /// The sizes of the longest pass, longest first, that differ in the number of passes.
  std::vector<int> PassSizes() const {
    std::vector<int> sizes;
    const int64_t most = machine_.auxiliary_bytes / UpdateHalves(1);
    for (int size = static_cast<int>(std::min<int64_t>(tokens_, most)); size > 0;) {
      sizes.push_back(size);
      const int64_t passes = CeilDivide(tokens_, size);
      const auto next = static_cast<int>(CeilDivide(tokens_, passes + 1));
      size = size == 1 ? 0 : std::min(next, size - 1);
    }
    return sizes;
  }

  /// Of the last four bits of updates.
  int64_t UpdateHalves(int rows) const {
    return int64_t{rows} * hidden_blocks_ * HalvesBytes(machine_.vector_size);
  }

  Status CheckAuxiliary() const {
    if (UpdateHalves(1) > machine_.auxiliary_bytes) {
      return InvalidArgument(
          fmt::format("the auxiliary buffer of {} bytes is {} too small for four bits of each of "
                      "a row's {} updates",
                      machine_.auxiliary_bytes, UpdateHalves(1) - machine_.auxiliary_bytes,
                      config_.hidden_size));
    }
    const int64_t bytes = ScoreBytes(tokens_);
    if (heads_ > 0 && bytes > machine_.auxiliary_bytes) {
      int fit = tokens_;
      while (ScoreBytes(fit) > machine_.auxiliary_bytes) {
        --fit;
      }
      return InvalidArgument(fmt::format(
          "the sentence is too long: attention scores of {} tokens take {} bytes, {} more than the "
          "auxiliary buffer's {}; cut it to {} tokens (--max-tokens {}), or make the buffer larger",
          tokens_, bytes, bytes - machine_.auxiliary_bytes, machine_.auxiliary_bytes, fit, fit));
    }
    return OkStatus();
  }

  RegionPlace PlaceOf(TileRegion region, const Passes& passes) const {
    RegionPlace place;
    switch (region) {
      case TileRegion::kLayerInput:
        place = {tokens_, hidden_blocks_};
        break;
      case TileRegion::kContext:
        place = {tokens_, heads_ * head_blocks_};
        break;
      case TileRegion::kQuery:
      case TileRegion::kKey:
        place = {tokens_, head_blocks_};
        break;
      case TileRegion::kValueEven:
      case TileRegion::kValueOdd:
        place = {config_.head_size(), Blocks(tokens_)};
        break;
      case TileRegion::kAttentionUpdate:
        place = {passes.attention, hidden_blocks_, kUpdateBytes};
        break;
      case TileRegion::kHidden:
        place = {passes.feed_forward, Blocks(config_.intermediate_size)};
        break;
      case TileRegion::kFeedForwardUpdate:
        place = {passes.feed_forward, hidden_blocks_, kUpdateBytes};
        break;
      case TileRegion::kEmbedded:
        place = {tokens_, Blocks(config_.embedding_size)};
        break;
      case TileRegion::kPooled:
        place = {1, static_cast<int>(config_.pooling.size()) * hidden_blocks_};
        break;
      case TileRegion::kOffRampHidden:
        place = {1, Blocks(config_.pooler_size)};
        break;
      case TileRegion::kLogits:
        place = {1, Blocks(config_.num_classes()), kLogitBytes};
        break;
      case TileRegion::kScoreHalves:
        place = {tokens_, Blocks(tokens_), 1, true};
        break;
      case TileRegion::kScores:
        place = {tokens_, Blocks(tokens_), kScoreBytes};
        return place;
    }
    const int64_t vectors = int64_t{place.rows} * place.row_vectors;
    place.plane_banks = static_cast<int>(CeilDivide(
        place.halves ? vectors * HalvesBytes(machine_.vector_size) : vectors * machine_.vector_size,
        machine_.bank_bytes));
    return place;
  }

  /// Bytes of the ring below which not even the smallest pieces of panels fit twice.
  int64_t LeastRing(const Product& product) const {
    const int64_t column_bytes =
        int64_t{std::min(product.columns, machine_.vector_size)} * machine_.vector_size;
    const bool one_group = product.rows <= machine_.group_size();
    return 2 * column_bytes * (one_group ? std::min(product.blocks, 1) : product.blocks);
  }

  /// Of LayerNorm's parameters.
  int64_t NormBytes() const {
    return RoundUp(int64_t{2} * kParameterBytes * config_.hidden_size, machine_.vector_size);
  }

  Phase MakePhase(std::string name, std::vector<TileRegion> regions,
                  const std::vector<Product>& products, int64_t norm_bytes,
                  const Passes& passes) const {
    Phase phase{std::move(name), std::move(regions), 0, norm_bytes};
    for (const TileRegion region : phase.regions) {
      phase.banks += PlaceOf(region, passes).banks();
    }
    for (const Product& product : products) {
      phase.least_ring = std::max(phase.least_ring, LeastRing(product));
    }
    return phase;
  }

  std::vector<Phase> PhasesOf(const Passes& passes) const {
    const int hidden = config_.hidden_size;
    const int context_blocks = heads_ * head_blocks_;
    std::vector<Phase> phases;
    if (config_.has_embedding_projection()) {
      phases.push_back(MakePhase("the embedding", {TileRegion::kLayerInput, TileRegion::kEmbedded},
                                 {{tokens_, hidden, Blocks(config_.embedding_size)}}, 0, passes));
    } else {
      phases.push_back(MakePhase("the embedding", {TileRegion::kLayerInput}, {}, 0, passes));
    }
    if (heads_ > 0) {
      std::vector<TileRegion> regions = {TileRegion::kLayerInput,  TileRegion::kContext,
                                         TileRegion::kQuery,       TileRegion::kKey,
                                         TileRegion::kScoreHalves, TileRegion::kValueEven};
      if (heads_ > 1) {
        regions.push_back(TileRegion::kValueOdd);
      }
      phases.push_back(MakePhase("attention", std::move(regions),
                                 {{tokens_, config_.head_size(), hidden_blocks_}}, 0, passes));
    }
    phases.push_back(
        MakePhase("the output projection",
                  {TileRegion::kLayerInput, TileRegion::kContext, TileRegion::kAttentionUpdate},
                  {{passes.attention, hidden, context_blocks}}, NormBytes(), passes));
    phases.push_back(
        MakePhase("the feed-forward network",
                  {TileRegion::kLayerInput, TileRegion::kHidden, TileRegion::kFeedForwardUpdate},
                  {{passes.feed_forward, config_.intermediate_size, hidden_blocks_},
                   {passes.feed_forward, hidden, Blocks(config_.intermediate_size)}},
                  NormBytes(), passes));
    if (!config_.off_ramp_layers.empty()) {
      const int pooled_blocks = static_cast<int>(config_.pooling.size()) * hidden_blocks_;
      phases.push_back(MakePhase("an off-ramp",
                                 {TileRegion::kLayerInput, TileRegion::kPooled,
                                  TileRegion::kOffRampHidden, TileRegion::kLogits},
                                 {{1, config_.pooler_size, pooled_blocks},
                                  {1, config_.num_classes(), Blocks(config_.pooler_size)}},
                                 0, passes));
    }
    return phases;
  }

  /// Banks left for the ring; 0 where some phase's panels do not fit into it.
  int RingBanks(const std::vector<Phase>& phases) const {
    int banks = machine_.banks;
    int64_t least = 1;
    for (const Phase& phase : phases) {
      banks = std::min(banks, machine_.banks - phase.banks);
      least = std::max(least, phase.least_ring);
    }
    return banks > 0 && banks * machine_.bank_bytes >= least ? banks : 0;
  }

  /// What row passes make DRAM deliver for the matrices that are streamed in each.
  int64_t StreamedBytes(const Passes& passes) const {
    const int64_t hidden = config_.hidden_size;
    return RowPasses(tokens_, passes.attention) * hidden * heads_ * config_.head_size() +
           RowPasses(tokens_, passes.feed_forward) * 2 * hidden * config_.intermediate_size;
  }

  Status DoesNotFit() const {
    const Passes least{1, 1};
    const std::vector<Phase> phases = PhasesOf(least);
    int64_t ring = 1;
    for (const Phase& phase : phases) {
      ring = std::max(ring, phase.least_ring);
    }
    const int64_t ring_banks = CeilDivide(ring, machine_.bank_bytes);
    const auto worst =
        std::max_element(phases.begin(), phases.end(),
                         [](const Phase& a, const Phase& b) { return a.banks < b.banks; });
    std::vector<std::string> parts;
    for (const TileRegion region : worst->regions) {
      parts.push_back(fmt::format("{} {}", TileRegionName(region),
                                  PlaceOf(region, least).banks() * machine_.bank_bytes));
    }
    parts.push_back(fmt::format("weight panels {}", ring_banks * machine_.bank_bytes));
    const int64_t bytes = (worst->banks + ring_banks) * machine_.bank_bytes;
    const int64_t available = machine_.banks * machine_.bank_bytes;
    return InvalidArgument(fmt::format(
        "{} tokens do not fit: {} needs {} bytes of the data buffers in banks of {} ({}), {} more "
        "than the {} that they have",
        tokens_, worst->name, bytes, machine_.bank_bytes, fmt::join(parts, ", "), bytes - available,
        available));
  }

  BufferPlan MakePlan(const Passes& passes, int ring_banks) const {
    BufferPlan plan;
    plan.banks = machine_.banks;
    plan.bank_bytes = machine_.bank_bytes;
    plan.ring_first_bank = machine_.banks - ring_banks;
    plan.ring_bytes = ring_banks * machine_.bank_bytes;
    plan.attention_pass_rows = passes.attention;
    plan.feed_forward_pass_rows = passes.feed_forward;
    for (const Phase& phase : PhasesOf(passes)) {
      int bank = 0;
      for (const TileRegion region : phase.regions) {
        RegionPlace place = PlaceOf(region, passes);
        place.first_bank = bank;
        bank += place.banks();
        plan.regions[static_cast<size_t>(region)] = place;
      }
    }
    if (heads_ > 0) {
      plan.regions[static_cast<size_t>(TileRegion::kScores)] = PlaceOf(TileRegion::kScores, passes);
    }
    return plan;
  }

  const ModelConfig& config_;
  const MachineShape& machine_;
  int tokens_;
  int heads_ = 0;  ///< Of the distinct layer with most active heads.
  int hidden_blocks_;
  int head_blocks_;
};

}  // namespace

int PanelChunks(int64_t block_bytes, int blocks, bool one_job, int64_t ring_bytes) {
  const int64_t most_blocks = ring_bytes / 2 / block_bytes;
  if (blocks <= most_blocks) {
    return 1;
  }
  return one_job && most_blocks > 0 ? static_cast<int>(CeilDivide(blocks, most_blocks)) : 0;
}

Result<BufferPlan> PlanBuffers(const ModelConfig& config, const MachineShape& machine, int tokens) {
  return Planner(config, machine, tokens).Plan();
}

}  // namespace edgebert
