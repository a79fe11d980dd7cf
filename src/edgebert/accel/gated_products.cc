#include "edgebert/accel/gated_products.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "edgebert/tiler/weight_vectors.h"

namespace edgebert {
namespace {

bool IsNonzero(uint8_t code) { return (code & 0x7f) != 0; }  // Zero has either sign.

/// A matrix of codes.
struct CodeMatrix {
  std::span<const uint8_t> codes;
  int width;

  int64_t At(int row, int column) const {
    return IsNonzero(codes[static_cast<size_t>(row) * static_cast<size_t>(width) +
                           static_cast<size_t>(column)])
               ? 1
               : 0;
  }
  /// How many of some rows are not zero in a column.
  int64_t InColumn(int column, int first_row, int rows) const {
    int64_t count = 0;
    for (int row = first_row; row < first_row + rows; ++row) {
      count += At(row, column);
    }
    return count;
  }
  /// How many of some columns are not zero in a row.
  int64_t InRow(int row, int first_column, int columns) const {
    int64_t count = 0;
    for (int column = first_column; column < first_column + columns; ++column) {
      count += At(row, column);
    }
    return count;
  }
};

class ProductCounter {
 public:
  ProductCounter(const TileProgram& program, const TileSection& section, int index,
                 const WeightLaneCounts& weights, const OperandCodes& codes)
      : program_(program), section_(section), index_(index), weights_(weights), codes_(codes) {}

  /// Products of the section whose factors are both not zero.
  Result<int64_t> Count() {
    int64_t total = 0;
    for (const TileOperation& operation : section_.operations) {
      if (operation.unit != TileOperation::Unit::kArray) {
        continue;
      }
      Result<int64_t> count = CountOf(operation.array);
      if (!count.ok()) {
        return count.status();
      }
      total += *count;
    }
    return total;
  }

 private:
  Result<int64_t> CountOf(const ArrayOperation& operation) {
    switch (operation.kind) {
      case ArrayKind::kWeights:
        return WeightProducts(operation);
      case ArrayKind::kScores:
        return ScoreProducts(operation);
      case ArrayKind::kContext:
        return ContextProducts(operation);
    }
    return Internal("an array operation of no kind");
  }

  int heads() const { return static_cast<int>(section_.heads.size()); }

  static Result<CodeMatrix> Matrix(std::span<const uint8_t> codes, std::string_view name, int rows,
                                   int width) {
    if (codes.size() != static_cast<size_t>(rows) * static_cast<size_t>(width)) {
      return InvalidArgument(
          fmt::format("{} codes of {}, expected {} x {}", codes.size(), name, rows, width));
    }
    return CodeMatrix{codes, width};
  }

  Result<CodeMatrix> InputOf(MatrixRole role) const {
    const ModelConfig& config = program_.config;
    const int tokens = program_.tokens;
    switch (role) {
      case MatrixRole::kEmbeddingProjection:
        return Matrix(codes_.embedded, "the embedding", tokens, config.embedding_size);
      case MatrixRole::kQuery:
      case MatrixRole::kKey:
      case MatrixRole::kValue:
        return Matrix(codes_.layer_input, "the layer input", tokens, config.hidden_size);
      case MatrixRole::kAttentionOutput:
        return Matrix(codes_.context, "the context", tokens, heads() * config.head_size());
      case MatrixRole::kFeedForwardUp:
        return Matrix(codes_.attention_output, "the attention output", tokens, config.hidden_size);
      case MatrixRole::kFeedForwardDown:
        return Matrix(codes_.hidden, "the hidden layer", tokens, config.intermediate_size);
      case MatrixRole::kOffRampPooler:
        return Matrix(codes_.pooled, "the pooled vector", 1, config.pooled_size());
      case MatrixRole::kOffRampClassifier:
        return Matrix(codes_.off_ramp_hidden, "the off-ramp's hidden layer", 1, config.pooler_size);
    }
    return Internal("a matrix of no role");
  }

  Result<int64_t> WeightProducts(const ArrayOperation& operation) {
    EDGEBERT_ASSIGN_OR_RETURN(const CodeMatrix input, InputOf(operation.matrix));
    const int first_column =
        IsHeadMatrix(operation.matrix) ? operation.head * program_.config.head_size() : 0;
    const std::vector<int64_t> columns =
        weights_.Sum(operation.matrix, index_, first_column, operation.columns);
    // The hidden layer's region holds a pass, its codes all rows: passes follow each other.
    const int first_row =
        operation.input == TileRegion::kHidden ? hidden_row_ : operation.input_row;
    if (operation.input == TileRegion::kHidden) {
      hidden_row_ += operation.rows;
    }
    int64_t products = 0;
    for (size_t i = 0; i < columns.size(); ++i) {
      products += columns[i] * input.InColumn(static_cast<int>(i), first_row, operation.rows);
    }
    return products;
  }

  static bool IsHeadMatrix(MatrixRole role) {
    return role == MatrixRole::kQuery || role == MatrixRole::kKey || role == MatrixRole::kValue;
  }

