#include "edgebert/engine/arithmetic.h"

#include <fmt/format.h>

#include <array>
#include <string>

#include "edgebert/base/text.h"

namespace edgebert {

std::string_view ArithmeticName(Arithmetic arithmetic) {
  return arithmetic == Arithmetic::kFloat32 ? "fp32" : "host";
}

Result<Arithmetic> ParseArithmetic(std::string_view name) {
  for (const Arithmetic arithmetic : {Arithmetic::kFloat32, Arithmetic::kHost}) {
    if (name == ArithmeticName(arithmetic)) {
      return arithmetic;
    }
  }
  const std::array<std::string, 2> names = {"fp32", "host"};
  return InvalidArgument(
      fmt::format("unknown arithmetic '{}'{} (fp32 or host)", name, DidYouMean(name, names)));
}

}  // namespace edgebert
