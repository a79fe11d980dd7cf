#include "edgebert/systemc/overlapped/panel_image.h"

#include <gtest/gtest.h>

#include <bit>

#include "edgebert/numeric/bitmask.h"
#include "edgebert/numeric/fixed_layer_norm.h"
#include "edgebert/program/weight_names.h"
#include "edgebert/testing/sentence_case.h"
#include "edgebert/tiler/weight_vectors.h"

namespace edgebert::systemc::overlapped {
namespace {

uint32_t WordAt(const std::vector<uint8_t>& bytes, size_t at) {
  uint32_t word = 0;
  for (size_t i = 0; i < 4; ++i) {
    word |= uint32_t{bytes[at + i]} << (8 * i);
  }
  return word;
}

/// Decodes a panel by numeric/bitmask and looks every element and bias up in the model.
void ExpectWeights(const Model& model, const TileProgram& program, const ArrayOperation& operation,
                   const Panel& panel, int index, const std::vector<uint8_t>& image) {
  const auto n = static_cast<size_t>(program.vector_size);
  const auto elements = static_cast<size_t>(panel.columns * panel.blocks) * n;
  const auto codes_end = MaskBytes(elements) + static_cast<size_t>(panel.nonzero_codes);
  const std::span<const uint8_t> bytes(image);
  std::vector<uint8_t> dense(elements);
  // The mask may be longer than a whole number of bytes asks for, by a part of one.
  ASSERT_OK(DecodeBitmask(elements, bytes.first(MaskBytes(elements)),
                          bytes.first(codes_end).subspan(MaskBytes(elements)), dense));
  const std::string name = MatrixName(model.config, operation.matrix, index);
  const std::vector<uint8_t> codes = Af8Codes(*model.Find(name + ".weight"));
  const std::vector<float> biases = FloatValues(*model.Find(name + ".bias"));
  const auto inputs = static_cast<size_t>(MatrixInputs(model.config, operation.matrix));
  const WeightLayout layout(model.config, operation.matrix, index, program.vector_size);
  const bool by_head = operation.head >= 0;
  for (int c = 0; c < panel.columns; ++c) {
    const int column =
        panel.first_column + c + (by_head ? operation.head * model.config.head_size() : 0);
    for (int b = 0; b < panel.blocks; ++b) {
      const WeightVector vector = layout.At(column, panel.first_block + b);
      for (size_t lane = 0; lane < n; ++lane) {
        uint8_t expected = 0;
        if (lane < static_cast<size_t>(vector.lanes)) {
          expected = codes[static_cast<size_t>(vector.row) * inputs +
                           static_cast<size_t>(vector.first_input) + lane];
        }
        ASSERT_EQ(dense[static_cast<size_t>(c * panel.blocks + b) * n + lane],
                  (expected & 0x7f) == 0 ? 0 : expected);
      }
    }
    if (panel.has_bias && panel.blocks > 0) {
      const auto row = static_cast<size_t>(layout.At(column, panel.first_block).row);
      ASSERT_EQ(std::bit_cast<float>(WordAt(image, codes_end + 4 * static_cast<size_t>(c))),
                biases[row]);
    }
  }
}

TEST(PanelImageTest, HoldsTheModelsWeightsBiasesAndNorms) {
  testing::Random random(1);
  int panels = 0;
  for (int trial = 0; trial < 40; ++trial) {
    const testing::SentenceCase test = testing::RandomSentenceCase(random, 40);
    const TileProgram& program = test.program;
    const auto expect_section = [&](const TileSection& section, int index) {
      const auto images = PanelImages(test.model, section, index, program.vector_size);
      ASSERT_EQ(images.size(), section.panels.size());
      for (size_t p = 0; p < images.size(); ++p) {
        const Panel& panel = section.panels[p];
        ASSERT_EQ(static_cast<int64_t>(images[p].size()), panel.transfer_bytes);
        ++panels;
        const TileOperation& operation = section.operations[static_cast<size_t>(panel.operation)];
        if (operation.unit == TileOperation::Unit::kArray) {
          ExpectWeights(test.model, program, operation.array, panel, index, images[p]);
          continue;
        }
        const std::string name = NormName(operation.special.norm, index);
        const FixedNormWeights norm =
            MakeFixedNormWeights(FloatValues(*test.model.Find(name + ".gain")),
                                 FloatValues(*test.model.Find(name + ".bias")));
        const size_t width = norm.gain.size();
        for (size_t i = 0; i < width; ++i) {
          ASSERT_EQ(static_cast<int32_t>(WordAt(images[p], 4 * i)), norm.gain[i]);
          ASSERT_EQ(static_cast<int32_t>(WordAt(images[p], 4 * (width + i))), norm.bias[i]);
        }
      }
    };
    expect_section(program.embedding, 0);
    for (size_t i = 0; i < program.layers.size(); ++i) {
      expect_section(program.layers[i], static_cast<int>(i));
    }
    for (size_t i = 0; i < program.off_ramps.size(); ++i) {
      expect_section(program.off_ramps[i], static_cast<int>(i));
    }
  }
  EXPECT_GT(panels, 500);
}

}  // namespace
}  // namespace edgebert::systemc::overlapped
