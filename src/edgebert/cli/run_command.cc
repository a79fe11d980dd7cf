#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>

#include "edgebert/base/file.h"
#include "edgebert/cli/command.h"
#include "edgebert/cli/dump.h"
#include "edgebert/cli/energy_table.h"
#include "edgebert/cli/flags.h"
#include "edgebert/cli/host_flags.h"
#include "edgebert/cli/json.h"
#include "edgebert/cli/text_lines.h"
#include "edgebert/power/waveform.h"
#include "edgebert/text/encode_text.h"

namespace edgebert::cli {
namespace {

constexpr size_t kShownBytes = 100;
constexpr int kLabelWidth = 12;

struct RunFlags {
  ClassifierFlags classifier;
  HostFlags host;
  std::optional<std::string> text;
  std::optional<std::string> pair;
  std::optional<std::string> file;
  std::optional<std::string> dump;
  std::optional<std::string> waveform;
  bool pairs = false;
  bool json = false;
};

/// What classifies: a classifier, and the host that it drives, if any.
struct Runner {
  Classifier& classifier;
  HostRunner* host;

  Result<MeasuredClassification> Classify(const TextInput& input) const {
    if (host != nullptr) {
      return host->Classify(classifier, input.text, input.pair);
    }
    const auto start = std::chrono::steady_clock::now();
    EDGEBERT_ASSIGN_OR_RETURN(Classification answer, classifier.Classify(input.text, input.pair));
    MeasuredClassification result{std::move(answer), {}};
    result.measured.time =
        Seconds(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    return result;
  }
};

EnergyReport ReportOf(const Classification& answer, const Classifier& classifier) {
  return {classifier.options().boundary, answer.account, answer.conventional_account,
          answer.energy_range, classifier.model().costs().weights()};
}

OrderedJson ToJson(const TextInput& input, const MeasuredClassification& measured,
                   const Runner& runner) {
  const Classification& answer = measured.answer;
  const Classifier& classifier = runner.classifier;
  OrderedJson entropies = OrderedJson::array();
  OrderedJson voltages = OrderedJson::array();
  OrderedJson frequencies = OrderedJson::array();
  for (const LayerFigures& layer : answer.layers) {
    entropies.push_back(layer.entropy_nats ? OrderedJson(*layer.entropy_nats) : OrderedJson());
    voltages.push_back(layer.voltage.value());
    frequencies.push_back(layer.frequency.value());
  }
  OrderedJson object = {
      {"text", input.text},
      {"text_pair", input.pair ? OrderedJson(*input.pair) : OrderedJson()},
      {"label", answer.label},
      {"probability", answer.probability},
      {"tokens", answer.tokens},
      {"truncated", answer.truncated},
      {"layers", answer.num_layers},
      {"exit_layer", answer.exit_layer},
      {"predicted_layer",
       answer.predicted_layer ? OrderedJson(*answer.predicted_layer) : OrderedJson()},
      {"entropy_nats", entropies},
      {"threshold_nats", classifier.threshold_nats()},
      {"policy", PolicyName(classifier.options().policy)},
      {"arithmetic", ArithmeticName(classifier.model().encoder()->arithmetic())},
      {"voltage_v", voltages},
      {"frequency_hz", frequencies},
      {"latency_s", answer.latency.value()},
      {"latency_target_s", answer.latency_target.value()},
  };
  AddEnergy(ReportOf(answer, classifier), object);
  object["wall_s"] = measured.measured.time.value();
  if (runner.host != nullptr) {
    object["host"] = HostJson(*runner.host, measured.measured);
  }
  return object;
}

/// "0.730 V, 397 MHz", or the points layer by layer where they differ.
std::string DescribePoints(const std::vector<LayerFigures>& layers) {
  std::string description;
  for (size_t first = 0; first < layers.size();) {
    size_t last = first;
    while (last + 1 < layers.size() && layers[last + 1].voltage == layers[first].voltage) {
      ++last;
    }
    if (!description.empty()) {
      description += "; ";
    }
    description += fmt::format("{:.3f} V, {:.0f} MHz", layers[first].voltage.value(),
                               layers[first].frequency.value() * 1e-6);
    if (last - first + 1 < layers.size()) {
      description += first == last
                         ? fmt::format(" (layer {})", layers[first].layer)
                         : fmt::format(" (layers {}-{})", layers[first].layer, layers[last].layer);
    }
    first = last + 1;
  }
  return description;
}

void PrintAnswer(const TextInput& input, const MeasuredClassification& measured,
                 const Runner& runner) {
  const Classification& answer = measured.answer;
  const Classifier& classifier = runner.classifier;
  std::string entropies;
  for (const LayerFigures& layer : answer.layers) {
    entropies += layer.entropy_nats ? fmt::format("{:.4f}  ", *layer.entropy_nats) : "-  ";
  }
  fmt::print("{}  {:.1f} %  \"{}\"\n", answer.label, answer.probability * 100,
             Printable(input.text, kShownBytes));
  if (input.pair) {
    fmt::print("  with        \"{}\"\n", Printable(*input.pair, kShownBytes));
  }
  fmt::print("  tokens      {}{}\n", answer.tokens,
             answer.truncated ? " (the text was longer and is truncated)" : "");
  fmt::print("  exit        layer {} of {}, policy {}\n", answer.exit_layer, answer.num_layers,
             PolicyName(classifier.options().policy));
  if (answer.predicted_layer) {
    fmt::print("  predicted   layer {}\n", *answer.predicted_layer);
  }
  fmt::print("  entropy     {}nats, layer by layer (leaves below {:.4g})\n", entropies,
             classifier.threshold_nats());
  fmt::print("  supply      {}\n", DescribePoints(answer.layers));
  fmt::print("  latency     {:.3f} ms of {:.3f} ms allowed\n", answer.latency.value() * 1e3,
             answer.latency_target.value() * 1e3);
  fmt::print("{}", FormatEnergy(ReportOf(answer, classifier), kLabelWidth));
  fmt::print("  this CPU    {:.2f} ms measured, {} arithmetic\n",
             measured.measured.time.value() * 1e3,
             ArithmeticName(classifier.model().encoder()->arithmetic()));
  if (runner.host != nullptr) {
    fmt::print("{}", FormatHost(*runner.host, measured.measured, kLabelWidth));
  }
}

/// Runs all layers on a text, whatever the exit rule would say, and writes what they left behind.
Status DumpAllLayers(const ClassifierModel& model, const RunFlags& flags, size_t max_tokens) {
  EDGEBERT_ASSIGN_OR_RETURN(const Encoding encoding,
                            EncodeText(model.tokenizer(), *flags.text, flags.pair, max_tokens));
  EncoderSession session(model.encoder());
  LayerDump dump(model.config());
  EntropyExitRule never(0.0);
  EDGEBERT_RETURN_IF_ERROR(session.Run(encoding.ids, encoding.segment_ids, never, &dump).status());
  return dump.Write(*flags.dump);
}

/// Writes V(t), f(t) and power(t) of an answer.
Status WriteWaveform(const Classifier& classifier, const Classification& answer,
                     const std::string& path) {
  const CostEstimator& costs = classifier.model().costs();
  std::vector<OperatingPoint> points;
  for (const LayerFigures& layer : answer.layers) {
    points.push_back({layer.voltage, layer.frequency});
  }
  EDGEBERT_ASSIGN_OR_RETURN(const SentenceWork work, costs.WorkFor(answer.tokens));
  return WriteFileAtomically(path, WaveformCsv(WaveformOf(costs.power(), work, points)));
}

int RunOne(const RunFlags& flags, const Runner& runner) {
  const TextInput input{*flags.text, flags.pair};
  const Result<MeasuredClassification> answer = runner.Classify(input);
  if (!answer.ok()) {
    return Fail(answer.status());
  }
  if (flags.waveform) {
    if (const Status written = WriteWaveform(runner.classifier, answer->answer, *flags.waveform);
        !written.ok()) {
      return Fail(written);
    }
  }
  if (flags.json) {
    PrintJsonLine(ToJson(input, *answer, runner));
  } else {
    PrintAnswer(input, *answer, runner);
  }
  return kSuccess;
}

/// Classifies line by line; a bad line is reported with its number and does not stop the others.
int RunLines(const RunFlags& flags, const Runner& runner) {
  Result<LineReader> reader = LineReader::Open(*flags.file);
  if (!reader.ok()) {
    return Fail(reader.status());
  }
  int exit_status = kSuccess;
  while (const std::optional<TextLine> line = reader->Next()) {
    const Result<TextInput> input = ToInput(*line, flags.pairs);
    Result<MeasuredClassification> measured = input.ok() ? runner.Classify(*input) : input.status();
    if (!measured.ok()) {
      exit_status = kDataError;
      if (flags.json) {
        PrintJsonLine({{"line", line->number}, {"error", measured.status().message()}});
      } else {
        Fail(measured.status().WithContext(fmt::format("line {}", line->number)));
      }
    } else {
      Classification& answer = measured->answer;
      answer.truncated = answer.truncated || line->cut;
      if (flags.json) {
        PrintJsonLine(ToJson(*input, *measured, runner));
      } else {
        fmt::print("{}\t{:.4f}\t{}\t{:.1f} µJ\t{}{}\n", answer.label, answer.probability,
                   answer.exit_layer, answer.energy.value() * 1e6,
                   Printable(line->text, kShownBytes), answer.truncated ? " (truncated)" : "");
      }
    }
    if (const Status written = FlushOutput(); !written.ok()) {
      return Fail(written);
    }
  }
  return reader->status().ok() ? exit_status : Fail(reader->status());
}

int Run(const RunFlags& flags) {
  if (flags.text.has_value() == flags.file.has_value()) {
    return Fail(InvalidArgument("run: give either a text or --file (see edgebert run --help)"),
                kUsageError);
  }
  if (flags.pairs && !flags.file) {
    return Fail(InvalidArgument("run: --pairs goes with --file; use --pair TEXT for one text"),
                kUsageError);
  }
  if (flags.file && (flags.pair || flags.dump || flags.waveform)) {
    return Fail(InvalidArgument("run: --pair, --dump and --waveform go with one text, not with "
                                "--file (--pairs splits each line of a file at its tab)"),
                kUsageError);
  }
  if (flags.file && flags.host.drive && !flags.json) {
    return Fail(InvalidArgument("run: --drive-host with --file needs --json, which has room for "
                                "what it measures"),
                kUsageError);
  }
  const Result<ClassifierOptions> options = flags.classifier.Options();
  if (!options.ok()) {
    return Fail(options.status(), kUsageError);
  }
  if (const Status status = flags.host.Check(options->policy); !status.ok()) {
    return Fail(status, kUsageError);
  }
  if (options->policy == Policy::kOracle) {
    return Fail(InvalidArgument("run: policy 'oracle' knows each exit beforehand: it is a bound, "
                                "for eval and trace"),
                kUsageError);
  }
  if (const auto arithmetic = flags.classifier.ParsedArithmetic(); !arithmetic.ok()) {
    return Fail(arithmetic.status(), kUsageError);
  }
  const Result<std::shared_ptr<const ClassifierModel>> model = flags.classifier.LoadModel();
  if (!model.ok()) {
    return Fail(model.status());
  }
  const Result<size_t> max_tokens =
      ResolveMaxTokens(flags.classifier.max_tokens, (*model)->config());
  if (!max_tokens.ok()) {
    return Fail(max_tokens.status().WithContext("--max-tokens"), kUsageError);
  }
  if (flags.dump) {
    if (const Status status = DumpAllLayers(**model, flags, *max_tokens); !status.ok()) {
      return Fail(status);
    }
    if ((*model)->config().off_ramp_layers.empty()) {
      // An encoder without a classifier has no label to give, but its states are of use.
      flags.json
          ? PrintJsonLine({{"text", *flags.text}, {"label", nullptr}, {"dump", *flags.dump}})
          : fmt::print("no label: the model has no classifier; states are in {}\n", *flags.dump);
      return kSuccess;
    }
  }
  Result<Classifier> classifier = Classifier::Create(*model, *options);
  if (!classifier.ok()) {
    return Fail(classifier.status());
  }
  const std::unique_ptr<HostRunner> host = flags.host.NewRunner();
  const Runner runner{*classifier, host.get()};
  return flags.file ? RunLines(flags, runner) : RunOne(flags, runner);
}

}  // namespace

void AddRunCommand(CLI::App& app, Action& action) {
  auto flags = std::make_shared<RunFlags>();
  CLI::App* command =
      app.add_subcommand("run", "Classify a text: label, exit layer, voltage, latency and energy");
  command->add_option("text", flags->text, "The text to classify");
  command->add_option("--pair", flags->pair, "A second text, for sentence-pair tasks")
      ->type_name("TEXT");
  command->add_option("-f,--file", flags->file, "Classify every line of a file; - is stdin")
      ->type_name("FILE");
  command->add_flag("--pairs", flags->pairs, "With --file: a line is two texts with a tab between");
  flags->classifier.AddTo(*command);
  flags->host.AddTo(*command);
  command->add_flag("--json", flags->json, "One JSON object a line");
  command
      ->add_option("--dump", flags->dump,
                   "Write the logits and token states of all layers to a JSON file")
      ->type_name("FILE");
  command
      ->add_option("--waveform", flags->waveform,
                   "Write voltage, clock and power over the sentence's time to a CSV file")
      ->type_name("FILE");
  command->callback([flags, &action] { action = [flags] { return Run(*flags); }; });
}

}  // namespace edgebert::cli
