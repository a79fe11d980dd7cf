#include "edgebert/program/layer_program.h"

#include <algorithm>

namespace edgebert {
namespace {

template <typename... Functions>
struct Overloaded : Functions... {
  using Functions::operator()...;
};
/// Clang before 17 does not deduce the arguments of an aggregate.
template <typename... Functions>
Overloaded(Functions...) -> Overloaded<Functions...>;

std::vector<Operation> BuildOffRamp(const ModelConfig& config, int tokens) {
  return {
      Pool{tokens, config.hidden_size, config.pooling},
      Linear{MatrixRole::kOffRampPooler, Slot::kPooled, Slot::kOffRampHidden, 1,
             config.pooled_size(), config.pooler_size, ElementFunction::kTanh},
      Linear{MatrixRole::kOffRampClassifier, Slot::kOffRampHidden, Slot::kLogits, 1,
             config.pooler_size, config.num_classes(), ElementFunction::kNone},
      EntropyCheck{config.num_classes()},
  };
}

}  // namespace

std::vector<HeadSpan> ActiveHeads(const ModelConfig& config, int distinct_layer, int tokens) {
  std::vector<HeadSpan> heads;
  for (int head = 0; head < config.num_heads; ++head) {
    const int span = config.Span(distinct_layer, head);
    if (span > 0) {
      heads.push_back({head, std::min(span, tokens)});
    }
  }
  return heads;
}

EmbeddingProgram BuildEmbeddingProgram(const ModelConfig& config, int tokens) {
  EmbeddingProgram program{tokens, {}};
  if (!config.has_embedding_projection()) {
    program.operations.push_back(EmbeddingLookup{tokens, config.embedding_size, Slot::kLayerInput});
    return program;
  }
  program.operations.push_back(EmbeddingLookup{tokens, config.embedding_size, Slot::kEmbedded});
  program.operations.push_back(Linear{MatrixRole::kEmbeddingProjection, Slot::kEmbedded,
                                      Slot::kLayerInput, tokens, config.embedding_size,
                                      config.hidden_size, ElementFunction::kNone});
  return program;
}

LayerProgram BuildLayerProgram(const ModelConfig& config, int layer, int tokens) {
  LayerProgram program{layer, config.DistinctLayer(layer), tokens, {}, {}};
  const int hidden = config.hidden_size;
  std::vector<HeadSpan> heads = ActiveHeads(config, program.distinct_layer, tokens);
  const int active = static_cast<int>(heads.size()) * config.head_size();
  const auto projection = [&](MatrixRole matrix, Slot output) {
    return Linear{matrix, Slot::kLayerInput,     output, tokens, hidden,
                  active, ElementFunction::kNone};
  };
  if (active > 0) {
    program.encoder.push_back(projection(MatrixRole::kQuery, Slot::kQuery));
    program.encoder.push_back(projection(MatrixRole::kKey, Slot::kKey));
    program.encoder.push_back(projection(MatrixRole::kValue, Slot::kValue));
    program.encoder.push_back(Attention{tokens, config.head_size(), std::move(heads)});
  }
  // With no head left the output projection is its bias alone: zero inputs.
  program.encoder.push_back(Linear{MatrixRole::kAttentionOutput, Slot::kContext,
                                   Slot::kAttentionUpdate, tokens, active, hidden,
                                   ElementFunction::kNone});
  program.encoder.push_back(AddNorm{NormRole::kAttention, Slot::kAttentionUpdate, Slot::kLayerInput,
                                    Slot::kAttentionOutput, tokens, hidden});
  program.encoder.push_back(Linear{MatrixRole::kFeedForwardUp, Slot::kAttentionOutput,
                                   Slot::kHidden, tokens, hidden, config.intermediate_size,
                                   ElementFunction::kActivation});
  program.encoder.push_back(Linear{MatrixRole::kFeedForwardDown, Slot::kHidden,
                                   Slot::kFeedForwardUpdate, tokens, config.intermediate_size,
                                   hidden, ElementFunction::kNone});
  program.encoder.push_back(AddNorm{NormRole::kFeedForward, Slot::kFeedForwardUpdate,
                                    Slot::kAttentionOutput, Slot::kLayerOutput, tokens, hidden});
  if (config.HasOffRamp(layer)) {
    program.off_ramp = BuildOffRamp(config, tokens);
  }
  return program;
}

KeyRange KeysInSpan(int query, int span, int tokens) {
  const int reach = std::min(span, tokens);
  return {std::max(0, query + 1 - reach), std::min(tokens, query + reach)};
}

int64_t AttendedPairs(int tokens, int span) {
  if (span <= 0) {
    return 0;
  }
  const int64_t t = tokens;
  const int64_t s = std::min(span, tokens);
  // The diagonal, and s - 1 diagonals on either side of it.
  return t + (s - 1) * (2 * t - s);
}

int64_t MultiplyAccumulates(const Operation& operation) {
  return std::visit(Overloaded{
                        [](const Linear& op) { return int64_t{op.rows} * op.inputs * op.outputs; },
                        [](const Attention& op) {
                          int64_t total = 0;
                          for (const HeadSpan& head : op.heads) {
                            total += 2 * AttendedPairs(op.tokens, head.span) * op.head_size;
                          }
                          return total;
                        },
                        [](const auto&) { return int64_t{0}; },
                    },
                    operation);
}

int64_t MultiplyAccumulates(const std::vector<Operation>& operations) {
  int64_t total = 0;
  for (const Operation& operation : operations) {
    total += MultiplyAccumulates(operation);
  }
  return total;
}

}  // namespace edgebert
