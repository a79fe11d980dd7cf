#include "edgebert/power/policy.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "edgebert/base/text.h"

namespace edgebert {
namespace {

constexpr std::array<Policy, 9> kPolicies = {Policy::kConventional, Policy::kConventionalStatic,
                                             Policy::kEarlyExit,    Policy::kEarlyExitStatic,
                                             Policy::kPredicted,    Policy::kPredictedSafe,
                                             Policy::kPaced,        Policy::kOracle,
                                             Policy::kArtifactDvfs};

const std::vector<std::string>& PolicyNames() {
  static const std::vector<std::string> names = {
      "conventional", "conventional-static", "early-exit", "early-exit-static",
      "predicted",    "predicted-safe",      "paced",      "oracle",
      "artifact-dvfs"};
  return names;
}

const std::vector<std::string>& ReplanNames() {
  static const std::vector<std::string> names = {"never", "predicted-layer", "first-entropy",
                                                 "each-layer"};
  return names;
}

Result<size_t> FindName(std::string_view name, const std::vector<std::string>& names,
                        std::string_view what, std::string_view plural) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) {
    return InvalidArgument(fmt::format("unknown {} '{}'{} ({}: {})", what, name,
                                       DidYouMean(name, names), plural, fmt::join(names, ", ")));
  }
  return static_cast<size_t>(found - names.begin());
}

}  // namespace

std::span<const Policy> AllPolicies() { return kPolicies; }

std::string_view PolicyName(Policy policy) { return PolicyNames()[static_cast<size_t>(policy)]; }

Result<Policy> ParsePolicy(std::string_view name) {
  EDGEBERT_ASSIGN_OR_RETURN(const size_t index,
                            FindName(name, PolicyNames(), "policy", "policies"));
  return static_cast<Policy>(index);
}

bool UsesEarlyExit(Policy policy) {
  return policy != Policy::kConventional && policy != Policy::kConventionalStatic;
}

bool NeedsPredictedLayer(Policy policy) {
  return policy == Policy::kPredicted || policy == Policy::kPredictedSafe;
}

bool ForcesPredictedExit(Policy policy) { return policy == Policy::kPredicted; }

std::string_view ReplanName(Replan replan) { return ReplanNames()[static_cast<size_t>(replan)]; }

Result<Replan> ParseReplan(std::string_view name) {
  EDGEBERT_ASSIGN_OR_RETURN(const size_t index,
                            FindName(name, ReplanNames(), "replanning", "one of"));
  return static_cast<Replan>(index);
}

}  // namespace edgebert
