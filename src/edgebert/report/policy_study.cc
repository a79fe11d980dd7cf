#include "edgebert/report/policy_study.h"

#include <fmt/format.h>

#include <utility>

namespace edgebert {

bool KeepsAnswers(Policy policy) {
  return policy == Policy::kEarlyExit || policy == Policy::kEarlyExitStatic ||
         policy == Policy::kPredictedSafe || policy == Policy::kPaced;
}

PolicyStudy::PolicyStudy(CostedDesign design, const SentenceSet& sentences,
                         const ExitThresholds& thresholds, const PredictorTable* predictor)
    : design_(std::move(design)),
      num_layers_(sentences.num_layers()),
      tokens_(sentences.input.tokens) {
  const EntropyTrace& trace = sentences.input.entropies;
  std::optional<PredictedExitRule> rule;
  if (predictor != nullptr) {
    rule.emplace(thresholds, *predictor, trace.Layers());
    forced_exits_ = ReplayExits(trace, *rule);
  }
  observed_ = ObserveSentences(sentences, thresholds, rule ? &*rule : nullptr);
}

PolicyStudy PolicyStudy::OnSample(CostedDesign design, const SentenceSet& sentences,
                                  const ExitThresholds& thresholds, const PredictorTable* predictor,
                                  const ExitSample& sample) {
  PolicyStudy study(std::move(design), sentences, thresholds, predictor);
  if (!sample.sentences.empty()) {
    study.statistics_.push_back(BuildStatistics(sample, study.tokens_, study.num_layers_));
  }
  return study;
}

PolicyStudy PolicyStudy::OnHalves(CostedDesign design, const SentenceSet& sentences,
                                  const ExitThresholds& thresholds,
                                  const PredictorTable* predictor) {
  PolicyStudy study(std::move(design), sentences, thresholds, predictor);
  for (size_t half = 0; half < 2; ++half) {
    ExitSample sample;
    for (size_t i = 0; i < study.observed_.size(); ++i) {
      if (i % 2 != half || study.observed_.size() < 2) {
        sample.sentences.push_back(study.observed_[i]);
        sample.tokens.push_back(study.tokens_[i]);
      }
    }
    study.statistics_.push_back(BuildStatistics(sample, study.tokens_, study.num_layers_));
  }
  return study;
}

std::vector<int> PolicyStudy::ExitsUnder(Policy policy) const {
  if (!UsesEarlyExit(policy)) {
    return std::vector<int>(observed_.size(), num_layers_);
  }
  return ForcesPredictedExit(policy) ? forced_exits_ : ExitLayers(observed_);
}

size_t PolicyStudy::ForcedUnder(Policy policy) const {
  const std::vector<int> exits = ExitsUnder(policy);
  size_t forced = 0;
  for (size_t i = 0; i < exits.size(); ++i) {
    forced += exits[i] < observed_[i].exit_layer;
  }
  return forced;
}

Result<PolicyFigures> PolicyStudy::Judge(Policy policy, const std::optional<LatencyTarget>& target,
                                         const EnergyMeter& meter, std::string_view row,
                                         SelfCheck& check) const {
  if (NeedsPredictedLayer(policy) && forced_exits_.empty()) {
    return InvalidArgument(fmt::format("policy '{}' needs a predictor table", PolicyName(policy)));
  }
  const std::vector<int> exits = ExitsUnder(policy);
  const bool paced = policy == Policy::kPaced;
  const size_t parts = paced && statistics_.size() > 1 ? statistics_.size() : 1;
  PolicyFigures all;
  for (size_t part = 0; part < parts; ++part) {
    std::vector<int> tokens;
    std::vector<int> leave;
    std::vector<int> predicted;
    for (size_t i = part; i < exits.size(); i += parts) {
      tokens.push_back(tokens_[i]);
      leave.push_back(exits[i]);
      predicted.push_back(NeedsPredictedLayer(policy) ? observed_[i].predicted_layer : 0);
    }
    if (tokens.empty()) {
      continue;
    }
    EDGEBERT_ASSIGN_OR_RETURN(
        const PolicyFigures figures,
        JudgePolicy(design_, GroupSentences(tokens, leave, predicted), {policy, target, meter},
                    paced && !statistics_.empty() ? &statistics_[part] : nullptr));
    all += figures;
  }
  const std::string name =
      fmt::format("{} ({}, {})", row, PolicyName(policy), BoundaryName(meter.boundary));
  check.Energy(name, all.account);
  check.Latency(name, all.latency, all.roofline);
  check.Deadlines(name, policy, all.misses);
  return all;
}

}  // namespace edgebert
