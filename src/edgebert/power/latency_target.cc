#include "edgebert/power/latency_target.h"

#include <fmt/format.h>

#include <array>
#include <cmath>

#include "edgebert/base/text.h"

namespace edgebert {
namespace {

struct Suffix {
  std::string_view text;
  double divisor;  ///< A quotient is rounded once: "8ms" is the double nearest to 0.008.
  bool relative;
};

/// "ms" and "us" stand before "s", with which they end.
constexpr std::array<Suffix, 4> kSuffixes = {{
    {"ms", 1e3, false},
    {"us", 1e6, false},
    {"s", 1, false},
    {"x", 1, true},
}};

/// Seconds, or a factor: beyond them the sums of a schedule lose what they add up.
constexpr double kLeast = 1e-6;
constexpr double kMost = 1e6;

Status Refuse(std::string_view text, std::string_view reason) {
  return InvalidArgument(fmt::format(
      "latency target '{}' {}; expected a time such as 8ms, 0.008s or 500us, or a multiple of the "
      "full-depth time such as 1.5x",
      text, reason));
}

}  // namespace

Result<LatencyTarget> LatencyTarget::Parse(std::string_view text) {
  for (const Suffix& suffix : kSuffixes) {
    if (!text.ends_with(suffix.text)) {
      continue;
    }
    const Result<double> number =
        ParseFiniteNumber(text.substr(0, text.size() - suffix.text.size()));
    if (!number.ok()) {
      return Refuse(text, "is no number with one of the units ms, us, s and x");
    }
    const double value = *number / suffix.divisor;
    if (value <= 0) {
      return Refuse(text, "is not positive");
    }
    if (value < kLeast || value > kMost) {
      return Refuse(text, "is not between a microsecond and a million seconds, nor 1e-6x and 1e6x");
    }
    return LatencyTarget(value, suffix.relative);
  }
  return Refuse(text, "has no known unit");
}

}  // namespace edgebert
