#include "edgebert/pipeline/full_depth.h"

#include <algorithm>
#include <chrono>

namespace edgebert {
namespace {

class Recorder : public LayerObserver {
 public:
  explicit Recorder(FullDepthRecord& record) : record_(record) {}

  void OnLayer(const LayerView& view) override {
    if (!view.entropy_nats) {
      return;
    }
    record_.layers.push_back(view.layer);
    record_.entropies_nats.push_back(*view.entropy_nats);
    record_.logits.insert(record_.logits.end(), view.logits.begin(), view.logits.end());
    record_.labels.push_back(static_cast<int>(
        std::max_element(view.logits.begin(), view.logits.end()) - view.logits.begin()));
    record_.elapsed.emplace_back(
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count());
  }

 private:
  FullDepthRecord& record_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace

size_t FullDepthRecord::ReplayExit(ExitRule& rule) const {
  rule.Begin();
  for (size_t i = 0; i + 1 < layers.size(); ++i) {
    const auto ramp_logits = std::span(logits).subspan(i * num_classes(), num_classes());
    if (rule.ShouldExit({layers[i], entropies_nats[i], ramp_logits})) {
      return i;
    }
  }
  return layers.size() - 1;
}

CalibrationRecord MakeCalibrationRecord(std::span<const FullDepthRecord> sentences) {
  CalibrationRecord record;
  for (const FullDepthRecord& sentence : sentences) {
    record.tokens.push_back(static_cast<uint16_t>(sentence.tokens));
    for (const double entropy : sentence.entropies_nats) {
      record.entropies.push_back(static_cast<float>(entropy));
    }
  }
  return record;
}

Result<FullDepthRecord> RecordFullDepth(EncoderSession& session, const Encoding& encoding) {
  FullDepthRecord record;
  record.tokens = static_cast<int>(encoding.ids.size());
  Recorder recorder(record);
  EntropyExitRule never(0.0);
  EDGEBERT_RETURN_IF_ERROR(
      session.Run(encoding.ids, encoding.segment_ids, never, &recorder).status());
  return record;
}

}  // namespace edgebert
