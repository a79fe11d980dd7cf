#include "edgebert/accel/gated_products.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "edgebert/hardware/hardware.h"
#include "edgebert/testing/random_model.h"
#include "edgebert/testing/testing.h"
#include "edgebert/testing/tile_case.h"
#include "edgebert/tiler/tiler.h"
#include "edgebert/tiler/weight_vectors.h"

namespace edgebert {
namespace {

using ::testing::HasSubstr;
using testing::Pick;

/// Random codes, about a third of them zero.
std::vector<uint8_t> Codes(int count, testing::Random& random) {
  std::vector<uint8_t> codes(static_cast<size_t>(count));
  for (uint8_t& code : codes) {
    const int draw = Pick(random, 0, 5);
    code = static_cast<uint8_t>(draw == 0 ? 0 : draw == 1 ? 0x80 : Pick(random, 1, 127));
  }
  return codes;
}

/// The operands of a layer and its off-ramp.
struct Operands {
  std::vector<uint8_t> embedded, input, query, key, value, probabilities, context, output, hidden,
      pooled, off_ramp_hidden;

  OperandCodes codes() const {
    return {embedded, input,  query,  key,    value,          probabilities,
            context,  output, hidden, pooled, off_ramp_hidden};
  }
};

Operands RandomOperands(const ModelConfig& config, int heads, int tokens, testing::Random& random) {
  const auto codes = [&](int rows, int width) { return Codes(rows * width, random); };
  const int width = heads * config.head_size();
  return {codes(tokens, config.embedding_size),
          codes(tokens, config.hidden_size),
          codes(tokens, width),
          codes(tokens, width),
          codes(tokens, width),
          codes(heads * tokens, tokens),
          codes(tokens, width),
          codes(tokens, config.hidden_size),
          codes(tokens, config.intermediate_size),
          codes(1, config.pooled_size()),
          codes(1, config.pooler_size)};
}

/// Issues every product of a section one by one, lane by lane.
class ProductWalk {
 public:
  ProductWalk(const Model& model, const TileProgram& program, const TileSection& section, int index,
              const Operands& operands)
      : model_(model), program_(program), section_(section), index_(index), operands_(operands) {}

  int64_t Gated() {
    for (const TileOperation& entry : section_.operations) {
      if (entry.unit == TileOperation::Unit::kArray) {
        Walk(entry.array);
      }
    }
    return gated_;
  }

 private:
  static uint8_t At(const std::vector<uint8_t>& codes, int row, int column, int width) {
    return codes[static_cast<size_t>(row * width + column)];
  }

  void Multiply(uint8_t a, uint8_t b) { gated_ += (a & 0x7f) == 0 || (b & 0x7f) == 0 ? 1 : 0; }

  const std::vector<uint8_t>& Input(const ArrayOperation& operation, int& width) const {
    const ModelConfig& config = program_.config;
    switch (operation.matrix) {
      case MatrixRole::kEmbeddingProjection:
        width = config.embedding_size;
        return operands_.embedded;
      case MatrixRole::kAttentionOutput:
        width = static_cast<int>(section_.heads.size()) * config.head_size();
        return operands_.context;
      case MatrixRole::kFeedForwardUp:
        width = config.hidden_size;
        return operands_.output;
      case MatrixRole::kFeedForwardDown:
        width = config.intermediate_size;
        return operands_.hidden;
      case MatrixRole::kOffRampPooler:
        width = config.pooled_size();
        return operands_.pooled;
      case MatrixRole::kOffRampClassifier:
        width = config.pooler_size;
        return operands_.off_ramp_hidden;
      default:
        width = config.hidden_size;
        return operands_.input;
    }
  }

  void WalkWeights(const ArrayOperation& operation) {
    const ModelConfig& config = program_.config;
    const std::vector<uint8_t> weights =
        Af8Codes(*model_.Find(MatrixName(config, operation.matrix, index_) + ".weight"));
    const int inputs = MatrixInputs(config, operation.matrix);
    const WeightLayout layout(config, operation.matrix, index_, program_.vector_size);
    const int first_column = operation.head < 0 ? 0 : operation.head * config.head_size();
    int width = 0;
    const std::vector<uint8_t>& input = Input(operation, width);
    int first_row = operation.input_row;
    if (operation.matrix == MatrixRole::kFeedForwardDown) {
      first_row = hidden_rows_;
      hidden_rows_ += operation.rows;
    }
    for (int j = operation.first_job; j < operation.first_job + operation.jobs; ++j) {
      const Job& job = section_.jobs[static_cast<size_t>(j)];
      for (int r = job.first_run; r < job.first_run + job.runs; ++r) {
        const BlockRun& run = section_.runs[static_cast<size_t>(r)];
        int position = 0;  // In the operand's elements.
        for (int b = 0; b < run.first_block; ++b) {
          position += layout.Lanes(b);
        }
        for (int block = run.first_block; block < run.first_block + run.blocks; ++block) {
          for (int c = job.first_column; c < job.first_column + job.columns; ++c) {
            const WeightVector vector = layout.At(first_column + c, block);
            bool zero = true;
            for (int lane = 0; lane < vector.lanes; ++lane) {
              zero &= (At(weights, vector.row, vector.first_input + lane, inputs) & 0x7f) == 0;
            }
            if (zero && operation.stationary == Stationary::kRows) {
              continue;
            }
            for (int row = job.first_row; row < job.first_row + job.rows; ++row) {
              for (int lane = 0; lane < vector.lanes; ++lane) {
                Multiply(At(input, first_row + row, position + lane, width),
                         At(weights, vector.row, vector.first_input + lane, inputs));
              }
            }
          }
          position += layout.Lanes(block);
        }
      }
    }
  }

