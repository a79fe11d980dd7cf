#include "edgebert/systemc/overlapped/panel_image.h"

#include <bit>
#include <span>
#include <string>
#include <unordered_map>

#include "edgebert/numeric/fixed_layer_norm.h"
#include "edgebert/program/weight_names.h"
#include "edgebert/tiler/weight_vectors.h"

namespace edgebert::systemc::overlapped {
namespace {

void AppendWord(uint32_t word, std::vector<uint8_t>& bytes) {
  for (int shift = 0; shift < 32; shift += 8) {
    bytes.push_back(static_cast<uint8_t>(word >> shift));
  }
}

/// A matrix of the model, expanded.
struct Matrix {
  WeightLayout layout;
  std::vector<uint8_t> codes;
  std::vector<float> bias;
  size_t inputs;
};

/// The panels of one section, which use few matrices many times.
class ImageMaker {
 public:
  ImageMaker(const Model& model, int index, int vector_size)
      : model_(model), index_(index), vector_size_(vector_size) {}

  std::vector<uint8_t> Weights(const ArrayOperation& operation, const Panel& panel) {
    const Matrix& matrix = MatrixOf(operation.matrix);
    const bool by_head = operation.matrix == MatrixRole::kQuery ||
                         operation.matrix == MatrixRole::kKey ||
                         operation.matrix == MatrixRole::kValue;
    const int first_column =
        panel.first_column + (by_head ? operation.head * model_.config.head_size() : 0);
    const auto elements = static_cast<size_t>(panel.columns) * static_cast<size_t>(panel.blocks) *
                          static_cast<size_t>(vector_size_);
    std::vector<uint8_t> bytes((elements + 7) / 8);
    size_t element = 0;
    for (int column = first_column; column < first_column + panel.columns; ++column) {
      for (int block = panel.first_block; block < panel.first_block + panel.blocks; ++block) {
        const std::span<const uint8_t> codes = VectorOf(matrix, column, block);
        for (size_t lane = 0; lane < codes.size(); ++lane) {
          if ((codes[lane] & 0x7f) != 0) {  // Zero has either sign.
            const size_t bit = element + lane;
            bytes[bit / 8] |= static_cast<uint8_t>(1u << (bit % 8));
            bytes.push_back(codes[lane]);
          }
        }
        element += static_cast<size_t>(vector_size_);
      }
    }
    if (panel.has_bias) {
      for (int column = first_column; column < first_column + panel.columns; ++column) {
        const int row = by_head ? HeadRow(operation.head, column) : column;
        AppendWord(std::bit_cast<uint32_t>(matrix.bias[static_cast<size_t>(row)]), bytes);
      }
    }
    return bytes;
  }

  std::vector<uint8_t> Norm(NormRole role) const {
    const std::string name = NormName(role, index_);
    const FixedNormWeights weights = MakeFixedNormWeights(
        FloatValues(*model_.Find(name + ".gain")), FloatValues(*model_.Find(name + ".bias")));
    std::vector<uint8_t> bytes;
    for (const int32_t gain : weights.gain) {
      AppendWord(static_cast<uint32_t>(gain), bytes);
    }
    for (const int32_t bias : weights.bias) {
      AppendWord(static_cast<uint32_t>(bias), bytes);
    }
    return bytes;
  }

 private:
  const Matrix& MatrixOf(MatrixRole role) {
    const auto found = matrices_.find(role);
    if (found != matrices_.end()) {
      return found->second;
    }
    const std::string name = MatrixName(model_.config, role, index_);
    return matrices_
        .emplace(role, Matrix{WeightLayout(model_.config, role, index_, vector_size_),
                              Af8Codes(*model_.Find(name + ".weight")),
                              FloatValues(*model_.Find(name + ".bias")),
                              static_cast<size_t>(MatrixInputs(model_.config, role))})
        .first->second;
  }

  /// The codes of a vector's lanes that hold elements.
  static std::span<const uint8_t> VectorOf(const Matrix& matrix, int column, int block) {
    const WeightVector vector = matrix.layout.At(column, block);
    return std::span(matrix.codes)
        .subspan(static_cast<size_t>(vector.row) * matrix.inputs +
                     static_cast<size_t>(vector.first_input),
                 static_cast<size_t>(vector.lanes));
  }

  /// The matrix's row of a column that belongs to the active head at position `head`.
  int HeadRow(int head, int column) const {
    const int head_size = model_.config.head_size();
    const std::vector<HeadSpan> heads =
        ActiveHeads(model_.config, index_, model_.config.max_positions);
    return heads[static_cast<size_t>(head)].head * head_size + column % head_size;
  }

  const Model& model_;
  int index_;
  int vector_size_;
  std::unordered_map<MatrixRole, Matrix> matrices_;
};

}  // namespace

std::vector<std::vector<uint8_t>> PanelImages(const Model& model, const TileSection& section,
                                              int index, int vector_size) {
  ImageMaker maker(model, index, vector_size);
  std::vector<std::vector<uint8_t>> images;
  for (const Panel& panel : section.panels) {
    const TileOperation& operation = section.operations[static_cast<size_t>(panel.operation)];
    std::vector<uint8_t> bytes = operation.unit == TileOperation::Unit::kSpecial
                                     ? maker.Norm(operation.special.norm)
                                     : maker.Weights(operation.array, panel);
    bytes.resize(static_cast<size_t>(panel.transfer_bytes));  // To a whole word of the port.
    images.push_back(std::move(bytes));
  }
  return images;
}

}  // namespace edgebert::systemc::overlapped
