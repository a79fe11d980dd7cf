#ifndef EDGEBERT_REPORT_SELF_CHECK_H_
#define EDGEBERT_REPORT_SELF_CHECK_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "edgebert/base/status.h"
#include "edgebert/base/units.h"
#include "edgebert/power/energy_account.h"
#include "edgebert/power/policy.h"

namespace edgebert {

/// What must hold of every figure of a report, whatever model and hardware it is about. Every check
/// names the row that it is about.
class SelfCheck {
 public:
  /// Every part of an energy is finite and at least zero.
  void Energy(std::string_view row, const EnergyAccount& account);
  /// Nothing is faster than the array at full use and the memory at full bandwidth allow.
  void Latency(std::string_view row, Seconds latency, Seconds roofline);
  /// The multiply-accumulates that were counted are those that the shapes ask for.
  void Macs(std::string_view row, int64_t counted, int64_t expected);
  /// A policy that keeps every answer takes no less than `oracle`.
  void AboveOracle(std::string_view row, Joules policy, Joules oracle);
  /// Whoever promises a deadline meets it where that is possible.
  void Deadlines(std::string_view row, Policy policy, size_t misses);

  size_t checks() const { return checks_; }
  /// OK, or kInternal with the first violations and how many there are.
  Status status() const;

 private:
  void Expect(bool holds, std::string_view row, std::string violation);

  size_t checks_ = 0;
  std::vector<std::string> violations_;
};

/// Whether a policy promises to end by every deadline that full depth at top speed meets.
bool PromisesDeadline(Policy policy);

}  // namespace edgebert

#endif  // EDGEBERT_REPORT_SELF_CHECK_H_