  void Walk(const ArrayOperation& operation) {
    if (operation.kind == ArrayKind::kWeights) {
      WalkWeights(operation);
      return;
    }
    const int head_size = program_.config.head_size();
    const int width = static_cast<int>(section_.heads.size()) * head_size;
    const int tokens = program_.tokens;
    for (int j = operation.first_job; j < operation.first_job + operation.jobs; ++j) {
      const Job& job = section_.jobs[static_cast<size_t>(j)];
      for (int r = job.first_run; r < job.first_run + job.runs; ++r) {
        const BlockRun& run = section_.runs[static_cast<size_t>(r)];
        for (int q = run.first_row; q < run.first_row + run.streamed; ++q) {
          for (int c = job.first_column; c < job.first_column + job.columns; ++c) {
            const int head = operation.head * head_size;
            if (operation.kind == ArrayKind::kScores) {
              for (int i = 0; i < head_size; ++i) {
                Multiply(At(operands_.query, q, head + i, width),
                         At(operands_.key, c, head + i, width));
              }
              continue;
            }
            for (int key = run.first_block * program_.vector_size;
                 key < tokens && key < (run.first_block + run.blocks) * program_.vector_size;
                 ++key) {
              Multiply(At(operands_.probabilities, operation.head * tokens + q, key, tokens),
                       At(operands_.value, key, head + c, width));
            }
          }
        }
      }
    }
  }

  const Model& model_;
  const TileProgram& program_;
  const TileSection& section_;
  int index_;
  const Operands& operands_;
  int hidden_rows_ = 0;
  int64_t gated_ = 0;
};

/// A model with many zeros: half of the vectors of 4, and a third of the codes of the others.
Model SparseModel(ModelConfig config, testing::Random& random) {
  Model model = testing::RandomModel(config, true, random());
  for (Tensor& tensor : model.tensors) {
    if (!tensor.is_af8()) {
      continue;
    }
    std::vector<uint8_t> codes = Af8Codes(tensor);
    bool zero = false;
    for (size_t i = 0; i < codes.size(); ++i) {
      zero = i % 4 == 0 ? Pick(random, 0, 1) == 0 : zero;
      codes[i] = zero || Pick(random, 0, 2) == 0 ? uint8_t{0} : codes[i];
    }
    tensor = MakeAf8Tensor(tensor.name, tensor.shape, tensor.exponent_bias, codes);
  }
  return model;
}

TEST(GatedProductsTest, EqualIssuingEveryProduct) {
  testing::Random random(81);
  for (int trial = 0; trial < 60; ++trial) {
    ModelConfig config = testing::RandomModelConfig();
    config.embedding_size = trial % 2 == 0 ? 24 : 10;
    config.attention_spans = {Pick(random, 0, 32), Pick(random, 0, 9), Pick(random, 1, 32),
                              Pick(random, 0, 32), Pick(random, 1, 9), Pick(random, 0, 32)};
    const Model model = SparseModel(config, random);
    HardwareDescription hardware = testing::RandomHardware(random, 32);
    hardware.weights.resident = false;
    const int tokens = Pick(random, 1, 32);
    const auto masks = WeightMasks::FromModel(model, hardware.vector_size.value);
    ASSERT_OK(masks);
    const auto program = BuildTileProgram(config, *masks, hardware, tokens);
    if (!program.ok()) {
      continue;
    }
    const auto weights = WeightLaneCounts::FromModel(model);
    ASSERT_OK(weights);
    const auto check = [&](const TileSection& section, int index) {
      const Operands operands =
          RandomOperands(config, static_cast<int>(section.heads.size()), tokens, random);
      const auto gated = GatedProducts(*program, section, index, *weights, operands.codes());
      ASSERT_OK(gated);
      ASSERT_EQ(*gated, ProductWalk(model, *program, section, index, operands).Gated());
    };
    check(program->embedding, 0);
    for (int index = 0; index < 2; ++index) {
      check(program->layers[static_cast<size_t>(index)], index);
      check(program->off_ramps[static_cast<size_t>(index)], index);
    }
    ASSERT_FALSE(HasFatalFailure()) << "trial " << trial;
  }
}

TEST(GatedProductsTest, OperandsOfAnotherSizeAreRefused) {
  testing::Random random(82);
  const ModelConfig config = testing::RandomModelConfig();
  const Model model = testing::RandomModel(config, true, 3);
  const auto program =
      BuildTileProgram(config, *WeightMasks::FromModel(model, 16), *DefaultHardware(), 7);
  ASSERT_OK(program);
  const auto weights = WeightLaneCounts::FromModel(model);
  Operands operands = RandomOperands(config, 3, 7, random);
  EXPECT_OK(GatedProducts(*program, program->layers[0], 0, *weights, operands.codes()));
  operands.context.pop_back();
  EXPECT_THAT(
      GatedProducts(*program, program->layers[0], 0, *weights, operands.codes()).status().message(),
      HasSubstr("167 codes of the context, expected 7 x 24"));
  EXPECT_FALSE(WeightLaneCounts::FromModel(testing::RandomModel(config, false, 3)).ok());
}

}  // namespace
}  // namespace edgebert
