#ifndef EDGEBERT_ONNX_GRAPH_BUILDER_H_
#define EDGEBERT_ONNX_GRAPH_BUILDER_H_

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace onnx {
class ModelProto;
class NodeProto;
}  // namespace onnx

namespace edgebert {

/// Builds an ONNX model value by value: every method returns the name of the value that it adds.
class GraphBuilder {
 public:
  explicit GraphBuilder(const std::string& name);
  ~GraphBuilder();

  /// An input of int64 with the named dynamic dimensions.
  std::string Input(const std::string& name, std::initializer_list<const char*> dimensions);

  /// Makes `value`, float32 [batch × width] or [batch × sequence × width], an output.
  void Output(const std::string& value, bool has_sequence, int64_t width);

  /// A constant; the same name must not be added twice.
  std::string Floats(const std::string& name, std::vector<int64_t> shape,
                     std::span<const float> values);
  std::string Integers(const std::string& name, std::span<const int64_t> values);
  /// Constants with names of their own, one for each distinct value.
  std::string Scalar(float value);
  std::string IntegerScalar(int64_t value);

  /// A node of one output and no attributes.
  std::string Node(const char* type, std::vector<std::string> inputs);
  std::string Gather(const std::string& data, const std::string& indices, int64_t axis);
  std::string Transpose(const std::string& value, std::initializer_list<int64_t> permutation);
  std::string Softmax(const std::string& value);
  std::string Concat(std::vector<std::string> values, int64_t axis);
  std::string Cast(const std::string& value);  ///< To float32.
  std::string LayerNormalization(std::vector<std::string> inputs, float epsilon);
  /// Renames the output of the node added last.
  std::string Rename(const std::string& name);

  bool Has(const std::string& name) const;

  const onnx::ModelProto& model() const { return *model_; }

 private:
  onnx::NodeProto& Add(const char* type, std::vector<std::string> inputs);

  std::unique_ptr<onnx::ModelProto> model_;
  std::vector<std::string> constants_;
};

}  // namespace edgebert

#endif  // EDGEBERT_ONNX_GRAPH_BUILDER_H_
