#include "edgebert/tiler/stage_names.h"

#include <fmt/format.h>

#include <array>

#include "edgebert/program/weight_names.h"

namespace edgebert {
namespace {

std::string_view MatrixRoleName(MatrixRole role) {
  constexpr std::array<std::string_view, kNumMatrixRoles> kNames = {"embedding projection",
                                                                    "query",
                                                                    "key",
                                                                    "value",
                                                                    "output projection",
                                                                    "feed-forward up",
                                                                    "feed-forward down",
                                                                    "off-ramp pooler",
                                                                    "off-ramp classifier"};
  return kNames[static_cast<size_t>(role)];
}

std::string_view NameOf(const ArrayOperation& operation) {
  switch (operation.kind) {
    case ArrayKind::kScores:
      return "scores";
    case ArrayKind::kContext:
      return "context";
    case ArrayKind::kWeights:
      break;
  }
  return MatrixRoleName(operation.matrix);
}

std::string_view NameOf(const SpecialOperation& operation) {
  switch (operation.kind) {
    case SpecialKind::kEmbeddingLookup:
      return "embedding";
    case SpecialKind::kSoftmax:
      return "softmax";
    case SpecialKind::kAddNorm:
      return "AddNorm";
    case SpecialKind::kPool:
      return "pooling";
    case SpecialKind::kEntropy:
      break;
  }
  return "entropy";
}

}  // namespace

StageNames::StageNames(const TileProgram& program) {
  stages_.push_back({&program.embedding, 1});
  for (size_t i = 0; i < program.sequence.size(); ++i) {
    const TileLayer& layer = program.sequence[i];
    const int number = static_cast<int>(i) + 1;
    stages_.push_back({&program.layers[static_cast<size_t>(layer.section)], number});
    if (layer.off_ramp >= 0) {
      stages_.push_back({&program.off_ramps[static_cast<size_t>(layer.off_ramp)], number});
    }
  }
}

std::string_view StageNames::Kind(size_t stage, size_t operation) const {
  const TileOperation& entry = stages_[stage].section->operations[operation];
  return entry.unit == TileOperation::Unit::kArray ? NameOf(entry.array) : NameOf(entry.special);
}

std::string StageNames::Operation(size_t stage, size_t operation) const {
  const TileSection& section = *stages_[stage].section;
  const TileOperation& entry = section.operations[operation];
  const bool array = entry.unit == TileOperation::Unit::kArray;
  const int head = array ? entry.array.head : entry.special.head;
  const std::string_view kind = Kind(stage, operation);
  return head >= 0 ? fmt::format("{}, head {}", kind, section.heads[static_cast<size_t>(head)].head)
                   : std::string(kind);
}

}  // namespace edgebert
