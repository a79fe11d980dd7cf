#include "edgebert/cli/train_handover.h"

#include <CLI/CLI.hpp>

#include "edgebert/cli/this_program.h"

namespace edgebert::cli {

void AddTrainCommandWithoutLibtorch(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand(
      "train", "Train a model: teacher, student, calibration (in edgebert-train, with libtorch)");
  // All flags, --help among them, are the other program's.
  command->set_help_flag();
  command->prefix_command();
  command->callback([&action] {
    action = [] {
      const Status continued = ContinueAsSibling("edgebert-train");
      return Fail(
          continued.code() != StatusCode::kNotFound
              ? continued
              : Unsupported("this program was built without libtorch, and edgebert-train does not "
                            "lie beside it: './edgebert train' installs and builds what it takes; "
                            "by hand it is Debian's libtorch-dev, -DEDGEBERT_BUILD_TRAINING=ON and "
                            "the target edgebert-train"));
    };
  });
}

}  // namespace edgebert::cli
