#include "edgebert/onnx/onnx_export.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <onnx/onnx_pb.h>

#include <set>
#include <string>

#include "edgebert/testing/random_model.h"
#include "edgebert/testing/testing.h"

namespace edgebert {
namespace {

using ::edgebert::testing::RandomModel;
using ::edgebert::testing::RandomModelConfig;
using ::testing::HasSubstr;

onnx::GraphProto Graph(const Model& model, const OnnxOptions& options = {}) {
  const auto bytes = SerializeOnnx(model, options);
  EXPECT_OK(bytes);
  onnx::ModelProto parsed;
  EXPECT_TRUE(bytes.ok() && parsed.ParseFromString(*bytes));
  return parsed.graph();
}

int CountNodes(const onnx::GraphProto& graph, const std::string& type) {
  int count = 0;
  for (const onnx::NodeProto& node : graph.node()) {
    count += node.op_type() == type ? 1 : 0;
  }
  return count;
}

const onnx::TensorProto* Initializer(const onnx::GraphProto& graph, const std::string& name) {
  for (const onnx::TensorProto& tensor : graph.initializer()) {
    if (tensor.name() == name) {
      return &tensor;
    }
  }
  return nullptr;
}

TEST(OnnxExportTest, EveryInputOfANodeIsDefinedBeforeItAndNamesAreUnique) {
  ModelConfig config = RandomModelConfig();
  config.attention_spans = {4, 0, 32, 0, 0, 0};
  for (const bool af8 : {false, true}) {
    const onnx::GraphProto graph = Graph(RandomModel(config, af8, 1));
    std::set<std::string> defined;
    for (const auto& input : graph.input()) {
      EXPECT_TRUE(defined.insert(input.name()).second) << input.name();
    }
    for (const auto& tensor : graph.initializer()) {
      EXPECT_TRUE(defined.insert(tensor.name()).second) << tensor.name();
    }
    for (const auto& node : graph.node()) {
      for (const std::string& input : node.input()) {
        EXPECT_TRUE(defined.contains(input)) << node.name() << " reads " << input;
      }
      EXPECT_TRUE(defined.insert(node.output(0)).second) << node.output(0);
    }
    ASSERT_EQ(graph.output_size(), 1);
    EXPECT_EQ(graph.output(0).name(), "logits");
    EXPECT_TRUE(defined.contains("logits"));
  }
}

TEST(OnnxExportTest, AbsentHeadsAreAbsentAndShortSpansMask) {
  ModelConfig config = RandomModelConfig();  // Layers 1, 2, 3 use distinct layers 0, 1, 1.
  EXPECT_EQ(CountNodes(Graph(RandomModel(config, false, 1)), "Softmax"), 3);
  EXPECT_EQ(CountNodes(Graph(RandomModel(config, false, 1)), "Where"), 0);
  config.attention_spans = {4, 0, 32, 0, 0, 0};
  const onnx::GraphProto graph = Graph(RandomModel(config, false, 1));
  EXPECT_EQ(CountNodes(graph, "Softmax"), 1);
  EXPECT_EQ(CountNodes(graph, "Where"), 1);
  const onnx::TensorProto* const query = Initializer(graph, "layer.0.attention.query.weight");
  ASSERT_NE(query, nullptr);
  EXPECT_EQ(query->dims(0), 24);
  EXPECT_EQ(query->dims(1), 16);
  EXPECT_EQ(Initializer(graph, "layer.1.attention.query.weight"), nullptr);
}

TEST(OnnxExportTest, CutsAfterALayerWithAnOffRamp) {
  const Model model = RandomModel(RandomModelConfig(), true, 2);
  const onnx::GraphProto graph = Graph(model, {.layers = 1});
  EXPECT_EQ(CountNodes(graph, "Softmax"), 1);
  EXPECT_NE(Initializer(graph, "off_ramp.1.pooler.weight"), nullptr);
  EXPECT_EQ(Initializer(graph, "off_ramp.3.pooler.weight"), nullptr);
  EXPECT_THAT(SerializeOnnx(model, {.layers = 2}).status().message(),
              HasSubstr("no off-ramp follows layer 2, expected one of 1, 3"));
  EXPECT_THAT(SerializeOnnx(model, {.layers = 4}).status().message(), HasSubstr("expected 1 to 3"));
  EXPECT_THAT(SerializeOnnx(model, {.layers = 0}).status().message(), HasSubstr("expected 1 to 3"));
}

}  // namespace
}  // namespace edgebert
