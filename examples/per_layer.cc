// Chooses policy, latency target and threshold, and reads every figure of every layer.

#include <cstdio>

#include "edgebert/pipeline/classifier.h"

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: per_layer MODEL\n");
    return 2;
  }
  const auto model = edgebert::ClassifierModel::Load(argv[1]);
  if (!model.ok()) {
    std::fprintf(stderr, "%s\n", model.status().message().c_str());
    return 1;
  }
  edgebert::ClassifierOptions options;
  options.policy = edgebert::Policy::kPredicted;
  options.threshold_nats = 0.1;
  const auto target = edgebert::LatencyTarget::Parse("1.5x");
  if (target.ok()) {
    options.latency_target = *target;
  }
  auto classifier = edgebert::Classifier::Create(*model, options);
  if (!classifier.ok()) {
    std::fprintf(stderr, "%s\n", classifier.status().message().c_str());
    return 1;
  }
  const auto answer = classifier->Classify("it 's not without its flaws , but it grows on you");
  if (!answer.ok()) {
    std::fprintf(stderr, "%s\n", answer.status().message().c_str());
    return 1;
  }
  for (const edgebert::LayerFigures& layer : answer->layers) {
    std::printf("layer %d: entropy %.4f nats, %.3f V, %.0f MHz\n", layer.layer,
                layer.entropy_nats.value_or(0), layer.voltage.value(),
                layer.frequency.value() * 1e-6);
  }
  std::printf("%s; %.3f ms of %.3f ms; %.1f µJ, plain inference %.1f µJ\n", answer->label.c_str(),
              answer->latency.value() * 1e3, answer->latency_target.value() * 1e3,
              answer->energy.value() * 1e6, answer->conventional_energy.value() * 1e6);
  return 0;
}
