#include "edgebert/cli/simulate_command.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <memory>
#include <string_view>
#include <utility>

#include "edgebert/cli/flags.h"
#include "edgebert/cli/json.h"
#include "edgebert/cli/this_program.h"
#include "edgebert/tiler/tiler.h"

namespace edgebert::cli {
namespace {

constexpr size_t kShownBytes = 100;
constexpr size_t kTitleBytes = 90;
constexpr std::string_view kOverlapped = "overlapped";
constexpr std::string_view kArtifact = "artifact";
constexpr std::string_view kProgramWithSystemc = "edgebert-simulate";

struct SimulateFlags {
  ClassifierFlags classifier;  ///< Of its flags those that apply.
  std::optional<std::string> text;
  std::optional<std::string> pair;
  std::string timing = std::string(kOverlapped);
  std::optional<int> vector_size;
  std::optional<std::string> trace;
  std::optional<std::string> timeline;
  std::optional<std::string> plot;
  bool cost_model = false;
  bool json = false;

  bool artifact() const { return timing == kArtifact; }

  Result<ClassifierOptions> Options() const {
    EDGEBERT_ASSIGN_OR_RETURN(ClassifierOptions options, classifier.Options());
    if (!classifier.policy) {
      // Cycles at one clock, unless a deadline is what it is about.
      options.policy = classifier.latency_target ? Policy::kEarlyExitStatic : Policy::kEarlyExit;
    }
    return options;
  }

  /// What needs no file.
  Status Check() const {
    if (!text) {
      return InvalidArgument("simulate: give a text (see edgebert simulate --help)");
    }
    if (timing != kOverlapped && timing != kArtifact) {
      return InvalidArgument(
          fmt::format("--timing {}: expected {} or {}", timing, kOverlapped, kArtifact));
    }
    if (artifact() && cost_model) {
      return InvalidArgument(
          "--cost-model is that of the overlapped timing: leave out one of both");
    }
    if ((artifact() || cost_model) && (trace || timeline || plot)) {
      return InvalidArgument(
          "--trace, --timeline and --plot show the overlapped simulation cycle by cycle: they go "
          "with neither --cost-model nor --timing artifact");
    }
    if (vector_size && !IsVectorSize(*vector_size)) {
      return InvalidArgument(fmt::format("--n {}: expected 2, 4, 8, 16 or 32", *vector_size));
    }
    return Options().status();
  }

  Result<std::shared_ptr<const AcceleratorModel>> LoadModel() const {
    EDGEBERT_ASSIGN_OR_RETURN(
        HardwareDescription hardware,
        LoadHardwareFlags(classifier.hardware, classifier.regulator, classifier.transition_time));
    if (vector_size) {
      hardware.vector_size.value = *vector_size;
    }
    EDGEBERT_ASSIGN_OR_RETURN(const std::filesystem::path path, classifier.model.Path());
    EDGEBERT_ASSIGN_OR_RETURN(Model model, classifier.model.Read());
    auto prepared = AcceleratorModel::Create(std::move(model), std::move(hardware));
    return prepared.ok() ? std::move(prepared) : prepared.status().WithContext(path.string());
  }
};

/// A sentence with what was made of it.
struct Simulated {
  const SimulateFlags& flags;
  const AcceleratorModel& model;
  const DeviceSentence& sentence;
  const SimulationOutcome& outcome;
  Seconds wall;

