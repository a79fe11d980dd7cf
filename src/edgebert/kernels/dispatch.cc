#include "edgebert/kernels/dispatch.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <hwy/highway.h>

#include <cstdint>

namespace edgebert {
namespace {

/// Highway's bits, best first, of the instruction sets that may be used now; never empty.
std::vector<int64_t> UsableTargets() {
  std::vector<int64_t> usable;
  for (int64_t rest = hwy::SupportedTargets() & HWY_TARGETS; rest != 0; rest &= rest - 1) {
    usable.push_back(rest & -rest);
  }
  if (usable.empty()) {
    usable.push_back(HWY_STATIC_TARGET);
  }
  return usable;
}

}  // namespace

std::vector<std::string> SupportedInstructionSets() {
  std::vector<std::string> names;
  for (const int64_t target : UsableTargets()) {
    names.emplace_back(hwy::TargetName(target));
  }
  return names;
}

std::string InstructionSet() { return hwy::TargetName(UsableTargets().front()); }

ScopedInstructionSet::ScopedInstructionSet(std::string_view name) {
  for (const int64_t target : UsableTargets()) {
    if (name == hwy::TargetName(target)) {
      hwy::SetSupportedTargetsForTest(target);
      return;
    }
  }
  status_ = InvalidArgument(fmt::format("instruction set '{}' is not among {}", name,
                                        fmt::join(SupportedInstructionSets(), ", ")));
}

ScopedInstructionSet::~ScopedInstructionSet() {
  if (status_.ok()) {
    hwy::SetSupportedTargetsForTest(0);
  }
}

}  // namespace edgebert
