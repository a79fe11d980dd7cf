#ifndef EDGEBERT_POWER_POLICY_H_
#define EDGEBERT_POWER_POLICY_H_

#include <cstdint>
#include <string_view>

#include "edgebert/base/status.h"

namespace edgebert {

/// How the operating point of each layer is chosen.
enum class Policy : uint8_t {
  kConventional,     ///< All layers at the nominal point.
  kEarlyExit,        ///< Nominal point, stopping when the answer is certain enough.
  kEarlyExitStatic,  ///< As kEarlyExit, at the lowest constant point that meets the target at full
                     ///< depth.
  kPredicted,        ///< EdgeBERT: layer 1 at the nominal point, then the lowest point at which the
                     ///< exit layer predicted from its entropy meets the target.
};

/// "conventional", "early-exit", "early-exit-static", "predicted".
std::string_view PolicyName(Policy policy);

/// The policy of that name; another name is kInvalidArgument, with a list of all names.
Result<Policy> ParsePolicy(std::string_view name);

/// Whether inference may stop before the last layer.
bool UsesEarlyExit(Policy policy);

}  // namespace edgebert

#endif  // EDGEBERT_POWER_POLICY_H_
