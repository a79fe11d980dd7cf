#include "edgebert/cli/command.h"

#include <fmt/core.h>

#include <cstdio>

namespace edgebert::cli {

int Fail(const Status& status, int exit_status) {
  fmt::print(stderr, "edgebert: {}\n", status.message());
  return exit_status;
}

}  // namespace edgebert::cli
