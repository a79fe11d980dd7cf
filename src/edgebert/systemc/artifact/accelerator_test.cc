#include "edgebert/systemc/artifact/accelerator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "edgebert/numeric/adaptivfloat.h"
#include "edgebert/numeric/entropy.h"
#include "edgebert/systemc/artifact/piecewise_linear.h"
#include "edgebert/systemc/simulation.h"
#include "edgebert/testing/testing.h"

namespace edgebert::systemc::artifact {
namespace {

using ::testing::HasSubstr;

/// Runs `body` with an accelerator.
Status WithAccelerator(const AcceleratorSize& size,
                       const std::function<Status(Accelerator&)>& body) {
  return InSimulation([&] {
    Clock clock("clock", sc_core::sc_time(1, sc_core::SC_NS));
    const auto accelerator = std::make_unique<Accelerator>("top", clock, size);
    return body(*accelerator);
  });
}

uint8_t RandomCode(testing::Random& random, double zeros) {
  if (std::uniform_real_distribution<>(0, 1)(random) < zeros) {
    return 0;
  }
  const auto code = static_cast<uint8_t>(random());
  return code == 0x80 ? uint8_t{0x81} : code;  // Negative zero is not zero to this encoder.
}

std::vector<uint8_t> RandomCodes(testing::Random& random, size_t count, double zeros) {
  std::vector<uint8_t> codes(count);
  std::generate(codes.begin(), codes.end(), [&] { return RandomCode(random, zeros); });
  return codes;
}

std::vector<uint8_t> ExpectedProduct(const std::vector<uint8_t>& left,
                                     const std::vector<uint8_t>& right, const MatmulWork& work) {
  std::vector<uint8_t> product(size_t{work.left_rows} * work.right_rows);
  for (size_t row = 0; row < work.right_rows; ++row) {
    for (size_t column = 0; column < work.left_rows; ++column) {
      int64_t sum = work.requantization.addend;
      for (size_t k = 0; k < work.columns; ++k) {
        sum += DecodeInteger(kAf8, right[row * work.columns + k]) *
               DecodeInteger(kAf8, left[column * work.columns + k]);
      }
      if (work.requantization.relu) {
        sum = std::max<int64_t>(sum, 0);
      }
      product[row * work.left_rows + column] = static_cast<uint8_t>(EncodeAccumulator(
          kAf8, sum, work.requantization.unit_exponent, work.requantization.output_bias));
    }
  }
  return product;
}

struct Product {
  uint32_t left_rows;
  uint32_t right_rows;
  uint32_t columns;
};

/// Buffers in which a product of any size here fits, with its output behind the operands.
AcceleratorSize SizeFor(const Product& product) {
  const uint32_t rows = std::max(product.left_rows, product.right_rows);
  const size_t vectors = size_t{rows} * std::max(product.columns, rows) / kLanes;
  AcceleratorSize size;
  size.decoder = {.mask_words = std::max<size_t>(4096, 2 * vectors),
                  .data_rows = std::max<size_t>(4096, 2 * vectors)};
  return size;
}

/// Simulates a product of random operands, checks every output code, and gives the cycles.
uint64_t SimulateProduct(const Product& product, double zeros, bool relu = false,
                         int64_t addend = 0, size_t output_memory = 1) {
  testing::Random random(product.left_rows * 7 + product.right_rows * 5 + product.columns);
  const std::vector<uint8_t> left =
      RandomCodes(random, size_t{product.left_rows} * product.columns, zeros);
  const std::vector<uint8_t> right =
      RandomCodes(random, size_t{product.right_rows} * product.columns, zeros);
  const auto behind = static_cast<uint32_t>(std::max(left.size(), right.size()) / kLanes);
  const MatmulWork work{
      .left_rows = product.left_rows,
      .right_rows = product.right_rows,
      .columns = product.columns,
      .left = {},
      .right = {},
      .output = {.memory = output_memory, .mask_base = behind, .first_row = behind},
      .requantization = {.unit_exponent = -28, .addend = addend, .relu = relu, .output_bias = -8}};
  uint64_t cycles = 0;
  EXPECT_OK(WithAccelerator(SizeFor(product), [&](Accelerator& accelerator) {
    EDGEBERT_RETURN_IF_ERROR(
        accelerator.Store(0, {}, OrderForMatmul(left, product.left_rows, product.columns)));
    EDGEBERT_RETURN_IF_ERROR(
        accelerator.Store(1, {}, OrderForMatmul(right, product.right_rows, product.columns)));
    EDGEBERT_ASSIGN_OR_RETURN(cycles, accelerator.Matmul(work));
    EDGEBERT_ASSIGN_OR_RETURN(
        const std::vector<Codes> output,
        accelerator.Load(output_memory, {.mask_base = behind, .first_row = behind},
                         size_t{product.left_rows} * product.right_rows / kLanes));
    EXPECT_EQ(MatrixFromVectors(output, product.right_rows, product.left_rows),
              ExpectedProduct(left, right, work));
    return OkStatus();
  }));
  return cycles;
}

/// What the authors' release was measured to take, start to done (facts of their code: see
/// docs/accelerator.md).
TEST(ArtifactMatmulTest, TakesTheCyclesMeasuredOnTheAuthorsModel) {
  EXPECT_EQ(SimulateProduct({16, 16, 16}, 0), 67u);
  EXPECT_EQ(SimulateProduct({16, 16, 32}, 0), 100u);
  EXPECT_EQ(SimulateProduct({16, 16, 64}, 0), 166u);
  EXPECT_EQ(SimulateProduct({16, 16, 256}, 0), 562u);
  EXPECT_EQ(SimulateProduct({32, 32, 32}, 0), 322u);
  EXPECT_EQ(SimulateProduct({64, 32, 32}, 0), 618u);
  EXPECT_EQ(SimulateProduct({48, 32, 64}, 0), 866u);
  EXPECT_EQ(SimulateProduct({32, 32, 128}, 0), 1114u);
  EXPECT_EQ(SimulateProduct({64, 64, 64}, 0), 2266u);
}

TEST(ArtifactMatmulTest, SparsitySavesNoCycles) {
  for (const double zeros : {0.0, 0.5, 0.7, 0.9, 1.0}) {
    EXPECT_EQ(SimulateProduct({32, 32, 32}, zeros), 322u) << zeros;
    EXPECT_EQ(SimulateProduct({48, 32, 64}, zeros), 866u) << zeros;
  }
}

uint64_t MatmulFormula(const Product& product) {
  const uint64_t tiles = uint64_t{product.left_rows / 16} * (product.right_rows / 16);
  return 33 * tiles * (product.columns / 16) + 8 * (tiles - 1) + 34;
}

TEST(ArtifactMatmulTest, FollowsTheFormulaOfTheMeasurements) {
  testing::Random random(3);
  for (int trial = 0; trial < 25; ++trial) {
    const auto size = [&random](uint32_t most) {
      return 16 * (1 + static_cast<uint32_t>(random() % most));
    };
    const Product product{size(6), size(6), size(10)};
    ASSERT_EQ(SimulateProduct(product, 0.3), MatmulFormula(product))
        << product.left_rows << " x " << product.right_rows << " x " << product.columns;
  }
}

TEST(ArtifactMatmulTest, RectifiesAndAdds) {
  EXPECT_EQ(SimulateProduct({32, 48, 32}, 0.5, true, -123'456, 0), MatmulFormula({32, 48, 32}));
}

/// The parts of one layer of ALBERT-base with 128 tokens, at the size of a tile of the authors'
/// driver, and the sums that follow for the whole layer.
TEST(ArtifactMatmulTest, ALayerFollowsFromItsParts) {
  EXPECT_EQ(SimulateProduct({64, 64, 768}, 0.5), MatmulFormula({64, 64, 768}));
  const uint64_t projection = MatmulFormula({768, 128, 768});
  EXPECT_EQ(3 * projection, 1'834'062u);
  EXPECT_EQ(12 * MatmulFormula({128, 128, 64}), 107'832u);
  EXPECT_EQ(12 * MatmulFormula({64, 128, 128}), 104'760u);
  EXPECT_EQ(projection, 611'354u);
  EXPECT_EQ(MatmulFormula({3072, 128, 768}), 2'445'338u);
  EXPECT_EQ(MatmulFormula({768, 128, 3072}), 2'436'122u);
}

TEST(ArtifactMatmulTest, HeadsOfTheLayerAreSimulatedWhole) {
  EXPECT_EQ(12 * SimulateProduct({128, 128, 64}, 0.1), 107'832u);
  EXPECT_EQ(12 * SimulateProduct({64, 128, 128}, 0.1), 104'760u);
}

TEST(ArtifactMatmulTest, OperationsFollowOneAnother) {
  testing::Random random(9);
  const std::vector<uint8_t> a = RandomCodes(random, 32 * 48, 0.4);
  const std::vector<uint8_t> b = RandomCodes(random, 32 * 48, 0.4);
  MatmulWork work{.left_rows = 32,
                  .right_rows = 32,
                  .columns = 48,
                  .left = {},
                  .right = {},
                  .output = {.memory = 0, .mask_base = 1000, .first_row = 1000},
                  .requantization = {.unit_exponent = -28, .output_bias = -8}};
  EXPECT_OK(WithAccelerator({}, [&](Accelerator& accelerator) {
    EDGEBERT_RETURN_IF_ERROR(accelerator.Store(0, {}, OrderForMatmul(a, 32, 48)));
    EDGEBERT_RETURN_IF_ERROR(accelerator.Store(1, {}, OrderForMatmul(b, 32, 48)));
    EDGEBERT_RETURN_IF_ERROR(accelerator.Matmul(work).status());
    // The output is the left operand of the next product as it lies there.
    MatmulWork next = work;
    next.columns = 32;
    next.left = {.mask_base = 1000, .first_row = 1000};
    next.output = {.memory = 1, .mask_base = 2000, .first_row = 2000};
    const std::vector<uint8_t> first = ExpectedProduct(a, b, work);
    const std::vector<uint8_t> c = RandomCodes(random, 32 * 32, 0);
    EDGEBERT_RETURN_IF_ERROR(accelerator.Store(1, {}, OrderForMatmul(c, 32, 32)));
    EDGEBERT_ASSIGN_OR_RETURN(const uint64_t cycles, accelerator.Matmul(next));
    EXPECT_EQ(cycles, 322u);
    EDGEBERT_ASSIGN_OR_RETURN(const std::vector<Codes> output,
                              accelerator.Load(1, {.mask_base = 2000, .first_row = 2000}, 64));
    EXPECT_EQ(MatrixFromVectors(output, 32, 32), ExpectedProduct(first, c, next));
    return OkStatus();
  }));
}

TEST(ArtifactMatmulTest, AFlippedMaskBitChangesTheProduct) {
  testing::Random random(4);
  const std::vector<uint8_t> a = RandomCodes(random, 16 * 16, 0.5);
  const std::vector<uint8_t> b = RandomCodes(random, 16 * 16, 0.2);
  const MatmulWork work{.left_rows = 16,
                        .right_rows = 16,
                        .columns = 16,
                        .left = {},
                        .right = {},
                        .output = {.memory = 1, .mask_base = 100, .first_row = 100},
                        .requantization = {.unit_exponent = -28, .output_bias = -8}};
  EXPECT_OK(WithAccelerator({}, [&](Accelerator& accelerator) {
    EDGEBERT_RETURN_IF_ERROR(accelerator.Store(0, {}, OrderForMatmul(a, 16, 16)));
    EDGEBERT_RETURN_IF_ERROR(accelerator.Store(1, {}, OrderForMatmul(b, 16, 16)));
    accelerator.decoder(0).masks.words()[7] ^= 1u << 3;
    EDGEBERT_ASSIGN_OR_RETURN(const uint64_t cycles, accelerator.Matmul(work));
    EXPECT_EQ(cycles, 67u);
    EDGEBERT_ASSIGN_OR_RETURN(const std::vector<Codes> output,
                              accelerator.Load(1, {.mask_base = 100, .first_row = 100}, 16));
    EXPECT_NE(MatrixFromVectors(output, 16, 16), ExpectedProduct(a, b, work));
    return OkStatus();
  }));
}

TEST(ArtifactMatmulTest, AVectorOfZerosGatesItsProducts) {
  std::vector<uint8_t> a(16 * 32, 0x41);
  const std::vector<uint8_t> b(16 * 32, 0x3c);
  std::fill_n(a.begin() + 5 * 32, 16, uint8_t{0});  // Row 5, the first half of its columns.
  MatmulWork work{.left_rows = 16,
                  .right_rows = 16,
                  .columns = 32,
                  .left = {},
                  .right = {},
                  .output = {.memory = 1, .mask_base = 100, .first_row = 100},
                  .requantization = {}};
  EXPECT_OK(WithAccelerator({}, [&](Accelerator& accelerator) {
    EDGEBERT_RETURN_IF_ERROR(accelerator.Store(0, {}, OrderForMatmul(a, 16, 32)));
    EDGEBERT_RETURN_IF_ERROR(accelerator.Store(1, {}, OrderForMatmul(b, 16, 32)));
    EDGEBERT_RETURN_IF_ERROR(accelerator.Matmul(work).status());
    EXPECT_EQ(accelerator.datapath().products(), 16u * 16 * 2);
    EXPECT_EQ(accelerator.datapath().gated_products(), 16u);
    return OkStatus();
  }));
}

TEST(ArtifactMatmulTest, RefusesWhatDoesNotFit) {
  EXPECT_OK(WithAccelerator({}, [&](Accelerator& accelerator) {
    MatmulWork work{.left_rows = 24,
                    .right_rows = 16,
                    .columns = 16,
                    .left = {},
                    .right = {},
                    .output = {},
                    .requantization = {}};
    const Status odd = accelerator.Matmul(work).status();
    EXPECT_EQ(odd.code(), StatusCode::kInvalidArgument);
    EXPECT_THAT(odd.message(), HasSubstr("multiples of 16"));
    EXPECT_EQ(accelerator.Store(0, {}, std::vector<Codes>(5000)).code(),
              StatusCode::kInvalidArgument);
    EXPECT_EQ(accelerator.FillInput({}, 0).status().code(), StatusCode::kInvalidArgument);
    return OkStatus();
  }));
  const Status beyond = WithAccelerator({}, [&](Accelerator& accelerator) {
    return accelerator
        .Matmul({.left_rows = 128,
                 .right_rows = 16,
                 .columns = 1024,
                 .left = {},
                 .right = {},
                 .output = {},
                 .requantization = {}})
        .status();
  });
  EXPECT_EQ(beyond.code(), StatusCode::kInternal);
  EXPECT_THAT(beyond.message(), HasSubstr("of 4096 words"));
}

// Special functions.

constexpr int kInputBias = -7;
constexpr int kUnitBias = -7;  // Up to ±1.9375, so that 1 is exact.
constexpr uint8_t kOneCode = 0x70;

double ValueOf(uint8_t code, int bias) { return Decode(kAf8, code, bias); }

struct FunctionCase {
  uint32_t vectors;
  uint32_t rows;
  std::vector<Codes> input;
  std::vector<Codes> output;
  uint64_t cycles = 0;

  size_t size() const { return size_t{vectors} * rows; }
  double Input(uint32_t row, uint32_t i) const {
    return ValueOf(input[row * vectors + i / kLanes][i % kLanes], kInputBias);
  }
  double Output(uint32_t row, uint32_t i, int bias) const {
    return ValueOf(output[row * vectors + i / kLanes][i % kLanes], bias);
  }
};

FunctionCase RandomFunctionCase(uint32_t vectors, uint32_t rows) {
  testing::Random random(vectors * 100 + rows);
  FunctionCase result{.vectors = vectors, .rows = rows, .input = {}, .output = {}};
  result.input.resize(result.size());
  for (Codes& codes : result.input) {
    for (uint8_t& code : codes) {
      code = RandomCode(random, 0.2);
    }
  }
  return result;
}

FunctionRows RowsOf(const FunctionCase& c, int output_bias) {
  return {.mask_base = 0,
          .vectors = c.vectors,
          .rows = c.rows,
          .input_bias = kInputBias,
          .output_bias = output_bias};
}

constexpr ArrayPlace kOutput{.mask_base = 2048, .first_row = 2048};
constexpr EncodeTarget kTarget{.memory = 1, .mask_base = 2048, .first_row = 2048};

/// Runs `run` on the input of `c` in decoder 1.
void RunFunction(FunctionCase& c, const std::function<Result<uint64_t>(Accelerator&)>& run) {
  EXPECT_OK(WithAccelerator({}, [&](Accelerator& accelerator) {
    EDGEBERT_RETURN_IF_ERROR(accelerator.Store(1, {}, c.input));
    EDGEBERT_ASSIGN_OR_RETURN(c.cycles, run(accelerator));
    EDGEBERT_ASSIGN_OR_RETURN(c.output, accelerator.Load(1, kOutput, c.size()));
    return OkStatus();
  }));
}

struct Shape {
  uint32_t vectors;
  uint32_t rows;
};
constexpr std::array<Shape, 5> kShapes = {{{4, 2}, {8, 2}, {32, 2}, {1, 1}, {3, 5}}};

TEST(ArtifactLayerNormTest, NormalisesInTheMeasuredCycles) {
  constexpr int kOutputBias = -6;
  for (const Shape& shape : kShapes) {
    const uint32_t vectors = shape.vectors;
    const uint32_t rows = shape.rows;
    FunctionCase c = RandomFunctionCase(vectors, rows);
    testing::Random random(1);
    RunFunction(c, [&](Accelerator& accelerator) {
      for (uint32_t i = 0; i < vectors; ++i) {
        for (size_t lane = 0; lane < kLanes; ++lane) {
          accelerator.auxiliary()[i][lane] = RandomCode(random, 0);
          accelerator.auxiliary()[100 + i][lane] = RandomCode(random, 0.5);
        }
      }
      const std::vector<Codes> parameters = accelerator.auxiliary();
      const auto cycles = accelerator.RunLayerNorm({.rows = RowsOf(c, kOutputBias),
                                                    .gamma_row = 0,
                                                    .beta_row = 100,
                                                    .gamma_bias = kUnitBias,
                                                    .beta_bias = kUnitBias},
                                                   1, 0, kTarget);
      const auto output = *accelerator.Load(1, kOutput, c.size());
      for (uint32_t row = 0; row < c.rows; ++row) {
        const uint32_t values = vectors * kLanes;
        double mean = 0;
        double squares = 0;
        for (uint32_t i = 0; i < values; ++i) {
          mean += c.Input(row, i) / values;
          squares += c.Input(row, i) * c.Input(row, i) / values;
        }
        const double deviation = std::sqrt(squares - mean * mean);
        for (uint32_t i = 0; i < values; ++i) {
          const double gamma = ValueOf(parameters[i / kLanes][i % kLanes], kUnitBias);
          const double beta = ValueOf(parameters[100 + i / kLanes][i % kLanes], kUnitBias);
          const double expected = (c.Input(row, i) - mean) / deviation * gamma + beta;
          const double found = ValueOf(output[row * vectors + i / kLanes][i % kLanes], kOutputBias);
          const double limit = ValueOf(0x7f, kOutputBias);
          // The root's segments, the inputs' cut-off bits, and half a step of a code.
          const double scaled = std::abs(expected - beta);
          EXPECT_NEAR(
              found, std::clamp(expected, -limit, limit),
              0.006 * scaled + 0.006 + 0.033 * std::abs(expected) + ValueOf(0x01, kOutputBias));
        }
      }
      return cycles;
    });
    EXPECT_EQ(c.cycles, rows * (47 * vectors + 2) + 5)
        << vectors << " vectors, " << rows << " rows";
  }
}

TEST(ArtifactSoftmaxTest, GivesProbabilitiesInTheMeasuredCycles) {
  constexpr int kOutputBias = -7;
  for (const Shape& shape : kShapes) {
    const uint32_t vectors = shape.vectors;
    const uint32_t rows = shape.rows;
    FunctionCase c = RandomFunctionCase(vectors, rows);
    const uint32_t seen = vectors * kLanes - 5;  // The span mask hides the last five.
    RunFunction(c, [&](Accelerator& accelerator) {
      for (uint32_t i = 0; i < vectors * kLanes; ++i) {
        accelerator.auxiliary()[i / kLanes][i % kLanes] = i < seen ? kOneCode : 0;
      }
      return accelerator.RunSoftmax(
          {.rows = RowsOf(c, kOutputBias), .span_row = 0, .span_bias = kUnitBias}, 1, 0, kTarget);
    });
    EXPECT_EQ(c.cycles, rows * (58 * vectors + 1) + 4);
    for (uint32_t row = 0; row < rows; ++row) {
      double sum = 0;
      for (uint32_t i = 0; i < vectors * kLanes; ++i) {
        sum += std::exp(c.Input(row, i));
      }
      for (uint32_t i = 0; i < vectors * kLanes; ++i) {
        const double expected = i < seen ? std::exp(c.Input(row, i)) / sum : 0;
        EXPECT_NEAR(c.Output(row, i, kOutputBias), expected,
                    0.003 + 0.036 * expected + ValueOf(0x01, kOutputBias));
      }
    }
  }
}

TEST(ArtifactElementAddTest, AddsInTheMeasuredCycles) {
  constexpr int kOutputBias = -6;
  for (const Shape& shape : kShapes) {
    const uint32_t vectors = shape.vectors;
    const uint32_t rows = shape.rows;
    FunctionCase c = RandomFunctionCase(vectors, rows);
    FunctionCase other = RandomFunctionCase(vectors, rows + 7);
    other.input.resize(c.size());
    RunFunction(c, [&](Accelerator& accelerator) -> Result<uint64_t> {
      EDGEBERT_RETURN_IF_ERROR(
          accelerator.Store(1, {.mask_base = 1024, .first_row = 1024}, other.input));
      return accelerator.RunElementAdd(
          {.rows = RowsOf(c, kOutputBias), .second_mask_base = 1024, .second_bias = kInputBias}, 1,
          0, 1024, kTarget);
    });
    EXPECT_EQ(c.cycles, rows * (36 * vectors + 1) + 6);
    for (size_t i = 0; i < c.size(); ++i) {
      for (size_t lane = 0; lane < kLanes; ++lane) {
        const int sum =
            ToFixed(c.input[i][lane], kInputBias) + ToFixed(other.input[i][lane], kInputBias);
        EXPECT_EQ(c.output[i][lane], EncodeAccumulator(kAf8, sum, -kInputFraction, kOutputBias));
      }
    }
  }
}

TEST(ArtifactEntropyTest, IsTheEntropyInTheMeasuredCycles) {
  testing::Random random(5);
  for (const uint32_t vectors : {1u, 2u, 4u, 8u, 32u}) {
    for (const uint32_t classes : {2u, 3u, vectors * kLanes}) {
      std::vector<Codes> logits(vectors);
      std::vector<float> values;
      for (uint32_t i = 0; i < vectors * kLanes; ++i) {
        logits[i / kLanes][i % kLanes] = RandomCode(random, 0.1);
        if (i < classes) {
          values.push_back(static_cast<float>(ValueOf(logits[i / kLanes][i % kLanes], -5)));
        }
      }
      const double expected = Entropy(values);
      EXPECT_OK(WithAccelerator({}, [&](Accelerator& accelerator) {
        EDGEBERT_RETURN_IF_ERROR(accelerator.Store(0, {}, logits));
        for (const bool exit : {true, false}) {
          const double threshold = expected + (exit ? 0.02 : -0.02);
          EDGEBERT_ASSIGN_OR_RETURN(
              const uint64_t cycles,
              accelerator.RunEntropy(
                  {.rows = {.mask_base = 0, .vectors = vectors, .rows = 1, .input_bias = -5},
                   .classes = classes,
                   .threshold = static_cast<int64_t>(threshold * (1 << kFraction))},
                  0, 0));
          EXPECT_EQ(cycles, 34 * vectors + 2 + 5);
          EXPECT_NEAR(static_cast<double>(accelerator.entropy().entropy) / (1 << kFraction),
                      expected, 0.02);
          EXPECT_EQ(accelerator.entropy().exit, exit);
        }
        return OkStatus();
      }));
    }
  }
}

TEST(ArtifactDvfsTest, LooksUpInSevenCycles) {
  DvfsWork work{.entropy = 0, .scale = 2, .ldo_codes = {}, .dco_codes = {}};
  std::iota(work.ldo_codes.begin(), work.ldo_codes.end(), uint8_t{100});
  std::iota(work.dco_codes.begin(), work.dco_codes.end(), uint8_t{20});
  EXPECT_OK(WithAccelerator({}, [&](Accelerator& accelerator) {
    EXPECT_EQ(accelerator.dvfs().ldo_code(), 0);
    EXPECT_EQ(accelerator.dvfs().dco_code(), 63);
    const std::vector<std::pair<int32_t, int>> cases = {
        {-40, 0}, {511, 0}, {512, 1}, {1024, 2}, {2 * 28671, 14}, {2 * 28672, 15}};
    for (const auto& [entropy, bin] : cases) {
      work.entropy = entropy;
      EDGEBERT_ASSIGN_OR_RETURN(const uint64_t cycles, accelerator.RunDvfs(work));
      EXPECT_EQ(cycles, 7u);
      EXPECT_EQ(accelerator.dvfs().ldo_code(), 100 + bin);
      EXPECT_EQ(accelerator.dvfs().dco_code(), 20 + std::min(bin, 14));
    }
    work.scale = 0;
    EXPECT_EQ(accelerator.RunDvfs(work).status().code(), StatusCode::kInvalidArgument);
    return OkStatus();
  }));
}

TEST(ArtifactLayerTest, FunctionsOfALayerSumToTheMeasuredTotals) {
  // One row each of softmax, LayerNorm and addition, simulated; a layer has many like it.
  FunctionCase softmax = RandomFunctionCase(8, 1);
  FunctionCase softmax_two = RandomFunctionCase(8, 2);
  const auto run_softmax = [](FunctionCase& c) {
    RunFunction(c, [&c](Accelerator& accelerator) {
      return accelerator.RunSoftmax({.rows = RowsOf(c, -7), .span_row = 0, .span_bias = kUnitBias},
                                    1, 0, kTarget);
    });
    return c.cycles;
  };
  const uint64_t softmax_row = run_softmax(softmax_two) - run_softmax(softmax);
  EXPECT_EQ(12 * 128 * softmax_row, 714'240u);

  const auto run_norm = [](uint32_t rows) {
    FunctionCase c = RandomFunctionCase(48, rows);
    RunFunction(c, [&c](Accelerator& accelerator) {
      return accelerator.RunLayerNorm({.rows = RowsOf(c, -6), .gamma_row = 0, .beta_row = 100}, 1,
                                      0, kTarget);
    });
    return c.cycles;
  };
  EXPECT_EQ(2 * 128 * (run_norm(2) - run_norm(1)), 578'048u);

  const auto run_add = [](uint32_t rows) {
    FunctionCase c = RandomFunctionCase(48, rows);
    RunFunction(c, [&c](Accelerator& accelerator) {
      return accelerator.RunElementAdd(
          {.rows = RowsOf(c, -6), .second_mask_base = 0, .second_bias = kInputBias}, 1, 0, 0,
          kTarget);
    });
    return c.cycles;
  };
  EXPECT_EQ(2 * 128 * (run_add(2) - run_add(1)), 442'624u);
}

// DMA.

TEST(ArtifactDmaTest, FillsInTheMeasuredCycles) {
  testing::Random random(6);
  AcceleratorSize size;
  size.decoder.data_rows = 8192;
  EXPECT_OK(WithAccelerator(size, [&](Accelerator& accelerator) {
    std::generate(accelerator.dram().begin(), accelerator.dram().end(), random);
    const auto byte = [&](size_t word, size_t i) {
      return static_cast<uint8_t>(accelerator.dram()[word + i / 8] >> (8 * (i % 8)));
    };
    for (const uint32_t vectors : {1u, 2u, 17u, 128u, 129u, 256u, 300u, 1024u}) {
      for (const size_t memory : {size_t{0}, size_t{1}}) {
        EDGEBERT_ASSIGN_OR_RETURN(
            const uint64_t cycles,
            accelerator.FillInput({.dram_word = 3, .buffer_address = 5, .items = vectors}, memory));
        const uint64_t words = 2 * uint64_t{vectors};
        EXPECT_EQ(cycles, words + 9 + 5 * ((words + 255) / 256 - 1));
        for (size_t i = 0; i < size_t{vectors} * kLanes; ++i) {
          const Codes& row = accelerator.decoder(memory).data.rows()[5 + i / kLanes];
          if (row[i % kLanes] != byte(3, i)) {
            return Internal("byte " + std::to_string(i) + " did not arrive");
          }
        }
      }
    }
    for (const uint32_t vectors : {1u, 16u, 128u}) {
      EDGEBERT_ASSIGN_OR_RETURN(
          const uint64_t cycles,
          accelerator.FillAuxiliary({.dram_word = 100, .buffer_address = 2, .items = vectors}));
      EXPECT_EQ(cycles, 2 * vectors + 8);
      EXPECT_EQ(accelerator.auxiliary()[2 + vectors - 1][15], byte(100, vectors * 16 - 1));
    }
    for (const uint32_t masks : {4u, 8u, 64u, 256u, 1024u}) {
      EDGEBERT_ASSIGN_OR_RETURN(
          const uint64_t cycles,
          accelerator.FillMask({.dram_word = 40, .buffer_address = 9, .items = masks}, 1));
      EXPECT_TRUE(cycles == masks + 8 || cycles == masks + 9) << cycles;
      for (size_t i = 0; i < masks; ++i) {
        EXPECT_EQ(accelerator.decoder(1).masks.words()[9 + i], byte(40, 2 * i) | byte(40, 2 * i + 1)
                                                                                     << 8);
      }
    }
    return OkStatus();
  }));
}

TEST(ArtifactDmaTest, WritesBackInTheMeasuredCycles) {
  testing::Random random(7);
  EXPECT_OK(WithAccelerator({}, [&](Accelerator& accelerator) {
    for (const size_t memory : {size_t{0}, size_t{1}}) {
      for (Codes& row : accelerator.decoder(memory).data.rows()) {
        std::generate(row.begin(), row.end(), [&] { return static_cast<uint8_t>(random()); });
      }
      for (Mask& mask : accelerator.decoder(memory).masks.words()) {
        mask = static_cast<Mask>(random());
      }
      for (const uint32_t vectors : {1u, 2u, 33u, 128u}) {
        EDGEBERT_ASSIGN_OR_RETURN(
            const uint64_t cycles,
            accelerator.WriteBackInput({.dram_word = 8, .buffer_address = 3, .items = vectors},
                                       memory));
        EXPECT_EQ(cycles, 2 * vectors + 15);
        for (size_t i = 0; i < size_t{vectors} * kLanes; ++i) {
          EXPECT_EQ(static_cast<uint8_t>(accelerator.dram()[8 + i / 8] >> (8 * (i % 8))),
                    accelerator.decoder(memory).data.rows()[3 + i / kLanes][i % kLanes]);
        }
      }
      for (const uint32_t masks : {4u, 8u, 64u, 1024u}) {
        EDGEBERT_ASSIGN_OR_RETURN(
            const uint64_t cycles,
            accelerator.WriteBackMask({.dram_word = 8, .buffer_address = 3, .items = masks},
                                      memory));
        EXPECT_EQ(cycles, masks + 16);
        for (size_t i = 0; i < masks; ++i) {
          EXPECT_EQ(static_cast<Mask>(accelerator.dram()[8 + i / 4] >> (16 * (i % 4))),
                    accelerator.decoder(memory).masks.words()[3 + i]);
        }
      }
    }
    return OkStatus();
  }));
}

}  // namespace
}  // namespace edgebert::systemc::artifact
