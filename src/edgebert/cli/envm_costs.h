#ifndef EDGEBERT_CLI_ENVM_COSTS_H_
#define EDGEBERT_CLI_ENVM_COSTS_H_

#include <string>
#include <vector>

#include "edgebert/accel/envm_table.h"
#include "edgebert/accel/envm_technology.h"
#include "edgebert/accel/memory_plan.h"
#include "edgebert/base/status.h"
#include "edgebert/cli/json.h"
#include "edgebert/hardware/hardware.h"
#include "edgebert/model/model.h"
#include "edgebert/pipeline/weight_study.h"

namespace edgebert::cli {

/// What embedding and weights cost in the memories they can live in, for a mean sentence.
class EnvmCosts {
 public:
  /// `model` must still hold its tensors.
  static Result<EnvmCosts> Compute(const Model& model, const EnvmTable& table,
                                   const EnvmTechnology& technology,
                                   const HardwareDescription& hardware);

  void Print() const;
  OrderedJson ToJson() const;

  /// Energy an hour, in millijoules, of every way to keep the embedding and of every place of the
  /// model's own weights, by sentences an hour: comma-separated, a header, rates from 0.1 to 10^6.
  Status WriteCsv(const std::string& path) const;

 private:
  /// A plan with its constants at their values, and its energy at both ends of their ranges.
  struct Plan {
    MemoryPlan value;
    Joules low;
    Joules high;
  };

  void PrintEmbedding() const;
  void PrintWeights() const;

  MeanSentence sentence_;
  std::vector<Plan> embedding_;
  WeightBytes bytes_;
  std::vector<WeightPlacement> weights_;      ///< Constants at their values,
  std::vector<WeightPlacement> weights_low_;  ///< at the low and at the high end.
  std::vector<WeightPlacement> weights_high_;
};

}  // namespace edgebert::cli

#endif  // EDGEBERT_CLI_ENVM_COSTS_H_
