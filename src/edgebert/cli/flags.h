#ifndef EDGEBERT_CLI_FLAGS_H_
#define EDGEBERT_CLI_FLAGS_H_

#include <memory>
#include <optional>
#include <string>

#include "edgebert/accel/memory_plan.h"
#include "edgebert/base/status.h"
#include "edgebert/cli/engine_flags.h"
#include "edgebert/cli/model_flags.h"
#include "edgebert/hardware/hardware.h"
#include "edgebert/pipeline/classifier.h"

namespace CLI {
class App;
}

namespace edgebert::cli {

/// The flags shared by commands that classify.
struct ClassifierFlags {
  ModelFlags model;
  EngineFlags engine;
  std::optional<std::string> arithmetic;
  std::optional<std::string> hardware;
  std::optional<std::string> policy;
  std::optional<std::string> replan;
  std::optional<std::string> latency_target;
  std::optional<std::string> threshold;
  std::optional<int> max_tokens;
  std::optional<std::string> boundary;
  std::optional<std::string> regulator;
  std::optional<std::string> transition_time;
  std::optional<std::string> weights_in;

  void AddTo(CLI::App& command);

  /// Parses the flags that need no file, and makes kernels use --isa; an error is one of usage.
  Result<ClassifierOptions> Options() const;

  /// Loads the model; an error is one of data, but for a misspelled arithmetic.
  Result<std::shared_ptr<const ClassifierModel>> LoadModel() const;

  /// The second half of LoadModel(): makes a model ready that model.Read() returned.
  Result<std::shared_ptr<const ClassifierModel>> Prepare(Model read) const;

  /// Checks --arithmetic; an error is one of usage.
  Result<std::optional<Arithmetic>> ParsedArithmetic() const;
};

/// The description that --hardware names, or the built-in one, with --regulator and
/// --transition-time applied.
Result<HardwareDescription> LoadHardwareFlags(const std::optional<std::string>& hardware,
                                              const std::optional<std::string>& regulator,
                                              const std::optional<std::string>& transition_time);

/// Checks what needs no file of those two; an error is one of usage.
Status CheckHardwareFlags(const std::optional<std::string>& regulator,
                          const std::optional<std::string>& transition_time);

/// Adds --hardware, --regulator and --transition-time.
void AddHardwareFlags(CLI::App& command, std::optional<std::string>& hardware,
                      std::optional<std::string>& regulator,
                      std::optional<std::string>& transition_time);

/// Adds --weights-in.
void AddWeightsInFlag(CLI::App& command, std::optional<std::string>& weights_in);

/// Where it says, or DRAM; an error is one of usage.
Result<WeightLocation> ParseWeightsIn(const std::optional<std::string>& weights_in);

/// Parses a threshold given on the command line, in nats.
Result<double> ParseThreshold(const std::string& text);

}  // namespace edgebert::cli

#endif  // EDGEBERT_CLI_FLAGS_H_
