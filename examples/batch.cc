// Classifies several texts from two threads that share one model; a bad text spoils only itself.

#include <cstdio>
#include <thread>
#include <vector>

#include "edgebert/pipeline/classifier.h"

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: batch MODEL\n");
    return 2;
  }
  const auto model = edgebert::ClassifierModel::Load(argv[1]);
  if (!model.ok()) {
    std::fprintf(stderr, "%s\n", model.status().message().c_str());
    return 1;
  }
  const std::vector<std::vector<edgebert::TextInput>> batches = {
      {{"one long string of cliches", {}}, {"", {}}},
      {{"warm water under a red bridge is a celebration of feminine energy", {}},
       {"a waste of good performances", {}}},
  };
  std::vector<std::vector<edgebert::Result<edgebert::Classification>>> results(batches.size());
  std::vector<std::thread> threads;
  for (size_t i = 0; i < batches.size(); ++i) {
    threads.emplace_back([&, i] {
      auto classifier = edgebert::Classifier::Create(*model);
      if (classifier.ok()) {
        results[i] = classifier->ClassifyBatch(batches[i]);
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  int answers = 0;
  int errors = 0;
  for (const auto& batch : results) {
    for (const auto& result : batch) {
      if (result.ok()) {
        ++answers;
        std::printf("%s, layer %d\n", result->label.c_str(), result->exit_layer);
      } else {
        ++errors;
        std::printf("error: %s\n", result.status().message().c_str());
      }
    }
  }
  std::printf("%d answers, %d error\n", answers, errors);
  return 0;
}
