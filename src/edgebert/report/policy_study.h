#ifndef EDGEBERT_REPORT_POLICY_STUDY_H_
#define EDGEBERT_REPORT_POLICY_STUDY_H_

#include <optional>
#include <string_view>
#include <vector>

#include "edgebert/engine/exit_rule.h"
#include "edgebert/report/policy_judge.h"
#include "edgebert/report/self_check.h"
#include "edgebert/report/sentences.h"

namespace edgebert {

/// Policies judged on the same sentences with the same costs.
class PolicyStudy {
 public:
  /// `paced` plans on `sample`.
  static PolicyStudy OnSample(CostedDesign design, const SentenceSet& sentences,
                              const ExitThresholds& thresholds, const PredictorTable* predictor,
                              const ExitSample& sample);
  /// `paced` plans odd sentences on even ones and the other way round.
  static PolicyStudy OnHalves(CostedDesign design, const SentenceSet& sentences,
                              const ExitThresholds& thresholds, const PredictorTable* predictor);

  /// Checks what it finds under the name `row`. kInvalidArgument for a policy that predicts without
  /// a predictor.
  Result<PolicyFigures> Judge(Policy policy, const std::optional<LatencyTarget>& target,
                              const EnergyMeter& meter, std::string_view row,
                              SelfCheck& check) const;

  /// Where sentences leave under a policy. [sentences]
  std::vector<int> ExitsUnder(Policy policy) const;
  /// Sentences that the policy stops before they would have left.
  size_t ForcedUnder(Policy policy) const;
  const CostedDesign& design() const { return design_; }
  int num_layers() const { return num_layers_; }

 private:
  PolicyStudy(CostedDesign design, const SentenceSet& sentences, const ExitThresholds& thresholds,
              const PredictorTable* predictor);

  CostedDesign design_;
  int num_layers_;
  std::vector<int> tokens_;
  std::vector<ObservedSentence> observed_;
  std::vector<int> forced_exits_;               ///< Empty without predictor.
  std::vector<StatisticsByTokens> statistics_;  ///< One, or one for each half of the sentences.
};

/// Whether a policy answers every sentence as early exit does, in time wherever that is possible.
bool KeepsAnswers(Policy policy);

}  // namespace edgebert

#endif  // EDGEBERT_REPORT_POLICY_STUDY_H_
