#include "edgebert/report/own_model_policies.h"

#include <utility>

namespace edgebert {

const PredictorTable* PredictorOf(const OwnModel& model) {
  return model.shape.exits.predictor && model.shape.config.HasOffRamp(1)
             ? &*model.shape.exits.predictor
             : nullptr;
}

PolicyStudy PoliciesOf(const OwnModel& model, CostedDesign design, const ExitThresholds& thresholds,
                       double nats) {
  return PolicyStudy::OnSample(std::move(design), model.dev, thresholds, PredictorOf(model),
                               SampleOfRecord(model.shape.exits, model.shape.config, nats));
}

Result<PolicyStudy> PoliciesOf(const OwnModel& model, const HardwareDescription& hardware) {
  EDGEBERT_ASSIGN_OR_RETURN(
      CostedDesign design,
      CostedDesign::Of(model.shape, hardware, WeightLocation::kDram, model.dev.input.tokens));
  return PoliciesOf(model, std::move(design), model.thresholds(), model.threshold_nats);
}

std::vector<int> ExitsAt(const SentenceSet& sentences, const ExitThresholds& thresholds) {
  return ExitLayers(ObserveSentences(sentences, thresholds));
}

}  // namespace edgebert
