#ifndef EDGEBERT_CLI_ENGINE_FLAGS_H_
#define EDGEBERT_CLI_ENGINE_FLAGS_H_

#include <optional>
#include <string>

#include "edgebert/base/status.h"
#include "edgebert/engine/encoder.h"

namespace CLI {
class App;
}

namespace edgebert::cli {

/// The flags that say how this machine computes. They change no bit of a result.
struct EngineFlags {
  std::optional<std::string> isa;
  std::optional<std::string> weights;
  std::optional<int> threads;

  void AddTo(CLI::App& command);

  /// Makes all kernels use what --isa names, if given. An error is one of usage.
  Status ApplyIsa() const;

  /// Errors are those of usage.
  Result<WeightStorage> Storage() const;
  Result<int> Threads() const;
};

}  // namespace edgebert::cli

#endif  // EDGEBERT_CLI_ENGINE_FLAGS_H_