  Result<int64_t> ScoreProducts(const ArrayOperation& operation) const {
    const int head_size = program_.config.head_size();
    const int width = heads() * head_size;
    EDGEBERT_ASSIGN_OR_RETURN(const CodeMatrix queries,
                              Matrix(codes_.query, "queries", program_.tokens, width));
    EDGEBERT_ASSIGN_OR_RETURN(const CodeMatrix keys,
                              Matrix(codes_.key, "keys", program_.tokens, width));
    int64_t products = 0;
    for (int j = operation.first_job; j < operation.first_job + operation.jobs; ++j) {
      const Job& job = section_.jobs[static_cast<size_t>(j)];
      for (int i = 0; i < head_size; ++i) {
        const int column = operation.head * head_size + i;
        products += queries.InColumn(column, job.first_row, job.rows) *
                    keys.InColumn(column, job.first_column, job.columns);
      }
    }
    return products;
  }

  Result<int64_t> ContextProducts(const ArrayOperation& operation) const {
    const int tokens = program_.tokens;
    const int head_size = program_.config.head_size();
    EDGEBERT_ASSIGN_OR_RETURN(
        const CodeMatrix probabilities,
        Matrix(codes_.probabilities, "attention probabilities", heads() * tokens, tokens));
    EDGEBERT_ASSIGN_OR_RETURN(const CodeMatrix values,
                              Matrix(codes_.value, "values", tokens, heads() * head_size));
    int64_t products = 0;
    for (int j = operation.first_job; j < operation.first_job + operation.jobs; ++j) {
      const Job& job = section_.jobs[static_cast<size_t>(j)];
      for (int r = job.first_run; r < job.first_run + job.runs; ++r) {
        const BlockRun& run = section_.runs[static_cast<size_t>(r)];
        const int n = program_.vector_size;
        const int end = std::min(tokens, (run.first_block + run.blocks) * n);
        for (int key = run.first_block * n; key < end; ++key) {
          products +=
              probabilities.InColumn(key, operation.head * tokens + run.first_row, run.streamed) *
              values.InRow(key, operation.head * head_size + job.first_column, job.columns);
        }
      }
    }
    return products;
  }

  const TileProgram& program_;
  const TileSection& section_;
  int index_;
  const WeightLaneCounts& weights_;
  const OperandCodes& codes_;
  int hidden_row_ = 0;  ///< The next pass's first.
};

}  // namespace

Result<WeightLaneCounts> WeightLaneCounts::FromModel(const Model& model) {
  const ModelConfig& config = model.config;
  WeightLaneCounts counts;
  for (int r = 0; r < kNumMatrixRoles; ++r) {
    const auto role = static_cast<MatrixRole>(r);
    for (int index = 0; index < NumMatrices(config, role); ++index) {
      const std::string name = MatrixName(config, role, index) + ".weight";
      const Tensor* tensor = model.Find(name);
      if (tensor == nullptr || !tensor->is_af8()) {
        return InvalidArgument(fmt::format("the model has no AF8 tensor '{}'", name));
      }
      const std::vector<uint8_t> codes = Af8Codes(*tensor);
      const auto row_size = static_cast<size_t>(MatrixInputs(config, role));
      // In vectors of one element, the blocks of a layout are the inputs that take part.
      const WeightLayout layout(config, role, index, 1);
      Matrix matrix{layout.columns(), layout.blocks(), {}};
      for (int column = 0; column < layout.columns(); ++column) {
        for (int input = 0; input < layout.blocks(); ++input) {
          const WeightVector at = layout.At(column, input);
          const uint8_t code =
              codes[static_cast<size_t>(at.row) * row_size + static_cast<size_t>(at.first_input)];
          matrix.nonzero.push_back(IsNonzero(code) ? 1 : 0);
        }
      }
      counts.matrices_[static_cast<size_t>(r)].push_back(std::move(matrix));
    }
  }
  return counts;
}

std::vector<int64_t> WeightLaneCounts::Sum(MatrixRole role, int index, int first_column,
                                           int columns) const {
  const Matrix& matrix = matrices_[static_cast<size_t>(role)][static_cast<size_t>(index)];
  const auto inputs = static_cast<size_t>(matrix.inputs);
  std::vector<int64_t> sums(inputs);
  for (int column = first_column; column < first_column + columns; ++column) {
    for (size_t input = 0; input < inputs; ++input) {
      sums[input] += matrix.nonzero[static_cast<size_t>(column) * inputs + input];
    }
  }
  return sums;
}

Result<int64_t> GatedProducts(const TileProgram& program, const TileSection& section, int index,
                              const WeightLaneCounts& weights, const OperandCodes& codes) {
  EDGEBERT_ASSIGN_OR_RETURN(const int64_t products,
                            ProductCounter(program, section, index, weights, codes).Count());
  return section.counts.issued_products - products;
}

}  // namespace edgebert
