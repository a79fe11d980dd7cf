#include "edgebert/engine/arithmetic.h"

#include <fmt/format.h>

#include <array>
#include <string>

#include "edgebert/base/text.h"

namespace edgebert {

std::string_view ArithmeticName(Arithmetic arithmetic) {
  switch (arithmetic) {
    case Arithmetic::kFloat32:
      return "fp32";
    case Arithmetic::kHost:
      return "host";
    case Arithmetic::kDevice:
      return "device";
  }
  return {};
}

Result<Arithmetic> ParseArithmetic(std::string_view name) {
  for (const Arithmetic arithmetic :
       {Arithmetic::kFloat32, Arithmetic::kHost, Arithmetic::kDevice}) {
    if (name == ArithmeticName(arithmetic)) {
      return arithmetic;
    }
  }
  const std::array<std::string, 3> names = {"fp32", "host", "device"};
  return InvalidArgument(fmt::format("unknown arithmetic '{}'{} (fp32, host or device)", name,
                                     DidYouMean(name, names)));
}

}  // namespace edgebert
