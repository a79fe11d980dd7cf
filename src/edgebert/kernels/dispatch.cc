#include "edgebert/kernels/dispatch.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <hwy/highway.h>

#include <algorithm>
#include <atomic>
#include <cstdint>

#include "edgebert/kernels/panel_product.h"
#include "edgebert/kernels/tile_product.h"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace edgebert {
namespace {

/// A Highway target, and functions of our own where they are better than what it compiles to.
struct Set {
  std::string_view name;
  int64_t target;
  PanelFunctions functions;
  const TileFunctions* tiles = nullptr;
};

#if defined(__x86_64__)

/// One bit of CPUID's leaf 7; the operating system's part is Highway's to check.
bool HasFeature(unsigned subleaf, int reg, unsigned bit) {
  unsigned registers[4] = {};
  if (__get_cpuid_count(7, subleaf, &registers[0], &registers[1], &registers[2], &registers[3]) ==
      0) {
    return false;
  }
  return ((registers[reg] >> bit) & 1) != 0;
}

constexpr int kEax = 0;
constexpr int kEcx = 2;
constexpr int kEdx = 3;

#endif

std::string_view NameOfTarget(int64_t target) {
  switch (target) {
    case HWY_AVX3:
      return "avx512";
    case HWY_AVX2:
      return "avx2";
    case HWY_SSE4:
      return "sse4";
    case HWY_SSSE3:
      return "ssse3";
    case HWY_NEON:
      return "neon";
    case HWY_SCALAR:
    case HWY_EMU128:
      return "scalar";
    default:
      return hwy::TargetName(target);
  }
}

/// Better than what Highway's versions compile to.
PanelFunctions FunctionsOf([[maybe_unused]] int64_t target) {
#if defined(__x86_64__)
  if (target == HWY_AVX3) {
    return {nullptr, DecodePanelAvx512};
  }
  if (target == HWY_AVX2) {
    return {MultiplyPanelAvx2, DecodePanelAvx2};
  }
#endif
  return {};
}

std::vector<Set> FindSets() {
  int64_t targets = hwy::SupportedTargets() & HWY_TARGETS;
  targets = targets == 0 ? HWY_STATIC_TARGET : targets;
  std::vector<Set> sets;
  for (; targets != 0; targets &= targets - 1) {
    const int64_t target = targets & -targets;
#if defined(__x86_64__)
    if (target == HWY_AVX3 && HasFeature(0, kEcx, 11)) {
      const bool vbmi = HasFeature(0, kEcx, 1);
      const PanelFunctions functions{MultiplyPanelAvx512Vnni, DecodePanelAvx512,
                                     MultiplyCodesAvx512Vnni};
      const bool amx = HasFeature(0, kEdx, 24) && HasFeature(0, kEdx, 25);
      if (const TileFunctions* tiles = amx && vbmi ? TileFunctionsAmx() : nullptr) {
        sets.push_back({"amx", target, functions, tiles});
      }
      sets.push_back({"avx512vnni", target, functions});
    }
    if (target == HWY_AVX2 && HasFeature(1, kEax, 4)) {
      sets.push_back({"avxvnni", target, {MultiplyPanelAvxVnni, DecodePanelAvx2}});
    }
#endif
    sets.push_back({NameOfTarget(target), target, FunctionsOf(target)});
  }
  return sets;
}

/// Best first; never empty.
const std::vector<Set>& Sets() {
  static const std::vector<Set> sets = FindSets();
  return sets;
}

/// Null until one is chosen: the best.
std::atomic<const Set*> chosen_set{nullptr};

const Set& SetInUse() {
  const Set* chosen = chosen_set.load(std::memory_order_relaxed);
  return chosen != nullptr ? *chosen : Sets().front();
}

}  // namespace

PanelFunctions PanelFunctionsInUse() { return SetInUse().functions; }

const TileFunctions* TileFunctionsInUse() { return SetInUse().tiles; }

std::vector<std::string> SupportedInstructionSets() {
  std::vector<std::string> names;
  for (const Set& set : Sets()) {
    names.emplace_back(set.name);
  }
  return names;
}

std::string InstructionSet() { return std::string(SetInUse().name); }

Status UseInstructionSet(std::string_view name) {
  const std::vector<Set>& sets = Sets();
  const auto found =
      std::find_if(sets.begin(), sets.end(), [&](const Set& set) { return set.name == name; });
  if (found == sets.end()) {
    return InvalidArgument(
        fmt::format("instruction set '{}' is not among {}, which this machine has", name,
                    fmt::join(SupportedInstructionSets(), ", ")));
  }
  hwy::SetSupportedTargetsForTest(found->target);
  chosen_set.store(&*found, std::memory_order_relaxed);
  return OkStatus();
}

ScopedInstructionSet::ScopedInstructionSet(std::string_view name)
    : before_(InstructionSet()), status_(UseInstructionSet(name)) {}

ScopedInstructionSet::~ScopedInstructionSet() {
  if (status_.ok()) {
    // It was in use, so it is supported.
    static_cast<void>(UseInstructionSet(before_));
  }
}

}  // namespace edgebert
