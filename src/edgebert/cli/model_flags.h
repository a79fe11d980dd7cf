#ifndef EDGEBERT_CLI_MODEL_FLAGS_H_
#define EDGEBERT_CLI_MODEL_FLAGS_H_

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "edgebert/base/status.h"
#include "edgebert/model/model.h"
#include "edgebert/model/model_base.h"

namespace CLI {
class App;
}

namespace edgebert::cli {

/// The files that a model is in.
struct ModelFiles {
  /// The base of a task file.
  struct Base {
    BaseReference reference;  ///< As the task file names it.
    std::filesystem::path path;
    uint64_t bytes = 0;
  };

  std::filesystem::path path;
  uint64_t bytes = 0;
  std::optional<Base> base;
};

/// The flags that say which model a command uses.
struct ModelFlags {
  std::optional<std::string> model;
  std::optional<std::string> base;

  /// Adds --model and --base.
  void AddTo(CLI::App& command);
  /// Adds --base.
  void AddBaseTo(CLI::App& command);

  /// The file that --model names; else $EDGEBERT_MODEL; else models/sst2-small.ebm or
  /// share/edgebert/models/sst2-small.ebm in a folder above the program.
  Result<std::filesystem::path> Path() const;

  std::optional<std::filesystem::path> BasePath() const;

  Result<Model> Read() const;

  /// Which files they are, and how large.
  Result<ModelFiles> Files() const;

  /// The bytes of a file for `model`, read by Read() and changed since in other things than the
  /// embedding: a task file on the same base where it came from one, else a whole model.
  Result<std::vector<uint8_t>> Serialize(const Model& model) const;
};

}  // namespace edgebert::cli

#endif  // EDGEBERT_CLI_MODEL_FLAGS_H_
