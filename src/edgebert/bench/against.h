#ifndef EDGEBERT_BENCH_AGAINST_H_
#define EDGEBERT_BENCH_AGAINST_H_

#include <filesystem>
#include <string>

#include "edgebert/base/status.h"
#include "edgebert/bench/peers.h"

namespace edgebert {

/// Another commit of this program.
struct OtherBuild {
  std::string commit;             ///< In full.
  std::filesystem::path program;  ///< Built from it.
};

/// Builds the commit that `reference` names in the git repository `repository`, optimised, in a
/// folder of its own under `cache`, where it stays for later runs. Errors: no repository, no such
/// commit, a build that fails; with the log's name.
Result<OtherBuild> BuildCommit(const std::filesystem::path& repository,
                               const std::string& reference, const std::filesystem::path& cache,
                               const Notice& notice);

}  // namespace edgebert

#endif  // EDGEBERT_BENCH_AGAINST_H_
