#include "edgebert/cli/flags.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <array>
#include <utility>

#include "edgebert/base/text.h"
#include "edgebert/cli/command.h"
#include "edgebert/text/encode_text.h"

namespace edgebert::cli {
namespace {

/// "30ns", "1us", "0.1ms", "1s".
Result<Seconds> ParseTransitionTime(const std::string& text) {
  constexpr std::array<std::pair<std::string_view, double>, 4> kUnits = {
      {{"ns", 1e-9}, {"us", 1e-6}, {"ms", 1e-3}, {"s", 1}}};
  for (const auto& [unit, scale] : kUnits) {
    if (!text.ends_with(unit)) {
      continue;
    }
    const Result<double> number = ParseFiniteNumber(text.substr(0, text.size() - unit.size()));
    if (number.ok() && *number >= 0 && *number * scale <= 1) {
      return Seconds(*number * scale);
    }
    break;
  }
  return InvalidArgument(fmt::format(
      "--transition-time {}: expected a time of at most a second such as 30ns or 100us", text));
}

}  // namespace

void ClassifierFlags::AddTo(CLI::App& command) {
  model.AddTo(command);
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
                  "host (AF8 with exact integer products), device (the accelerator's fixed point "
                  "between them, see docs/device-arithmetic.md) or fp32 [host for AF8 models]")
      ->type_name("NAME");
  command.add_option("--max-tokens", max_tokens, "Truncate longer texts [the model's positions]")
      ->type_name("N");
  command
      .add_option("--boundary", boundary,
                  "What energies include: on-chip, or system (with DRAM) [system]")
      ->type_name("NAME");
  AddHardwareFlags(command, hardware, regulator, transition_time);
  AddWeightsInFlag(command, weights_in);
  engine.AddTo(command);
}

void AddWeightsInFlag(CLI::App& command, std::optional<std::string>& weights_in) {
  command
      .add_option("--weights-in", weights_in,
                  "Where encoder and off-ramp weights live: dram, or on the chip in sram or reram "
                  "[dram]")
      ->type_name("NAME");
}

Result<WeightLocation> ParseWeightsIn(const std::optional<std::string>& weights_in) {
  if (!weights_in) {
    return WeightLocation::kDram;
  }
  Result<WeightLocation> location = ParseWeightLocation(*weights_in);
  return location.ok() ? location : location.status().WithContext("--weights-in");
}

Status CheckHardwareFlags(const std::optional<std::string>& regulator,
                          const std::optional<std::string>& transition_time) {
  if (regulator) {
    EDGEBERT_RETURN_IF_ERROR(ParseRegulatorKind(*regulator).status());
  }
  return transition_time ? ParseTransitionTime(*transition_time).status() : OkStatus();
}

void AddHardwareFlags(CLI::App& command, std::optional<std::string>& hardware,
                      std::optional<std::string>& regulator,
                      std::optional<std::string>& transition_time) {
  command.add_option("--hardware", hardware, "Accelerator description (YAML) [built in]")
      ->type_name("FILE");
  command
      .add_option("--regulator", regulator,
                  "Voltage regulator: ldo, switching or ideal [the description's]")
      ->type_name("NAME");
  command
      .add_option("--transition-time", transition_time,
                  "Time of a change of voltage and frequency, such as 30ns or 100us [the "
                  "description's]")
      ->type_name("TIME");
}

Result<HardwareDescription> LoadHardwareFlags(const std::optional<std::string>& hardware,
                                              const std::optional<std::string>& regulator,
                                              const std::optional<std::string>& transition_time) {
  EDGEBERT_ASSIGN_OR_RETURN(HardwareDescription description,
                            hardware ? LoadHardware(*hardware) : DefaultHardware());
  if (regulator) {
    EDGEBERT_RETURN_IF_ERROR(SetRegulator(*regulator, description));
  }
  if (transition_time) {
    EDGEBERT_ASSIGN_OR_RETURN(const Seconds time, ParseTransitionTime(*transition_time));
    description.transition_time = Constant<Seconds>{time};
  }
  return description;
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
    if (options.replan != Replan::kNever && options.policy != Policy::kPaced) {
      return InvalidArgument("--replan goes with --policy paced");
    }
  }
  if (latency_target) {
    EDGEBERT_ASSIGN_OR_RETURN(options.latency_target, LatencyTarget::Parse(*latency_target));
  }
  if (threshold) {
    EDGEBERT_ASSIGN_OR_RETURN(options.threshold_nats, ParseThreshold(*threshold));
  }
  if (max_tokens) {
    EDGEBERT_RETURN_IF_ERROR(
        CheckFlagRange("--max-tokens", *max_tokens, kFewestTokens, kMaxPositions));
  }
  options.max_tokens = max_tokens;
  if (boundary) {
    EDGEBERT_ASSIGN_OR_RETURN(options.boundary, ParseBoundary(*boundary));
  }
  EDGEBERT_RETURN_IF_ERROR(CheckHardwareFlags(regulator, transition_time));
  EDGEBERT_RETURN_IF_ERROR(ParseWeightsIn(weights_in).status());
  EDGEBERT_RETURN_IF_ERROR(engine.Storage().status());
  EDGEBERT_ASSIGN_OR_RETURN(options.threads, engine.Threads());
  EDGEBERT_RETURN_IF_ERROR(engine.ApplyIsa());
  return options;
}

Result<std::optional<Arithmetic>> ClassifierFlags::ParsedArithmetic() const {
  if (!arithmetic) {
    return std::optional<Arithmetic>();
  }
  EDGEBERT_ASSIGN_OR_RETURN(const Arithmetic parsed, ParseArithmetic(*arithmetic));
  return std::optional(parsed);
}

Result<std::shared_ptr<const ClassifierModel>> ClassifierFlags::Prepare(Model read) const {
  ClassifierModelOptions options;
  EDGEBERT_ASSIGN_OR_RETURN(options.arithmetic, ParsedArithmetic());
  EDGEBERT_ASSIGN_OR_RETURN(options.hardware,
                            LoadHardwareFlags(hardware, regulator, transition_time));
  EDGEBERT_ASSIGN_OR_RETURN(options.weights_in, ParseWeightsIn(weights_in));
  EDGEBERT_ASSIGN_OR_RETURN(options.weight_storage, engine.Storage());
  EDGEBERT_ASSIGN_OR_RETURN(const std::filesystem::path path, model.Path());
  auto prepared = ClassifierModel::Create(std::move(read), options);
  return prepared.ok() ? std::move(prepared) : prepared.status().WithContext(path.string());
}

Result<std::shared_ptr<const ClassifierModel>> ClassifierFlags::LoadModel() const {
  EDGEBERT_ASSIGN_OR_RETURN(Model read, model.Read());
  return Prepare(std::move(read));
}

}  // namespace edgebert::cli
