#include <cstdio>

#include "edgebert/pipeline/classifier.h"

int main(int, char** argv) {
  const auto model = edgebert::ClassifierModel::Load(argv[1]);
  if (!model.ok()) return std::printf("%s\n", model.status().message().c_str()), 1;
  auto classifier = edgebert::Classifier::Create(*model);
  if (!classifier.ok()) return std::printf("%s\n", classifier.status().message().c_str()), 1;
  const auto answer = classifier->Classify(argv[2]);
  if (!answer.ok()) return std::printf("%s\n", answer.status().message().c_str()), 1;
  std::printf("%s at layer %d\n", answer->label.c_str(), answer->exit_layer);
}
