#include "edgebert/cli/dump.h"

#include <string_view>
#include <vector>

#include "edgebert/base/file.h"

namespace edgebert::cli {

void LayerDump::OnLayer(const LayerView& view) {
  const std::vector<float> values =
      view.executor.Values(view.layer == 0 ? Slot::kLayerInput : Slot::kLayerOutput);
  OrderedJson states = OrderedJson::array();
  for (auto row = values.begin(); row != values.end(); row += hidden_size_) {
    states.push_back(std::vector<float>(row, row + hidden_size_));
  }
  OrderedJson layer = {{"layer", view.layer}, {"states", std::move(states)}};
  if (view.entropy_nats) {
    layer["logits"] = std::vector<float>(view.logits.begin(), view.logits.end());
    layer["entropy_nats"] = *view.entropy_nats;
  }
  layers_.push_back(std::move(layer));
}

Status LayerDump::Write(const std::string& path) const {
  const OrderedJson object = {{"layers", layers_}};
  return WriteFileAtomically(path, std::string_view(object.dump() + "\n"));
}

}  // namespace edgebert::cli
