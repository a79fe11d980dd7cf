#ifndef EDGEBERT_POWER_POLICY_H_
#define EDGEBERT_POWER_POLICY_H_

#include <cstdint>
#include <span>
#include <string_view>

#include "edgebert/base/status.h"

namespace edgebert {

/// How the operating point of each layer is chosen.
enum class Policy : uint8_t {
  kConventional,        ///< All layers at the nominal point.
  kConventionalStatic,  ///< All layers at the lowest constant point that meets the target.
  kEarlyExit,           ///< Nominal point, stopping when the answer is certain enough.
  kEarlyExitStatic,     ///< As kEarlyExit, at the lowest constant point that meets the target at
                        ///< full depth.
  kPredicted,           ///< EdgeBERT: layer 1 at the nominal point, then the lowest point at which
                        ///< the exit layer predicted from its entropy meets the target.
  kPredictedSafe,       ///< As kPredicted, but answers are never forced: the point leaves time to
                        ///< finish all layers at top speed.
  kPaced,               ///< The schedule of least expected energy that meets the target at full
                        ///< depth.
  kOracle,        ///< The cheapest schedule for the exit layer, which it knows beforehand: the
                  ///< bound for all that keep every answer.
  kArtifactDvfs,  ///< The released hardware: a table of 16 bins of the last entropy, without
                  ///< a target.
};

/// All policies, in the order of the enumeration.
std::span<const Policy> AllPolicies();

/// "conventional", "early-exit-static", "predicted-safe", …
std::string_view PolicyName(Policy policy);

/// The policy of that name; another name is kInvalidArgument, with a list of all names.
Result<Policy> ParsePolicy(std::string_view name);

/// Whether inference may stop before the last layer.
bool UsesEarlyExit(Policy policy);

/// Whether it needs the layer that a sentence is predicted to leave at.
bool NeedsPredictedLayer(Policy policy);

/// Whether sentences are stopped at the predicted layer, sure or not.
bool ForcesPredictedExit(Policy policy);

/// When `paced` makes its plan anew.
enum class Replan : uint8_t {
  kNever,
  kPredictedLayer,  ///< After layer 1, by the predicted exit layer.
  kFirstEntropy,    ///< After layer 1, by the bin of its entropy.
  kEachLayer,       ///< After every layer, by the bin of its entropy and the time left.
};

/// "never", "predicted-layer", "first-entropy", "each-layer".
std::string_view ReplanName(Replan replan);
Result<Replan> ParseReplan(std::string_view name);

}  // namespace edgebert

#endif  // EDGEBERT_POWER_POLICY_H_
