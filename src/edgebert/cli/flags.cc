#include "edgebert/cli/flags.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <system_error>

#include "edgebert/base/text.h"

namespace edgebert::cli {

void AddModelFlag(CLI::App& command, std::optional<std::string>& model) {
  command
      .add_option("-m,--model", model, "Model file [the trained SST-2 model, or $EDGEBERT_MODEL]")
      ->type_name("FILE");
}

void ClassifierFlags::AddTo(CLI::App& command) {
  AddModelFlag(command, model);
  command
      .add_option("--policy", policy,
                  "How voltage and frequency are chosen: conventional, conventional-static, "
                  "early-exit, early-exit-static, predicted, predicted-safe, paced, oracle or "
                  "artifact-dvfs; see docs/policies.md")
      ->type_name("NAME");
  command
      .add_option("--replan", replan,
                  "When policy paced plans anew: never, predicted-layer, first-entropy or "
                  "each-layer [never]")
      ->type_name("NAME");
  command
      .add_option("--latency-target", latency_target,
                  "Deadline of a sentence: 8ms, 0.008s, or a factor of the time of all layers at "
                  "the nominal point such as 1.5x [2x]")
      ->type_name("TIME");
  command
      .add_option("--threshold", threshold,
                  "Leave at the first layer whose entropy is below it, in nats; 0 never leaves "
                  "early [the model's]")
      ->type_name("NATS");
  command
      .add_option("--arithmetic", arithmetic,
                  "host (AF8 with exact integer products) or fp32 [host for AF8 models]")
      ->type_name("NAME");
  command.add_option("--max-tokens", max_tokens, "Truncate longer texts [the model's positions]")
      ->type_name("N");
  command.add_option("--hardware", hardware, "Accelerator description (YAML) [built in]")
      ->type_name("FILE");
}

Result<double> ParseThreshold(const std::string& text) {
  const Result<double> value = ParseFiniteNumber(text);
  if (!value.ok() || *value < 0) {
    return InvalidArgument(
        fmt::format("--threshold {}: expected a number of nats from 0 up, such as 0.2", text));
  }
  return *value;
}

Result<ClassifierOptions> ClassifierFlags::Options() const {
  ClassifierOptions options;
  if (policy) {
    EDGEBERT_ASSIGN_OR_RETURN(options.policy, ParsePolicy(*policy));
  }
  if (replan) {
    EDGEBERT_ASSIGN_OR_RETURN(options.replan, ParseReplan(*replan));
  }
  if (latency_target) {
    EDGEBERT_ASSIGN_OR_RETURN(options.latency_target, LatencyTarget::Parse(*latency_target));
  }
  if (threshold) {
    EDGEBERT_ASSIGN_OR_RETURN(options.threshold_nats, ParseThreshold(*threshold));
  }
  options.max_tokens = max_tokens;
  return options;
}

Result<std::optional<Arithmetic>> ClassifierFlags::ParsedArithmetic() const {
  if (!arithmetic) {
    return std::optional<Arithmetic>();
  }
  EDGEBERT_ASSIGN_OR_RETURN(const Arithmetic parsed, ParseArithmetic(*arithmetic));
  return std::optional(parsed);
}

Result<std::shared_ptr<const ClassifierModel>> ClassifierFlags::LoadModel() const {
  ClassifierModelOptions options;
  EDGEBERT_ASSIGN_OR_RETURN(options.arithmetic, ParsedArithmetic());
  if (hardware) {
    EDGEBERT_ASSIGN_OR_RETURN(options.hardware, LoadHardware(*hardware));
  }
  EDGEBERT_ASSIGN_OR_RETURN(const std::filesystem::path path, ModelPath(model));
  return ClassifierModel::Load(path, options);
}

Result<std::filesystem::path> ModelPath(const std::optional<std::string>& flag) {
  if (flag) {
    return std::filesystem::path(*flag);
  }
  if (const char* from_environment = std::getenv("EDGEBERT_MODEL")) {
    return std::filesystem::path(from_environment);
  }
  std::error_code error;
  std::filesystem::path directory = std::filesystem::read_symlink("/proc/self/exe", error);
  while (!error && directory.has_relative_path()) {
    directory = directory.parent_path();
    for (const char* candidate : {"models/sst2.ebm", "share/edgebert/models/sst2.ebm"}) {
      if (std::filesystem::exists(directory / candidate, error)) {
        return directory / candidate;
      }
    }
  }
  return NotFound(
      "no model: models/sst2.ebm is in no folder above the program; name one with "
      "--model FILE");
}

}  // namespace edgebert::cli
