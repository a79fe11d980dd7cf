#ifndef EDGEBERT_CLI_HOST_FLAGS_H_
#define EDGEBERT_CLI_HOST_FLAGS_H_

#include <memory>
#include <optional>
#include <string>

#include "edgebert/base/status.h"
#include "edgebert/cli/json.h"
#include "edgebert/pipeline/host_runner.h"
#include "edgebert/power/policy.h"

namespace CLI {
class App;
}

namespace edgebert::cli {

/// The flags of commands that drive the host's clock and measure.
struct HostFlags {
  bool drive = false;
  std::optional<std::string> sysfs_root;
  std::optional<int> cpu;

  void AddTo(CLI::App& command);

  /// An error is one of usage: the clock can follow any policy but `oracle`, which knows the exit.
  Status Check(Policy policy) const;

  /// The runner that the flags ask for, if any.
  std::unique_ptr<HostRunner> NewRunner() const;
};

/// Lines of a report: the clock and the energy of one sentence, measured or why not; labels take
/// `width` columns after an indent of two.
std::string FormatHost(const HostRunner& runner, const HostMeasurement& measured, int width);
/// The same for many sentences.
std::string FormatHost(const HostRunner& runner, const HostEvaluation& evaluation, int width);

/// The same as JSON.
OrderedJson HostJson(const HostRunner& runner, const HostMeasurement& measured);
OrderedJson HostJson(const HostRunner& runner, const HostEvaluation& evaluation);

}  // namespace edgebert::cli

#endif  // EDGEBERT_CLI_HOST_FLAGS_H_
