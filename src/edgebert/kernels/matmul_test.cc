#include "edgebert/kernels/matmul.h"

#include <gtest/gtest.h>

#include <bit>
#include <cstdlib>
#include <limits>

#include "edgebert/kernels/dispatch.h"
#include "edgebert/kernels/panel_multiplier.h"
#include "edgebert/numeric/adaptivfloat.h"
#include "edgebert/testing/testing.h"

namespace edgebert {
namespace {

using testing::Random;

constexpr uint8_t kLargestCode = 0x7F;
constexpr uint8_t kNegativeLargestCode = 0xFF;

struct Shape {
  int rows;
  int inputs;
  int outputs;
};

/// Around every block size that the kernels have: lanes, panels, row blocks, pairs of inputs,
/// tiles.
std::vector<Shape> Shapes() {
  std::vector<Shape> shapes;
  for (int rows = 1; rows <= 14; ++rows) {
    shapes.push_back({rows, 9, 37});
  }
  for (const int inputs : {0, 1, 2, 3, 127, 128, 129, 130, 300}) {
    for (const int outputs : {1, 2, 15, 16, 17, 31, 32, 33, 64, 65}) {
      shapes.push_back({3, inputs, outputs});
    }
  }
  for (const int rows : {15, 16, 17, 31, 32, 33, 64, 65, 97}) {
    for (const int inputs : {1, 63, 64, 65, 200}) {
      shapes.push_back({rows, inputs, 33});
    }
  }
  shapes.push_back({25, 384, 96});
  shapes.push_back({0, 8, 8});
  return shapes;
}

size_t Size(int a, int b) { return static_cast<size_t>(a) * static_cast<size_t>(b); }

std::vector<int64_t> ExactProduct(const std::vector<int16_t>& activations,
                                  const std::vector<uint8_t>& codes, const Shape& shape) {
  std::vector<int64_t> output;
  for (int row = 0; row < shape.rows; ++row) {
    for (int column = 0; column < shape.outputs; ++column) {
      int64_t sum = 0;
      for (int input = 0; input < shape.inputs; ++input) {
        sum += activations[Size(row, shape.inputs) + static_cast<size_t>(input)] *
               DecodeInteger(kAf8, codes[Size(column, shape.inputs) + static_cast<size_t>(input)]);
      }
      output.push_back(sum);
    }
  }
  return output;
}

class MatMulTest : public ::testing::TestWithParam<std::string> {
 protected:
  MatMulTest() : scope_(GetParam()) {}
  void SetUp() override {
    ASSERT_OK(scope_.status());
    ASSERT_EQ(InstructionSet(), GetParam());
  }

  MatMulScratch scratch_;

