#include "edgebert/tiler/weight_masks.h"

#include <fmt/format.h>

#include <string>
#include <utility>

#include "edgebert/tiler/weight_vectors.h"

namespace edgebert {
namespace {

/// Counts of all vectors of a matrix, of which `count` knows each.
template <typename Function>
MatrixMask MaskOf(const WeightLayout& layout, const Function& count) {
  std::vector<uint8_t> counts;
  counts.reserve(static_cast<size_t>(layout.columns()) * static_cast<size_t>(layout.blocks()));
  for (int column = 0; column < layout.columns(); ++column) {
    for (int block = 0; block < layout.blocks(); ++block) {
      counts.push_back(static_cast<uint8_t>(count(column, block)));
    }
  }
  return {layout.columns(), layout.blocks(), std::move(counts)};
}

}  // namespace

MatrixMask::MatrixMask(int columns, int blocks, std::vector<uint8_t> counts)
    : columns_(columns), blocks_(blocks), counts_(std::move(counts)) {
  totals_.push_back(0);
  for (int column = 0; column < columns_; ++column) {
    int64_t total = totals_.back();
    for (int block = 0; block < blocks_; ++block) {
      total += At(column, block);
    }
    totals_.push_back(total);
  }
}

int64_t MatrixMask::Sum(int first_column, int columns, int first_block, int blocks) const {
  if (first_block == 0 && blocks == blocks_) {
    return totals_[static_cast<size_t>(first_column + columns)] -
           totals_[static_cast<size_t>(first_column)];
  }
  int64_t total = 0;
  for (int column = first_column; column < first_column + columns; ++column) {
    for (int block = first_block; block < first_block + blocks; ++block) {
      total += At(column, block);
    }
  }
  return total;
}

Result<WeightMasks> WeightMasks::FromModel(const Model& model, int vector_size) {
  if (!model.is_af8()) {
    return InvalidArgument(
        "the model's weights are float32: the accelerator computes with AF8 codes, which "
        "`edgebert import --calibrate` makes");
  }
  WeightMasks masks(vector_size);
  for (int r = 0; r < kNumMatrixRoles; ++r) {
    const auto role = static_cast<MatrixRole>(r);
    for (int index = 0; index < NumMatrices(model.config, role); ++index) {
      const std::string name = MatrixName(model.config, role, index) + ".weight";
      const Tensor* tensor = model.Find(name);
      if (tensor == nullptr || !tensor->is_af8()) {
        return InvalidArgument(fmt::format("the model has no AF8 tensor '{}'", name));
      }
      const std::vector<uint8_t> codes = Af8Codes(*tensor);
      const auto inputs = static_cast<size_t>(MatrixInputs(model.config, role));
      const WeightLayout layout(model.config, role, index, vector_size);
      masks.masks_[static_cast<size_t>(r)].push_back(MaskOf(layout, [&](int column, int block) {
        const WeightVector vector = layout.At(column, block);
        const size_t first =
            static_cast<size_t>(vector.row) * inputs + static_cast<size_t>(vector.first_input);
        int count = 0;
        for (size_t i = first; i < first + static_cast<size_t>(vector.lanes); ++i) {
          count += (codes[i] & 0x7f) != 0 ? 1 : 0;  // Zero has either sign.
        }
        return count;
      }));
    }
  }
  return masks;
}

WeightMasks WeightMasks::Generate(const ModelConfig& config, int vector_size, const Count& count) {
  WeightMasks masks(vector_size);
  for (int r = 0; r < kNumMatrixRoles; ++r) {
    const auto role = static_cast<MatrixRole>(r);
    for (int index = 0; index < NumMatrices(config, role); ++index) {
      const WeightLayout layout(config, role, index, vector_size);
      masks.masks_[static_cast<size_t>(r)].push_back(MaskOf(layout, [&](int column, int block) {
        return count(role, index, column, block, layout.Lanes(block));
      }));
    }
  }
  return masks;
}

WeightMasks WeightMasks::Dense(const ModelConfig& config, int vector_size) {
  return Generate(config, vector_size, [](MatrixRole, int, int, int, int lanes) { return lanes; });
}

}  // namespace edgebert
