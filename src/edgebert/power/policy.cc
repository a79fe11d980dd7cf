#include "edgebert/power/policy.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string>
#include <vector>

#include "edgebert/base/text.h"

namespace edgebert {
namespace {

const std::vector<std::string>& Names() {
  static const std::vector<std::string> names = {"conventional", "early-exit", "early-exit-static",
                                                 "predicted"};
  return names;
}

}  // namespace

std::string_view PolicyName(Policy policy) { return Names()[static_cast<size_t>(policy)]; }

Result<Policy> ParsePolicy(std::string_view name) {
  const std::vector<std::string>& names = Names();
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) {
    return InvalidArgument(fmt::format("unknown policy '{}'{} (policies: {})", name,
                                       DidYouMean(name, names), fmt::join(names, ", ")));
  }
  return static_cast<Policy>(found - names.begin());
}

bool UsesEarlyExit(Policy policy) { return policy != Policy::kConventional; }

}  // namespace edgebert