 private:
  ScopedInstructionSet scope_;
};

INSTANTIATE_TEST_SUITE_P(, MatMulTest, ::testing::ValuesIn(SupportedInstructionSets()),
                         [](const auto& set) { return set.param; });

TEST_P(MatMulTest, Af8EqualsExactIntegersForAllShapes) {
  Random random(1);
  for (const Shape& shape : Shapes()) {
    SCOPED_TRACE(::testing::Message() << shape.rows << "x" << shape.inputs << "x" << shape.outputs);
    std::vector<uint8_t> codes(Size(shape.outputs, shape.inputs));
    for (uint8_t& code : codes) {
      code = static_cast<uint8_t>(random());
    }
    std::vector<int16_t> activations(Size(shape.rows, shape.inputs));
    for (int16_t& activation : activations) {
      activation = static_cast<int16_t>(DecodeInteger(kAf8, random() % 256));
    }
    std::vector<int64_t> output(Size(shape.rows, shape.outputs), -1);
    const std::vector<int64_t> expected = ExactProduct(activations, codes, shape);
    for (const WeightStorage storage : {WeightStorage::kCodes, WeightStorage::kInt16}) {
      std::fill(output.begin(), output.end(), -1);
      MatMulAf8(activations, shape.rows,
                PackedMatrixAf8(codes, shape.outputs, shape.inputs, storage), scratch_, output);
      ASSERT_EQ(output, expected);
    }
  }
}

TEST_P(MatMulTest, Af8WorstCaseDoesNotOverflow) {
  Random random(2);
  for (const int inputs : {136, 137, 273, 3072}) {
    const Shape shape{7, inputs, 35};
    std::vector<uint8_t> codes(Size(shape.outputs, inputs), kLargestCode);
    // A column of largest values, one of its opposites, then columns of either at random.
    std::fill_n(codes.begin() + inputs, inputs, kNegativeLargestCode);
    for (size_t i = Size(2, inputs); i < codes.size(); ++i) {
      codes[i] = random() % 2 != 0 ? kLargestCode : kNegativeLargestCode;
    }
    std::vector<int16_t> activations(Size(shape.rows, inputs), int16_t{kAf8MaxInteger});
    std::fill_n(activations.begin() + inputs, inputs, int16_t{-kAf8MaxInteger});
    for (size_t i = Size(2, inputs); i < activations.size(); ++i) {
      activations[i] = random() % 2 != 0 ? int16_t{kAf8MaxInteger} : int16_t{-kAf8MaxInteger};
    }
    const std::vector<int64_t> expected = ExactProduct(activations, codes, shape);
    for (const WeightStorage storage : {WeightStorage::kCodes, WeightStorage::kInt16}) {
      std::vector<int64_t> output(Size(shape.rows, shape.outputs));
      MatMulAf8(activations, shape.rows, PackedMatrixAf8(codes, shape.outputs, inputs, storage),
                scratch_, output);
      EXPECT_EQ(output[0], int64_t{inputs} * kAf8MaxInteger * kAf8MaxInteger);
      EXPECT_EQ(output[1], -output[0]);
      ASSERT_EQ(output, expected);
    }
  }
}

TEST_P(MatMulTest, SumsOfThirtyTwoBitsWrapAround) {
  // What a layer is given is proven to fit; that partial sums do not matter is what is tested here.
  Random random(5);
  const Shape shape{25, 1536, 32};
  std::vector<uint8_t> codes(Size(shape.outputs, shape.inputs));
  for (uint8_t& code : codes) {
    code = random() % 2 != 0 ? kLargestCode : kNegativeLargestCode;
  }
  std::vector<int16_t> activations(Size(shape.rows, shape.inputs));
  for (int16_t& activation : activations) {
    activation = random() % 8 != 0 ? int16_t{kAf8MaxInteger} : int16_t{-kAf8MaxInteger};
  }
  const std::vector<int64_t> exact = ExactProduct(activations, codes, shape);
  std::vector<int32_t> initial(kPanelColumns);
  for (size_t column = 0; column < initial.size(); ++column) {
    initial[column] = static_cast<int32_t>(random());
  }
  for (const WeightStorage storage : {WeightStorage::kCodes, WeightStorage::kInt16}) {
    const PackedMatrixAf8 matrix(codes, shape.outputs, shape.inputs, storage);
    const PanelMultiplier multiplier(activations, 25, matrix, scratch_);
    const int32_t* sums = multiplier.Sums(0, initial.data(), 1);
    for (size_t i = 0; i < exact.size(); ++i) {
      ASSERT_EQ(static_cast<uint32_t>(sums[i]),
                static_cast<uint32_t>(exact[i] + initial[i % kPanelColumns]))
          << i;
    }
  }
}

TEST_P(MatMulTest, EveryCodeDecodesInEveryPlace) {
  // One weight is not zero, in turn at each place of four inputs of a panel, and the row picks it.
  constexpr int kInputs = 5;
  for (int code = 0; code < 256; ++code) {
    for (int input = 0; input < kInputs; ++input) {
      const int column = (code + 7 * input) % static_cast<int>(kPanelColumns);
      std::vector<uint8_t> codes(Size(kPanelColumns, kInputs), 0x80);
      codes[Size(column, kInputs) + static_cast<size_t>(input)] = static_cast<uint8_t>(code);
      std::vector<int16_t> activations = {17, 18, 19, 20, 21};
      const PackedMatrixAf8 matrix(codes, kPanelColumns, kInputs, WeightStorage::kCodes);
      std::vector<int64_t> output(kPanelColumns);
      MatMulAf8(activations, 1, matrix, scratch_, output);
      std::vector<int64_t> expected(kPanelColumns, 0);
      expected[static_cast<size_t>(column)] =
          (17 + input) * DecodeInteger(kAf8, static_cast<uint32_t>(code));
      ASSERT_EQ(output, expected) << code << ", input " << input;
    }
  }
}

TEST_P(MatMulTest, F32HasTheBitsOfTheScalarSum) {
  Random random(3);
  std::normal_distribution<float> normal;
  for (const Shape& shape : Shapes()) {
    SCOPED_TRACE(::testing::Message() << shape.rows << "x" << shape.inputs << "x" << shape.outputs);
    std::vector<float> weights(Size(shape.outputs, shape.inputs));
    std::vector<float> activations(Size(shape.rows, shape.inputs));
    std::vector<float> bias(static_cast<size_t>(shape.outputs));
    for (std::vector<float>* values : {&weights, &activations, &bias}) {
      for (float& value : *values) {
        value = normal(random);
      }
    }
    std::vector<float> output(Size(shape.rows, shape.outputs), -1.0f);
    MatMulF32(activations, shape.rows, PackedMatrixF32(weights, shape.outputs, shape.inputs), bias,
              output);
    for (int row = 0; row < shape.rows; ++row) {
      for (int column = 0; column < shape.outputs; ++column) {
        float sum = 0;
        for (int input = 0; input < shape.inputs; ++input) {
          const float product = activations[Size(row, shape.inputs) + static_cast<size_t>(input)] *
                                weights[Size(column, shape.inputs) + static_cast<size_t>(input)];
          sum += product;
        }
        const float expected = sum + bias[static_cast<size_t>(column)];
        const float actual = output[Size(row, shape.outputs) + static_cast<size_t>(column)];
        ASSERT_EQ(std::bit_cast<uint32_t>(actual), std::bit_cast<uint32_t>(expected))
            << row << ", " << column << ": " << actual << " instead of " << expected;
      }
    }
  }
}

TEST(PackedMatrixAf8Test, SumsInOnePieceExactlyWhereThatIsProvenSafe) {
  // A single column of largest magnitudes among smaller ones decides for its panel alone.
  const auto inputs_per_sum = [](int inputs, int largest) {
    std::vector<uint8_t> codes(Size(40, inputs), 0);
    std::fill_n(codes.begin() + inputs * 5, largest, kNegativeLargestCode);
    const PackedMatrixAf8 matrix(codes, 40, inputs);
    EXPECT_GE(matrix.inputs_per_sum(1), inputs);
    return matrix.inputs_per_sum(0);
  };
  // 136 · 3968² < 2^31 ≤ 137 · 3968².
  EXPECT_GE(inputs_per_sum(500, 136), 500);
  EXPECT_LT(inputs_per_sum(500, 137), 500);
  EXPECT_EQ(inputs_per_sum(3072, 3072), 128);
}

TEST(PackedMatrixAf8Test, ChosenSumsFitInThirtyTwoBits) {
  Random random(4);
  for (const int inputs : {129, 200, 384, 1000, 1536}) {
    for (const int spread : {8, 64, 128}) {
      std::vector<uint8_t> codes(Size(32, inputs));
      for (uint8_t& code : codes) {
        code = static_cast<uint8_t>(random() % static_cast<unsigned>(spread));
      }
      const PackedMatrixAf8 matrix(codes, 32, inputs);
      const int inputs_per_sum = matrix.inputs_per_sum(0);
      ASSERT_EQ(inputs_per_sum % 2, 0);
      for (int column = 0; column < 32; ++column) {
        for (int begin = 0; begin < inputs; begin += inputs_per_sum) {
          int64_t sum = 0;
          for (int input = begin; input < std::min(inputs, begin + inputs_per_sum); ++input) {
            sum += DecodeInteger(kAf8, codes[Size(column, inputs) + static_cast<size_t>(input)]) *
                   kAf8MaxInteger;
          }
          ASSERT_LE(sum, std::numeric_limits<int32_t>::max());
        }
      }
    }
  }
}

}  // namespace
}  // namespace edgebert
