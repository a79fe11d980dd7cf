// Classifies one text: the smallest program that uses the library.

#include <cstdio>

#include "edgebert/pipeline/classifier.h"

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: classify MODEL [TEXT]\n");
    return 2;
  }
  const auto model = edgebert::ClassifierModel::Load(argv[1]);
  if (!model.ok()) {
    std::fprintf(stderr, "%s\n", model.status().message().c_str());
    return 1;
  }
  auto classifier = edgebert::Classifier::Create(*model);
  if (!classifier.ok()) {
    std::fprintf(stderr, "%s\n", classifier.status().message().c_str());
    return 1;
  }
  const auto answer =
      classifier->Classify(argc > 2 ? argv[2] : "a gorgeous, witty, seductive movie");
  if (!answer.ok()) {
    std::fprintf(stderr, "%s\n", answer.status().message().c_str());
    return 1;
  }
  std::printf("%s (%.1f %%), layer %d of %d\n", answer->label.c_str(), answer->probability * 100,
              answer->exit_layer, answer->num_layers);
  return 0;
}
