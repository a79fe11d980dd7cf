#ifndef EDGEBERT_CLI_DUMP_H_
#define EDGEBERT_CLI_DUMP_H_

#include <string>

#include "edgebert/base/status.h"
#include "edgebert/cli/json.h"
#include "edgebert/engine/encoder.h"
#include "edgebert/model/config.h"

namespace edgebert::cli {

/// Collects what every layer left behind, to be written as one JSON object:
///   {"layers": [{"layer": 0, "states": [[…]]}, {"layer": 1, "states": [[…]], "logits": […],
///    "entropy_nats": …}, …]}
/// with states [tokens × hidden_size], layer 0 the embedding.
class LayerDump : public LayerObserver {
 public:
  explicit LayerDump(const ModelConfig& config) : hidden_size_(config.hidden_size) {}

  void OnLayer(const LayerView& view) override;
  Status Write(const std::string& path) const;

 private:
  int hidden_size_;
  OrderedJson layers_ = OrderedJson::array();
};

}  // namespace edgebert::cli

#endif  // EDGEBERT_CLI_DUMP_H_
