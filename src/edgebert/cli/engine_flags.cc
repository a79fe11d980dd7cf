#include "edgebert/cli/engine_flags.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "edgebert/cli/command.h"
#include "edgebert/kernels/dispatch.h"

namespace edgebert::cli {

void EngineFlags::AddTo(CLI::App& command) {
  command
      .add_option(
          "--isa", isa,
          "Instruction set of the kernels: amx, avx512vnni, avx512, avxvnni, avx2, sse4, ssse3, "
          "neon or scalar [the best that this machine has]")
      ->type_name("NAME");
  command
      .add_option("--weights", weights,
                  "How AF8 weights lie in memory: codes (a byte each, decoded panel by panel) or "
                  "int16 (decoded once) [codes]")
      ->type_name("NAME");
  command.add_option("--threads", threads, "Threads that share the work [1]")->type_name("N");
}

Status EngineFlags::ApplyIsa() const {
  if (!isa) {
    return OkStatus();
  }
  const Status status = UseInstructionSet(*isa);
  return status.ok() ? status : status.WithContext("--isa");
}

Result<WeightStorage> EngineFlags::Storage() const {
  if (!weights) {
    return kDefaultWeightStorage;
  }
  if (*weights == "codes") {
    return WeightStorage::kCodes;
  }
  if (*weights == "int16") {
    return WeightStorage::kInt16;
  }
  return InvalidArgument(fmt::format("--weights {}: expected codes or int16", *weights));
}

Result<int> EngineFlags::Threads() const {
  if (threads) {
    EDGEBERT_RETURN_IF_ERROR(CheckFlagRange("--threads", *threads, 1, kMostThreads));
  }
  return threads.value_or(1);
}

}  // namespace edgebert::cli
