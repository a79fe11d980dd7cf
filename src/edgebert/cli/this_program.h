#ifndef EDGEBERT_CLI_THIS_PROGRAM_H_
#define EDGEBERT_CLI_THIS_PROGRAM_H_

#include <filesystem>
#include <string>

#include "edgebert/base/status.h"

namespace edgebert::cli {

/// The file that runs.
Result<std::filesystem::path> ThisProgram();

/// Goes on as another program in the folder of this one, with the same arguments. Returns only if
/// that fails: kNotFound where there is no such program.
Status ContinueAsSibling(const std::string& name);

}  // namespace edgebert::cli

#endif  // EDGEBERT_CLI_THIS_PROGRAM_H_
