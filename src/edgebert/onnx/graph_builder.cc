#include "edgebert/onnx/graph_builder.h"

#include <fmt/format.h>
#include <onnx/onnx_pb.h>

#include <algorithm>
#include <utility>

namespace edgebert {
namespace {

/// ONNX 1.12 of 2022: LayerNormalization is there, and every runtime of today reads it.
constexpr int kOpset = 17;
constexpr int kIrVersion = 8;

void SetInteger(onnx::NodeProto& node, const char* name, int64_t value) {
  onnx::AttributeProto* attribute = node.add_attribute();
  attribute->set_name(name);
  attribute->set_type(onnx::AttributeProto::INT);
  attribute->set_i(value);
}

}  // namespace

GraphBuilder::GraphBuilder(const std::string& name) : model_(std::make_unique<onnx::ModelProto>()) {
  model_->set_ir_version(kIrVersion);
  model_->set_producer_name("edgebert");
  model_->add_opset_import()->set_version(kOpset);
  model_->mutable_graph()->set_name(name);
}

GraphBuilder::~GraphBuilder() = default;

std::string GraphBuilder::Input(const std::string& name,
                                std::initializer_list<const char*> dimensions) {
  onnx::ValueInfoProto* input = model_->mutable_graph()->add_input();
  input->set_name(name);
  onnx::TypeProto::Tensor* type = input->mutable_type()->mutable_tensor_type();
  type->set_elem_type(onnx::TensorProto::INT64);
  for (const char* dimension : dimensions) {
    type->mutable_shape()->add_dim()->set_dim_param(dimension);
  }
  return name;
}

void GraphBuilder::Output(const std::string& value, bool has_sequence, int64_t width) {
  onnx::ValueInfoProto* output = model_->mutable_graph()->add_output();
  output->set_name(value);
  onnx::TypeProto::Tensor* type = output->mutable_type()->mutable_tensor_type();
  type->set_elem_type(onnx::TensorProto::FLOAT);
  type->mutable_shape()->add_dim()->set_dim_param("batch");
  if (has_sequence) {
    type->mutable_shape()->add_dim()->set_dim_param("sequence");
  }
  type->mutable_shape()->add_dim()->set_dim_value(width);
}

std::string GraphBuilder::Floats(const std::string& name, std::vector<int64_t> shape,
                                 std::span<const float> values) {
  onnx::TensorProto* tensor = model_->mutable_graph()->add_initializer();
  tensor->set_name(name);
  tensor->set_data_type(onnx::TensorProto::FLOAT);
  for (const int64_t dimension : shape) {
    tensor->add_dims(dimension);
  }
  tensor->set_raw_data(values.data(), values.size_bytes());
  constants_.push_back(name);
  return name;
}

std::string GraphBuilder::Integers(const std::string& name, std::span<const int64_t> values) {
  onnx::TensorProto* tensor = model_->mutable_graph()->add_initializer();
  tensor->set_name(name);
  tensor->set_data_type(onnx::TensorProto::INT64);
  tensor->add_dims(static_cast<int64_t>(values.size()));
  tensor->set_raw_data(values.data(), values.size_bytes());
  constants_.push_back(name);
  return name;
}

std::string GraphBuilder::Scalar(float value) {
  std::string name = fmt::format("scalar.{}", value);
  return Has(name) ? name : Floats(name, {}, {&value, 1});
}

std::string GraphBuilder::IntegerScalar(int64_t value) {
  std::string name = fmt::format("integers.{}", value);
  return Has(name) ? name : Integers(name, {&value, 1});
}

onnx::NodeProto& GraphBuilder::Add(const char* type, std::vector<std::string> inputs) {
  onnx::GraphProto* graph = model_->mutable_graph();
  const std::string name = fmt::format("{}.{}", type, graph->node_size());
  onnx::NodeProto* node = graph->add_node();
  node->set_name(name);
  node->set_op_type(type);
  for (std::string& input : inputs) {
    node->add_input(std::move(input));
  }
  node->add_output(name);
  return *node;
}

std::string GraphBuilder::Node(const char* type, std::vector<std::string> inputs) {
  return Add(type, std::move(inputs)).output(0);
}

std::string GraphBuilder::Gather(const std::string& data, const std::string& indices,
                                 int64_t axis) {
  onnx::NodeProto& node = Add("Gather", {data, indices});
  SetInteger(node, "axis", axis);
  return node.output(0);
}

std::string GraphBuilder::Transpose(const std::string& value,
                                    std::initializer_list<int64_t> permutation) {
  onnx::NodeProto& node = Add("Transpose", {value});
  onnx::AttributeProto* attribute = node.add_attribute();
  attribute->set_name("perm");
  attribute->set_type(onnx::AttributeProto::INTS);
  for (const int64_t axis : permutation) {
    attribute->add_ints(axis);
  }
  return node.output(0);
}

std::string GraphBuilder::Softmax(const std::string& value) {
  onnx::NodeProto& node = Add("Softmax", {value});
  SetInteger(node, "axis", -1);
  return node.output(0);
}

std::string GraphBuilder::Concat(std::vector<std::string> values, int64_t axis) {
  onnx::NodeProto& node = Add("Concat", std::move(values));
  SetInteger(node, "axis", axis);
  return node.output(0);
}

std::string GraphBuilder::Cast(const std::string& value) {
  onnx::NodeProto& node = Add("Cast", {value});
  SetInteger(node, "to", onnx::TensorProto::FLOAT);
  return node.output(0);
}

std::string GraphBuilder::LayerNormalization(std::vector<std::string> inputs, float epsilon) {
  onnx::NodeProto& node = Add("LayerNormalization", std::move(inputs));
  SetInteger(node, "axis", -1);
  onnx::AttributeProto* attribute = node.add_attribute();
  attribute->set_name("epsilon");
  attribute->set_type(onnx::AttributeProto::FLOAT);
  attribute->set_f(epsilon);
  return node.output(0);
}

std::string GraphBuilder::Rename(const std::string& name) {
  onnx::GraphProto* graph = model_->mutable_graph();
  graph->mutable_node(graph->node_size() - 1)->set_output(0, name);
  return name;
}

bool GraphBuilder::Has(const std::string& name) const {
  return std::find(constants_.begin(), constants_.end(), name) != constants_.end();
}

}  // namespace edgebert
