#ifndef EDGEBERT_ONNX_ONNX_EXPORT_H_
#define EDGEBERT_ONNX_ONNX_EXPORT_H_

#include <filesystem>
#include <optional>
#include <string>

#include "edgebert/base/status.h"
#include "edgebert/model/model.h"

namespace edgebert {

struct OnnxOptions {
  /// The layers that the graph computes, the off-ramp after the last of them included; unset: all.
  std::optional<int> layers = std::nullopt;
};

/// The bytes of an ONNX model (opset 17) that computes in float32 what the model computes at that
/// depth.
///
/// Inputs, int64 [batch × sequence]: input_ids, attention_mask (1, or 0 for padding at the end) and
/// token_type_ids. Output: logits [batch × classes], or last_hidden_state [batch × sequence ×
/// hidden] of a model without off-ramps. Heads of span 0 are absent and their projections narrower
/// by as much; shorter spans mask keys by distance. Errors: no off-ramp after that layer, and more
/// than the 2 GB that the format has room for.
Result<std::string> SerializeOnnx(const Model& model, const OnnxOptions& options = {});

/// Writes SerializeOnnx() to a file.
Status ExportOnnx(const Model& model, const OnnxOptions& options,
                  const std::filesystem::path& path);

}  // namespace edgebert

#endif  // EDGEBERT_ONNX_ONNX_EXPORT_H_