  const AcceleratorRun& run() const { return outcome.run; }
  int64_t weight_bytes() const { return run().counts.transfer_bytes + run().bytes_discarded; }
  bool resident() const { return model.hardware().weights.resident; }
};

OrderedJson ToJson(const Simulated& simulated) {
  const AcceleratorRun& run = simulated.run();
  const TileCounts& counts = run.counts;
  const bool artifact = simulated.flags.artifact();
  OrderedJson bytes = {{simulated.resident() ? "weights" : "dram", simulated.weight_bytes()}};
  if (!artifact) {
    bytes["envm"] = counts.envm_read_bytes;
    bytes["pool_read"] = counts.pool_read_bytes;
    bytes["pool_write"] = counts.pool_write_bytes;
    bytes["auxiliary_read"] = counts.auxiliary_read_bytes;
    bytes["auxiliary_write"] = counts.auxiliary_write_bytes;
  }
  const std::optional<bool>& matches = simulated.outcome.matches_engine;
  return {{"text", *simulated.flags.text},
          {"label", simulated.sentence.label},
          {"exit_layer", run.exit_layer},
          {"cycles", run.cycles},
          {"ideal_cycles", run.ideal_cycles},
          {"mac_utilisation", run.mac_utilisation()},
          {"macs", counts.macs},
          {"macs_gated", artifact ? OrderedJson() : OrderedJson(run.products_gated)},
          {"bytes_by_memory", bytes},
          {"bytes_discarded", run.bytes_discarded},
          {"offramp_cycles", run.offramp_cycles},
          {"matches_engine", matches ? OrderedJson(*matches) : OrderedJson()},
          {"timing", simulated.flags.timing},
          {"n", simulated.model.hardware().vector_size.value},
          {"wall_s", simulated.wall.value()}};
}

/// "12,345,678".
std::string Grouped(int64_t number) {
  std::string digits = fmt::format("{}", number);
  for (auto i = static_cast<int>(digits.size()) - 3; i > 0; i -= 3) {
    digits.insert(static_cast<size_t>(i), 1, ',');
  }
  return digits;
}

double Percent(int64_t part, int64_t whole) {
  return whole > 0 ? 100 * static_cast<double>(part) / static_cast<double>(whole) : 0;
}

void PrintLayers(const Simulated& simulated) {
  fmt::print("\n  {:>5}  {:>13}  {:>9}  {:>8}  supply\n", "layer", "cycles", "off-ramp", "entropy");
  int number = 0;
  for (const AcceleratorLayer& layer : simulated.run().layers) {
    fmt::print("  {:>5}  {:>13}  {:>9}  {:>8}  {:.3f} V, {:.0f} MHz\n", ++number,
               Grouped(layer.cycles), Grouped(layer.offramp_cycles),
               layer.entropy_nats ? fmt::format("{:.4f}", *layer.entropy_nats) : "-",
               layer.point.voltage.value(), layer.point.frequency.value() * 1e-6);
  }
}

void PrintUnits(const Simulated& simulated) {
  const AcceleratorRun& run = simulated.run();
  const TileCounts& counts = run.counts;
  fmt::print("\n  {:<18}  {:>13}  {:>7}  what it did\n", "unit", "busy cycles", "share");
  for (const UnitActivity& unit : simulated.outcome.units) {
    std::string events;
    if (unit.name == "array") {
      events = fmt::format("{} products, {:.1f} % of them gated by a zero",
                           Grouped(counts.issued_products),
                           Percent(run.products_gated, counts.issued_products));
    } else if (unit.name == "loader") {
      events = fmt::format("{} stationary vectors", Grouped(counts.loaded_vectors));
    } else if (unit.name == "DMA") {
      events = fmt::format("{} bytes of weights", Grouped(simulated.weight_bytes()));
    }
    fmt::print("  {:<18}  {:>13}  {:>5.1f} %  {}\n", unit.name, Grouped(unit.busy_cycles),
               Percent(unit.busy_cycles, run.cycles), events);
  }
}

void PrintMemories(const Simulated& simulated) {
  const TileCounts& counts = simulated.run().counts;
  const auto line = [](std::string_view name, int64_t read, int64_t written,
                       std::string_view note = "") {
    fmt::print("  {:<18}  {:>13}  {:>13}  {}\n", name, Grouped(read),
               written > 0 ? Grouped(written) : "-", note);
  };
  fmt::print("\n  {:<18}  {:>13}  {:>13}\n", "memory", "bytes read", "written");
  line(simulated.resident() ? "resident weights" : "DRAM", simulated.weight_bytes(), 0,
       fmt::format("{} of them for layers that did not run",
                   Grouped(simulated.run().bytes_discarded)));
  line("eNVM", counts.envm_read_bytes, 0);
  line("pool", counts.pool_read_bytes, counts.pool_write_bytes);
  line("auxiliary", counts.auxiliary_read_bytes, counts.auxiliary_write_bytes);
}

void PrintReport(const Simulated& simulated) {
  const AcceleratorRun& run = simulated.run();
  const DeviceSentence& sentence = simulated.sentence;
  const SimulateFlags& flags = simulated.flags;
  fmt::print("{}  {:.1f} %  \"{}\"\n", sentence.label, sentence.probability * 100,
             Printable(*flags.text, kShownBytes));
  fmt::print("  tokens       {}{}\n", sentence.encoding.ids.size(),
             sentence.encoding.truncated ? " (the text was longer and is truncated)" : "");
  fmt::print("  exit         layer {} of {}\n", run.exit_layer,
             simulated.model.model().config.num_layers);
  fmt::print("  accelerator  {}, n = {}, {} timing, {}\n", simulated.model.hardware().name,
             simulated.model.hardware().vector_size.value, flags.timing,
             flags.cost_model ? "in closed form" : "simulated in SystemC");
  fmt::print("  cycles       {}, {} of them in off-ramps\n", Grouped(run.cycles),
             Grouped(run.offramp_cycles));
  fmt::print("  utilisation  {:.1f} %: the {} multiply-accumulates needed take {} cycles\n",
             run.mac_utilisation() * 100, Grouped(run.counts.macs), Grouped(run.ideal_cycles));
  fmt::print("  time         {:.4f} ms of {:.4f} ms allowed\n", run.time.value() * 1e3,
             sentence.target.value() * 1e3);
  if (const Status fits = CheckEmbeddingFits(simulated.model.model(), simulated.model.hardware());
      !fits.ok()) {
    fmt::print("  but          {}\n", fits.message());
  }
  if (const auto& matches = simulated.outcome.matches_engine) {
    fmt::print("  engine       logits, entropies and exit {} those of device arithmetic\n",
               *matches ? "are, bit for bit," : "ARE NOT");
  } else {
    fmt::print("  engine       label and exit are those of device arithmetic\n");
  }
  if (flags.artifact()) {
    fmt::print("\n{}", simulated.outcome.operations);
  } else {
    PrintLayers(simulated);
    PrintUnits(simulated);
    PrintMemories(simulated);
  }
  if (!flags.cost_model) {
    fmt::print("\n  this CPU     {:.2f} s, {:.2f} million cycles a second\n",
               simulated.wall.value(),
               static_cast<double>(run.cycles) / simulated.wall.value() * 1e-6);
  }
}

SimulationOutcome EstimateInClosedForm(const SimulationRequest& request) {
  SimulationOutcome outcome;
  outcome.run = EstimateRun(request.model, request.sentence);
  outcome.units = {{"loader", outcome.run.counts.loaded_vectors},
                   {"array", outcome.run.counts.array_cycles},
                   {"special functions", outcome.run.special_cycles}};
  return outcome;
}

int Simulate(const SimulateFlags& flags, Simulator simulator) {
  if (const Status status = flags.Check(); !status.ok()) {
    return Fail(status, kUsageError);
  }
  if (simulator == nullptr && !flags.cost_model) {
    const Status continued = ContinueAsSibling(std::string(kProgramWithSystemc));
    return Fail(
        continued.code() != StatusCode::kNotFound
            ? continued
            : Unsupported("this program was built without SystemC, and edgebert-simulate does not "
                          "lie beside it: './edgebert simulate' installs and builds what it takes; "
                          "by hand it is Debian's libsystemc-dev, -DEDGEBERT_BUILD_SYSTEMC=ON and "
                          "the target edgebert-simulate. --cost-model gives the same figures "
                          "without it"));
  }
  const ClassifierOptions options = *flags.Options();
  const Result<std::shared_ptr<const AcceleratorModel>> model = flags.LoadModel();
  if (!model.ok()) {
    return Fail(model.status());
  }
  if (const auto max_tokens = ResolveMaxTokens(options.max_tokens, (*model)->model().config);
      !max_tokens.ok()) {
    return Fail(max_tokens.status().WithContext("--max-tokens"), kUsageError);
  }
  const Result<DeviceSentence> sentence =
      RunDeviceSentence(**model, options, *flags.text, flags.pair);
  if (!sentence.ok()) {
    return Fail(sentence.status());
  }
  const SimulationRequest request{**model,
                                  *sentence,
                                  flags.artifact(),
                                  flags.trace,
                                  flags.timeline,
                                  flags.plot,
                                  Printable(*flags.text, kTitleBytes)};
  const auto start = std::chrono::steady_clock::now();
  const Result<SimulationOutcome> outcome =
      flags.cost_model ? EstimateInClosedForm(request) : simulator(request);
  const Seconds wall(
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  if (!outcome.ok()) {
    return Fail(outcome.status());
  }
  const Simulated simulated{flags, **model, *sentence, *outcome, wall};
  if (flags.json) {
    PrintJsonLine(ToJson(simulated));
  } else {
    PrintReport(simulated);
  }
  if (outcome->matches_engine == std::optional(false)) {
    return Fail(Internal("the simulation differs from the engine's device arithmetic"));
  }
  return kSuccess;
}

}  // namespace

void AddSimulateCommand(CLI::App& app, Action& action, Simulator simulator) {
  auto flags = std::make_shared<SimulateFlags>();
  ClassifierFlags& classifier = flags->classifier;
  CLI::App* command = app.add_subcommand(
      "simulate", "Run a text on the accelerator in SystemC: cycles, utilisation, memory traffic");
  command->add_option("text", flags->text, "The text to classify");
  command->add_option("--pair", flags->pair, "A second text, for sentence-pair tasks")
      ->type_name("TEXT");
  classifier.model.AddTo(*command);
  AddHardwareFlags(*command, classifier.hardware, classifier.regulator, classifier.transition_time);
  command->add_option("--n", flags->vector_size, "Side of the array instead of the description's")
      ->type_name("N");
  command
      ->add_option("--timing", flags->timing,
                   "overlapped, or artifact: the authors' released structure [overlapped]")
      ->type_name("NAME");
  command->add_flag("--cost-model", flags->cost_model,
                    "Cycles and traffic in closed form, and zeros counted by the engine: the same "
                    "figures, without SystemC");
  command
      ->add_option("--threshold", classifier.threshold,
                   "Leave at the first layer whose entropy is below it, in nats; 0 never leaves "
                   "early [the model's]")
      ->type_name("NATS");
  command
      ->add_option("--policy", classifier.policy,
                   "How voltage and frequency are chosen; see docs/policies.md [early-exit, all at "
                   "the nominal point; with --latency-target early-exit-static]")
      ->type_name("NAME");
  command
      ->add_option("--latency-target", classifier.latency_target,
                   "Deadline: 8ms, or a factor of the time of all layers such as 1.5x [2x]")
      ->type_name("TIME");
  command
      ->add_option("--max-tokens", classifier.max_tokens,
                   "Truncate longer texts [the model's positions]")
      ->type_name("N");
  command->add_flag("--json", flags->json, "One JSON object");
  command
      ->add_option("--trace", flags->trace,
                   "Write what every unit does, voltage and clock to a VCD file")
      ->type_name("FILE");
  command
      ->add_option("--timeline", flags->timeline,
                   "Write a timeline of the units for Perfetto or chrome://tracing (JSON)")
      ->type_name("FILE");
  command
      ->add_option("--plot", flags->plot,
                   "Write a picture of how busy the units are over time (SVG)")
      ->type_name("FILE");
  command->callback(
      [flags, simulator, &action] { action = [=] { return Simulate(*flags, simulator); }; });
}

void AddSimulateCommandWithoutSystemc(CLI::App& app, Action& action) {
  AddSimulateCommand(app, action, nullptr);
}

}  // namespace edgebert::cli
