#ifndef EDGEBERT_CLI_DATA_FLAGS_H_
#define EDGEBERT_CLI_DATA_FLAGS_H_

#include <optional>
#include <string>
#include <vector>

#include "edgebert/base/status.h"
#include "edgebert/data/dataset.h"

namespace CLI {
class App;
}

namespace edgebert::cli {

/// The flags of commands that read labelled data: a task's, or a table of the user's own.
struct DataFlags {
  std::string data;
  std::optional<std::string> task;
  std::optional<std::string> text_column;
  std::optional<std::string> pair_column;
  std::optional<std::string> label_column;

  void AddTo(CLI::App& command);

  /// Checks what needs no file; an error is one of usage.
  Status Check() const;

  bool is_own() const { return text_column.has_value(); }
  /// "sst2", or the table's file name.
  std::string Name() const;

  /// The user's own table, with the model's labels.
  Result<std::vector<LabelledText>> LoadOwn(const std::vector<std::string>& label_names) const;
};

}  // namespace edgebert::cli

#endif  // EDGEBERT_CLI_DATA_FLAGS_H_
