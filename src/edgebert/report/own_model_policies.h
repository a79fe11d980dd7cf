#ifndef EDGEBERT_REPORT_OWN_MODEL_POLICIES_H_
#define EDGEBERT_REPORT_OWN_MODEL_POLICIES_H_

#include <vector>

#include "edgebert/base/status.h"
#include "edgebert/hardware/hardware.h"
#include "edgebert/report/policy_study.h"
#include "edgebert/report/study.h"

namespace edgebert {

/// The model's, where it can predict; else null. The model must outlive it.
const PredictorTable* PredictorOf(const OwnModel& model);

/// Policies on the model's dev sentences, `paced` planned on its calibration record at `nats`.
PolicyStudy PoliciesOf(const OwnModel& model, CostedDesign design, const ExitThresholds& thresholds,
                       double nats);
/// At the threshold of the energies, weights streamed from DRAM.
Result<PolicyStudy> PoliciesOf(const OwnModel& model, const HardwareDescription& hardware);

/// Exit layers without a policy. [sentences]
std::vector<int> ExitsAt(const SentenceSet& sentences, const ExitThresholds& thresholds);

}  // namespace edgebert

#endif  // EDGEBERT_REPORT_OWN_MODEL_POLICIES_H_
