#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <fstream>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "edgebert/cli/command.h"
#include "edgebert/cli/dump.h"
#include "edgebert/cli/flags.h"
#include "edgebert/cli/json.h"
#include "edgebert/cli/text_lines.h"

namespace edgebert::cli {
namespace {

struct RunFlags {
  ClassifierFlags classifier;
  std::optional<std::string> text;
  std::optional<std::string> pair;
  std::optional<std::string> file;
  std::optional<std::string> dump;
  bool pairs = false;
  bool json = false;
};

double SecondsSince(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

OrderedJson ToJson(const TextInput& input, const Classification& answer,
                   const Classifier& classifier, double wall_s) {
  OrderedJson entropies = OrderedJson::array();
  OrderedJson voltages = OrderedJson::array();
  OrderedJson frequencies = OrderedJson::array();
  for (const LayerFigures& layer : answer.layers) {
    entropies.push_back(layer.entropy_nats ? OrderedJson(*layer.entropy_nats) : OrderedJson());
    voltages.push_back(layer.voltage.value());
    frequencies.push_back(layer.frequency.value());
  }
  return {
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
      {"energy_j", answer.energy.value()},
      {"conventional_energy_j", answer.conventional_energy.value()},
      {"boundary", kEstimateBoundary},
      {"wall_s", wall_s},
  };
}

/// The first characters of a text, for a heading.
std::string Shortened(const std::string& text) {
  constexpr size_t kLongest = 100;
  if (text.size() <= kLongest) {
    return text;
  }
  size_t end = kLongest;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) {
    --end;
  }
  return text.substr(0, end) + "…";
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

void PrintAnswer(const TextInput& input, const Classification& answer, const Classifier& classifier,
                 double wall_s) {
  std::string entropies;
  for (const LayerFigures& layer : answer.layers) {
    entropies += layer.entropy_nats ? fmt::format("{:.4f}  ", *layer.entropy_nats) : "-  ";
  }
  fmt::print("{}  {:.1f} %  \"{}\"\n", answer.label, answer.probability * 100,
             Shortened(input.text));
  if (input.pair) {
    fmt::print("  with        \"{}\"\n", Shortened(*input.pair));
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
  fmt::print("  energy      {:.1f} µJ, plain inference {:.1f} µJ: {:.2f}x less\n",
             answer.energy.value() * 1e6, answer.conventional_energy.value() * 1e6,
             answer.conventional_energy / answer.energy);
  fmt::print("  boundary    {}\n", kEstimateBoundary);
  fmt::print("  this CPU    {:.2f} ms, {} arithmetic\n", wall_s * 1e3,
             ArithmeticName(classifier.model().encoder()->arithmetic()));
}

int RunOne(const RunFlags& flags, Classifier& classifier) {
  const TextInput input{*flags.text, flags.pair};
  std::optional<LayerDump> dump;
  if (flags.dump) {
    dump.emplace(classifier.model().config());
  }
  const auto start = std::chrono::steady_clock::now();
  const Result<Classification> answer =
      classifier.Classify(input.text, input.pair, dump ? &dump.value() : nullptr);
  const double wall_s = SecondsSince(start);
  if (!answer.ok()) {
    return Fail(answer.status());
  }
  if (dump) {
    if (const Status status = dump->Write(*flags.dump); !status.ok()) {
      return Fail(status);
    }
  }
  if (flags.json) {
    PrintJsonLine(ToJson(input, *answer, classifier, wall_s));
  } else {
    PrintAnswer(input, *answer, classifier, wall_s);
  }
  return kSuccess;
}

/// Classifies line by line; a bad line is reported with its number and does not stop the others.
int RunLines(const RunFlags& flags, Classifier& classifier) {
  Result<LineReader> reader = LineReader::Open(*flags.file);
  if (!reader.ok()) {
    return Fail(reader.status());
  }
  int exit_status = kSuccess;
  while (const std::optional<TextLine> line = reader->Next()) {
    const auto start = std::chrono::steady_clock::now();
    const Result<TextInput> input = ToInput(*line, flags.pairs);
    const Result<Classification> answer =
        input.ok() ? classifier.Classify(input->text, input->pair) : input.status();
    if (!answer.ok()) {
      exit_status = kDataError;
      if (flags.json) {
        PrintJsonLine({{"line", line->number}, {"error", answer.status().message()}});
      } else {
        Fail(answer.status().WithContext(fmt::format("line {}", line->number)));
      }
    } else if (flags.json) {
      PrintJsonLine(ToJson(*input, *answer, classifier, SecondsSince(start)));
    } else {
      fmt::print("{}\t{:.4f}\t{}\t{:.1f} µJ\t{}\n", answer->label, answer->probability,
                 answer->exit_layer, answer->energy.value() * 1e6, line->text);
    }
    std::fflush(stdout);
  }
  return reader->status().ok() ? exit_status : Fail(reader->status());
}

/// An encoder without a classifier has no label to give, but its states can be dumped.
int DumpOnly(const RunFlags& flags, const ClassifierModel& model) {
  const Result<Encoding> encoding = EncodeText(
      model.tokenizer(), *flags.text, flags.pair,
      static_cast<size_t>(flags.classifier.max_tokens.value_or(model.config().max_positions)));
  if (!encoding.ok()) {
    return Fail(encoding.status());
  }
  EncoderSession session(model.encoder());
  LayerDump dump(model.config());
  EntropyExitRule never(0.0);
  const Result<EncoderResult> result =
      session.Run(encoding->ids, encoding->segment_ids, never, &dump);
  if (!result.ok()) {
    return Fail(result.status());
  }
  if (const Status status = dump.Write(*flags.dump); !status.ok()) {
    return Fail(status);
  }
  fmt::print("no label (the model is an encoder without a classifier); states of {} layers in {}\n",
             result->exit_layer, *flags.dump);
  return kSuccess;
}

int Run(const RunFlags& flags) {
  if (flags.text.has_value() == flags.file.has_value()) {
    return Fail(InvalidArgument("run: give either a text or --file (see edgebert run --help)"),
                kUsageError);
  }
  if (flags.file && (flags.pair || flags.dump)) {
    return Fail(InvalidArgument("run: --pair and --dump go with one text, not with --file (--pairs "
                                "splits each line of a file at its tab)"),
                kUsageError);
  }
  const Result<ClassifierOptions> options = flags.classifier.Options();
  if (!options.ok()) {
    return Fail(options.status(), kUsageError);
  }
  if (const auto arithmetic = flags.classifier.ParsedArithmetic(); !arithmetic.ok()) {
    return Fail(arithmetic.status(), kUsageError);
  }
  const Result<std::shared_ptr<const ClassifierModel>> model = flags.classifier.LoadModel();
  if (!model.ok()) {
    return Fail(model.status());
  }
  if (flags.dump && (*model)->config().off_ramp_layers.empty()) {
    return DumpOnly(flags, **model);
  }
  Result<Classifier> classifier = Classifier::Create(*model, *options);
  if (!classifier.ok()) {
    return Fail(classifier.status());
  }
  return flags.file ? RunLines(flags, *classifier) : RunOne(flags, *classifier);
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
  command->add_flag("--json", flags->json, "One JSON object a line");
  command
      ->add_option("--dump", flags->dump,
                   "Write the logits and token states of every layer that ran to a JSON file")
      ->type_name("FILE");
  command->callback([flags, &action] { action = [flags] { return Run(*flags); }; });
}

}  // namespace edgebert::cli
