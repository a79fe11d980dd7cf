#include "edgebert/bench/against.h"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>
#include <vector>

#include "edgebert/base/file.h"

namespace edgebert {
namespace {

namespace fs = std::filesystem;

/// Runs a program whose output goes to `log`.
Status RunLogged(std::vector<std::string> arguments, const fs::path& log) {
  const std::string name = fmt::format("{}", fmt::join(arguments, " "));
  EDGEBERT_ASSIGN_OR_RETURN(const int status, RunToEnd({.arguments = std::move(arguments),
                                                        .environment = {},
                                                        .cpus = {},
                                                        .standard_error = log.string()}));
  return status == 0 ? OkStatus()
                     : Unsupported(fmt::format("'{}' failed with status {}: see {}", name, status,
                                               log.string()));
}

Result<std::string> FullCommit(const fs::path& repository, const std::string& reference,
                               const fs::path& log) {
  const Status status = RunLogged({"git", "-C", repository.string(), "rev-parse", "--verify",
                                   "--end-of-options", reference + "^{commit}"},
                                  log);
  if (!status.ok()) {
    return NotFound(
        fmt::format("{} is no commit of the git repository {}: name a branch, tag or "
                    "commit, or the repository with --source",
                    reference, repository.string()));
  }
  EDGEBERT_ASSIGN_OR_RETURN(std::string text, ReadTextFile(log, 1 << 16));
  text = text.substr(0, text.find('\n'));
  constexpr size_t kShortest = 40;
  if (text.size() < kShortest || text.find_first_not_of("0123456789abcdef") != std::string::npos) {
    return DataLoss(fmt::format("git answered '{}', expected a commit", text));
  }
  return text;
}

}  // namespace

Result<OtherBuild> BuildCommit(const fs::path& repository, const std::string& reference,
                               const fs::path& cache, const Notice& notice) {
  std::error_code error;
  fs::create_directories(cache, error);
  if (error) {
    return IoError(fmt::format("{}: cannot make the folder: {}", cache.string(), error.message()));
  }
  EDGEBERT_ASSIGN_OR_RETURN(const std::string commit,
                            FullCommit(repository, reference, cache / "rev-parse.log"));
  const fs::path folder = cache / commit;
  const fs::path program = folder / "build" / "edgebert";
  if (fs::exists(program, error)) {
    return OtherBuild{commit, program};
  }
  notice(fmt::format("building {} ({}) in {}", reference, commit.substr(0, 12), folder.string()));
  const fs::path sources = folder / "source";
  const fs::path log = folder / "build.log";
  const fs::path archive = folder / "source.tar";
  fs::create_directories(sources, error);
  EDGEBERT_RETURN_IF_ERROR(RunLogged(
      {"git", "-C", repository.string(), "archive", "--output", archive.string(), commit}, log));
  EDGEBERT_RETURN_IF_ERROR(
      RunLogged({"tar", "-xf", archive.string(), "-C", sources.string()}, log));
  EDGEBERT_RETURN_IF_ERROR(
      RunLogged({"cmake", "-S", sources.string(), "-B", (folder / "build").string(), "-G", "Ninja",
                 "-DCMAKE_BUILD_TYPE=Release", "-DEDGEBERT_BUILD_TESTS=OFF"},
                log));
  EDGEBERT_RETURN_IF_ERROR(
      RunLogged({"cmake", "--build", (folder / "build").string(), "--target", "edgebert"}, log));
  return OtherBuild{commit, program};
}

}  // namespace edgebert
