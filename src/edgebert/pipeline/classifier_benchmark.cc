// Times what a user waits for: from nothing to the first label, and a sentence by its length.

#include <benchmark/benchmark.h>

#include <memory>
#include <string>
#include <vector>

#include "edgebert/pipeline/classifier.h"

namespace edgebert {
namespace {

constexpr char kModel[] = EDGEBERT_SOURCE_DIR "/models/sst2.ebm";

/// The shipped model, or null and the benchmark skipped with the reason.
std::shared_ptr<const ClassifierModel> LoadModel(benchmark::State& state,
                                                 WeightStorage storage = kDefaultWeightStorage) {
  ClassifierModelOptions options;
  options.weight_storage = storage;
  const auto model = ClassifierModel::Load(kModel, options);
  if (!model.ok()) {
    state.SkipWithError(model.status().message().c_str());
    return nullptr;
  }
  return *model;
}

std::string Words(int64_t count) {
  std::string text;
  for (int64_t i = 0; i < count; ++i) {
    text += i % 2 == 0 ? "good " : "film ";
  }
  return text;
}

void BM_LoadToFirstLabel(benchmark::State& state) {
  for (auto iteration : state) {
    const auto model = LoadModel(state);
    if (model == nullptr) {
      return;
    }
    auto classifier = Classifier::Create(model);
    benchmark::DoNotOptimize(classifier->Classify("a gorgeous, witty, seductive movie"));
  }
}
BENCHMARK(BM_LoadToFirstLabel)->Unit(benchmark::kMillisecond)->MinTime(2);

/// All 12 layers of a sentence of the given number of tokens, with weights kept either way.
void BM_FullDepth(benchmark::State& state) {
  const auto model = LoadModel(state, static_cast<WeightStorage>(state.range(1)));
  if (model == nullptr) {
    return;
  }
  ClassifierOptions options;
  options.threshold_nats = 0;
  auto classifier = Classifier::Create(model, options);
  const std::string text = Words(state.range(0) - 2);
  for (auto iteration : state) {
    benchmark::DoNotOptimize(classifier->Classify(text));
  }
}
BENCHMARK(BM_FullDepth)
    ->Unit(benchmark::kMillisecond)
    ->ArgNames({"tokens", "int16"})
    ->ArgsProduct({{4, 9, 25, 64, 128}, {0, 1}});

/// All 12 layers of the same without tokenizing, cost estimates and answers.
void BM_Encoder(benchmark::State& state) {
  const auto model = LoadModel(state, static_cast<WeightStorage>(state.range(1)));
  if (model == nullptr) {
    return;
  }
  EncoderSession session(model->encoder());
  const auto tokens = static_cast<size_t>(state.range(0));
  const std::vector<int32_t> ids(tokens, 1000);
  const std::vector<int32_t> segments(tokens, 0);
  EntropyExitRule never(0.0);
  EncoderResult result;
  for (auto iteration : state) {
    benchmark::DoNotOptimize(session.RunInto(ids, segments, never, result));
  }
}
BENCHMARK(BM_Encoder)
    ->Unit(benchmark::kMillisecond)
    ->ArgNames({"tokens", "int16"})
    ->ArgsProduct({{4, 9, 25, 64, 128}, {0, 1}});

/// All 12 layers of 64 sentences of 9 to 41 tokens at once, by the number of threads.
void BM_Batch(benchmark::State& state) {
  const auto model = LoadModel(state);
  if (model == nullptr) {
    return;
  }
  ClassifierOptions options;
  options.threshold_nats = 0;
  options.threads = static_cast<int>(state.range(0));
  auto classifier = Classifier::Create(model, options);
  std::vector<TextInput> inputs;
  for (int64_t i = 0; i < 64; ++i) {
    inputs.push_back({Words(7 + i % 33), std::nullopt});
  }
  for (auto iteration : state) {
    benchmark::DoNotOptimize(classifier->ClassifyBatch(inputs));
  }
}
BENCHMARK(BM_Batch)->Unit(benchmark::kMillisecond)->UseRealTime()->Arg(1)->Arg(2);

/// The plan of `paced` for sentences of the given number of tokens, on the model's own record.
void BM_MakePlan(benchmark::State& state) {
  const auto model = LoadModel(state);
  if (model == nullptr) {
    return;
  }
  ClassifierOptions options;
  options.policy = Policy::kPaced;
  options.latency_target = *LatencyTarget::Parse("1.5x");
  for (auto iteration : state) {
    state.PauseTiming();
    auto classifier = Classifier::Create(model, options);
    state.ResumeTiming();
    benchmark::DoNotOptimize(classifier->planner().PlanFor(static_cast<int>(state.range(0))));
  }
}
BENCHMARK(BM_MakePlan)->Unit(benchmark::kMicrosecond)->Arg(9)->Arg(25)->Arg(64)->Arg(128);

/// The same once it has been made.
void BM_LookUpPlan(benchmark::State& state) {
  const auto model = LoadModel(state);
  if (model == nullptr) {
    return;
  }
  ClassifierOptions options;
  options.policy = Policy::kPaced;
  auto classifier = Classifier::Create(model, options);
  for (auto iteration : state) {
    benchmark::DoNotOptimize(classifier->planner().PlanFor(25));
  }
}
BENCHMARK(BM_LookUpPlan)->Unit(benchmark::kNanosecond);

}  // namespace
}  // namespace edgebert
