#include "edgebert/report/self_check.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>

namespace edgebert {
namespace {

/// Sums in another order differ in the last bits.
constexpr double kRounding = 1e-9;

}  // namespace

bool PromisesDeadline(Policy policy) { return policy != Policy::kArtifactDvfs; }

void SelfCheck::Expect(bool holds, std::string_view row, std::string violation) {
  ++checks_;
  if (!holds) {
    violations_.push_back(fmt::format("{}: {}", row, std::move(violation)));
  }
}

void SelfCheck::Energy(std::string_view row, const EnergyAccount& account) {
  const std::pair<std::string_view, Joules> parts[] = {
      {"switching", account.switching},
      {"idle", account.idle},
      {"leakage", account.leakage},
      {"transition", account.transition},
      {"regulator loss", account.regulator_loss},
      {"dram", account.dram},
      {"dram background", account.dram_background},
      {"weight reads", account.weight_reads},
      {"weight leakage", account.weight_leakage},
  };
  for (const auto& [name, energy] : parts) {
    Expect(std::isfinite(energy.value()) && energy >= Joules(0), row,
           fmt::format("its {} energy is {} J, expected at least 0", name, energy.value()));
  }
}

void SelfCheck::Latency(std::string_view row, Seconds latency, Seconds roofline) {
  Expect(latency >= roofline * (1 - kRounding), row,
         fmt::format("it takes {} s, but the roofline allows no less than {} s", latency.value(),
                     roofline.value()));
}

void SelfCheck::Macs(std::string_view row, int64_t counted, int64_t expected) {
  Expect(
      counted == expected, row,
      fmt::format("{} multiply-accumulates were counted, its shapes need {}", counted, expected));
}

void SelfCheck::AboveOracle(std::string_view row, Joules policy, Joules oracle) {
  Expect(policy >= oracle * (1 - kRounding), row,
         fmt::format("it takes {} J, less than the {} J of the oracle that bounds it",
                     policy.value(), oracle.value()));
}

void SelfCheck::Deadlines(std::string_view row, Policy policy, size_t misses) {
  Expect(!PromisesDeadline(policy) || misses == 0, row,
         fmt::format("{} sentences missed a target that was feasible", misses));
}

Status SelfCheck::status() const {
  constexpr size_t kShown = 5;
  if (violations_.empty()) {
    return OkStatus();
  }
  const std::span<const std::string> shown(violations_.data(),
                                           std::min(kShown, violations_.size()));
  return Internal(fmt::format("the report contradicts itself in {} of {} checks: {}{}",
                              violations_.size(), checks_, fmt::join(shown, "; "),
                              violations_.size() > kShown ? "; …" : ""));
}

}  // namespace edgebert
