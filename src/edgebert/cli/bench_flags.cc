#include "edgebert/cli/bench_flags.h"

#include <fmt/format.h>
#include <sched.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <utility>

#include "edgebert/base/text.h"
#include "edgebert/cli/command.h"
#include "edgebert/cli/flags.h"
#include "edgebert/cli/text_lines.h"
#include "edgebert/data/dataset.h"
#include "edgebert/kernels/dispatch.h"
#include "edgebert/text/encode_text.h"

namespace edgebert::cli {
namespace {

/// Generated sentences hold about so many tokens together, but are this few and this many.
constexpr int kGeneratedTokens = 4096;
constexpr int kFewestGenerated = 8;
constexpr int kMostGenerated = 64;
constexpr size_t kCalibrationSentences = 200;

/// The CPUs that this process may run on, ascending.
std::vector<int> AllowedCpus() {
  cpu_set_t set;
  CPU_ZERO(&set);
  std::vector<int> cpus;
  if (sched_getaffinity(0, sizeof(set), &set) == 0) {
    for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
      if (CPU_ISSET(static_cast<size_t>(cpu), &set)) {
        cpus.push_back(cpu);
      }
    }
  }
  return cpus;
}

Result<std::vector<LabelledText>> ReadLines(const std::string& path) {
  EDGEBERT_ASSIGN_OR_RETURN(LineReader reader, LineReader::Open(path));
  std::vector<LabelledText> texts;
  while (const std::optional<TextLine> line = reader.Next()) {
    if (!line->text.empty()) {
      texts.push_back({line->text, std::nullopt, kUnlabelled});
    }
  }
  EDGEBERT_RETURN_IF_ERROR(reader.status());
  return texts.empty() ? Result<std::vector<LabelledText>>(DataLoss(path + ": holds no text"))
                       : texts;
}

}  // namespace

void BenchFlags::AddTo(CLI::App& command) {
  model.AddTo(command);
  command.add_option("--arithmetic", arithmetic, "host, device or fp32 [host for AF8 models]")
      ->type_name("NAME");
  command.add_option("--threshold", threshold, "Exit threshold in nats [the model's]")
      ->type_name("NATS");
  engine.AddTo(command);
  command.add_option("--cpus", cpus, "CPUs that runtimes are kept to [the first, one a thread]")
      ->delimiter(',')
      ->type_name("LIST");
  command.add_option("--task", task, "Task of --data: sst2, qnli, qqp or mnli")->type_name("NAME");
  command.add_option("--data", data, "Folder with the task's files, or the one above it")
      ->type_name("DIR");
  command.add_option("--split", split, "dev, or for sst2 also test [dev]")->type_name("NAME");
  command.add_option("--file", file, "Text to measure on instead, a sentence a line")
      ->type_name("FILE");
  command
      .add_option("--workload", workloads,
                  "What is measured, may be repeated: TASK-SPLIT (sst2-dev) or text, tokens-N for "
                  "generated sentences of N tokens, batch-N for real ones in batches of N")
      ->type_name("NAME");
  command.add_option("--sentences", sentences, "Most real sentences that are used [1000]")
      ->type_name("N");
  command.add_option("--rounds", rounds, "How often each sentence is measured [3]")->type_name("N");
  command.add_flag("--compare", compare,
                   "Beside ONNX Runtime, OpenVINO, CTranslate2 and PyTorch, which the first run "
                   "installs into an environment of their own");
  command
      .add_option("--against", against, "Beside the program built from another commit of --source")
      ->type_name("COMMIT");
  command.add_option("--source", source, "The git repository of --against [.]")->type_name("DIR");
  command
      .add_option("--peers", peers, "Folder with the peers' programs [found beside the program]")
      ->type_name("DIR");
  command
      .add_option("--peers-venv", peers_venv,
                  "Python environment of --compare [edgebert/peers in the cache folder]")
      ->type_name("DIR");
  command.add_flag(
      "--mask-avx2", mask_avx2,
      "Hide AVX-512 and VNNI from all runtimes, by CPUID faulting or their own switch");
  command.add_flag("--json", json, "One JSON object a runtime and workload");
  command.add_option("--csv", csv, "Write the rows to a file")->type_name("FILE");
  command.add_option("--plot", plot, "Draw time against length (SVG)")->type_name("FILE");
}

Status BenchFlags::Check() const {
  EDGEBERT_RETURN_IF_ERROR(engine.Threads().status());
  EDGEBERT_RETURN_IF_ERROR(engine.Storage().status());
  if (engine.isa) {
    EDGEBERT_RETURN_IF_ERROR(ScopedInstructionSet(*engine.isa).status().WithContext("--isa"));
  }
  if (rounds < 1 || sentences < 1) {
    return InvalidArgument("--rounds and --sentences are at least 1");
  }
  if (compare && against) {
    return InvalidArgument("--compare and --against are two runs: give one of them");
  }
  if ((peers || peers_venv) && !compare) {
    return InvalidArgument("--peers and --peers-venv go with --compare");
  }
  if (data.has_value() != task.has_value()) {
    return InvalidArgument("--task and --data go together");
  }
  if (data && file) {
    return InvalidArgument("--data and --file are two sources of sentences: give one of them");
  }
  if (split && !task) {
    return InvalidArgument("--split goes with --task and --data");
  }
  if (task) {
    EDGEBERT_RETURN_IF_ERROR(ParseSplit(*task, SplitOrDev()).status());
  }
  if (threshold) {
    EDGEBERT_RETURN_IF_ERROR(ParseThreshold(*threshold).status());
  }
  if (arithmetic) {
    EDGEBERT_RETURN_IF_ERROR(ParseArithmetic(*arithmetic).status());
  }
  for (const std::string& name : workloads) {
    EDGEBERT_RETURN_IF_ERROR(CheckWorkload(name));
  }
  const std::vector<int> allowed = AllowedCpus();
  for (const int cpu : cpus) {
    if (std::find(allowed.begin(), allowed.end(), cpu) == allowed.end()) {
      return InvalidArgument(
          fmt::format("--cpus {}: expected some of {}", cpu, fmt::join(allowed, ",")));
    }
  }
  return OkStatus();
}

Status BenchFlags::CheckWorkload(const std::string& name) const {
  if (const auto tokens = NumberAfter("tokens-", name)) {
    return CheckFlagRange("--workload tokens-N: N", *tokens, kFewestTokens, kMaxPositions);
  }
  if (!NumberAfter("batch-", name) && name != RealName()) {
    std::vector<std::string> known = {"tokens-128", "batch-64"};
    if (has_real_sentences()) {
      known.push_back(RealName());
    }
    return InvalidArgument(fmt::format(
        "--workload {}: unknown{}; expected tokens-N, batch-N{}", name, DidYouMean(name, known),
        has_real_sentences() ? " or " + RealName()
                             : ", or with --task and --data the task's sentences"));
  }
  return has_real_sentences()
             ? OkStatus()
             : InvalidArgument(fmt::format(
                   "--workload {}: needs sentences, give --task and --data, or --file", name));
}

std::vector<int> BenchFlags::Cpus() const {
  if (!cpus.empty()) {
    return cpus;
  }
  std::vector<int> chosen = AllowedCpus();
  chosen.resize(std::min(chosen.size(), static_cast<size_t>(threads())));
  return chosen;
}

Result<ProcessOptions> BenchFlags::WorkerOf(const std::filesystem::path& program,
                                            std::optional<std::string> weights,
                                            std::optional<std::string> isa) const {
  ProcessOptions process;
  EDGEBERT_ASSIGN_OR_RETURN(const std::filesystem::path model_path, model.Path());
  process.arguments = {program.string(), "bench-worker", "--model", model_path.string()};
  const auto add = [&](const char* flag, const std::optional<std::string>& value) {
    if (value) {
      process.arguments.insert(process.arguments.end(), {flag, *value});
    }
  };
  add("--base", model.base);
  add("--arithmetic", arithmetic);
  add("--threshold", threshold);
  if (!isa) {
    isa = mask_avx2 && !engine.isa ? std::optional<std::string>("avx2") : engine.isa;
  }
  add("--isa", isa);
  add("--weights", weights ? weights : engine.weights);
  if (threads() > 1) {
    process.arguments.insert(process.arguments.end(), {"--threads", std::to_string(threads())});
  }
  process.cpus = Cpus();
  return process;
}

std::string BenchFlags::RealName() const {
  return file ? "text" : fmt::format("{}-{}", task.value_or(""), SplitOrDev());
}

Result<std::vector<BenchSentence>> BenchFlags::RealSentences(const Model& model_read) const {
  std::vector<LabelledText> examples;
  if (file) {
    EDGEBERT_ASSIGN_OR_RETURN(examples, ReadLines(*file));
  } else {
    EDGEBERT_ASSIGN_OR_RETURN(const Split which, ParseSplit(*task, SplitOrDev()));
    EDGEBERT_ASSIGN_OR_RETURN(examples, LoadTask(*task, *data, which));
  }
  EDGEBERT_ASSIGN_OR_RETURN(const auto tokenizer, Tokenizer::Create(model_read.tokenizer));
  return TokenizeExamples(*tokenizer, examples,
                          static_cast<size_t>(model_read.config.max_positions),
                          static_cast<size_t>(sentences));
}

Result<std::vector<Workload>> BenchFlags::Workloads(const Model& model_read,
                                                    const std::vector<std::string>& more) const {
  std::vector<std::string> names = workloads;
  if (names.empty()) {
    names = {has_real_sentences() ? RealName() : "tokens-25"};
    names.insert(names.end(), more.begin(), more.end());
  }
  const int positions = model_read.config.max_positions;
  std::vector<BenchSentence> real;
  if (has_real_sentences()) {
    EDGEBERT_ASSIGN_OR_RETURN(real, RealSentences(model_read));
  }
  std::vector<Workload> made;
  for (const std::string& name : names) {
    if (const auto tokens = NumberAfter("tokens-", name)) {
      if (*tokens > positions) {
        return InvalidArgument(fmt::format("--workload {}: the model takes {} to {} tokens", name,
                                           kFewestTokens, positions));
      }
      made.push_back({name, GeneratedSentences(model_read.tokenizer, *tokens,
                                               static_cast<size_t>(
                                                   std::clamp(kGeneratedTokens / *tokens,
                                                              kFewestGenerated, kMostGenerated)))});
      continue;
    }
    const auto batch = NumberAfter("batch-", name);
    if (batch) {
      made.push_back(
          {name, SortedForBatches(real, static_cast<size_t>(*batch)), static_cast<size_t>(*batch)});
    } else {
      made.push_back({name, real});
    }
  }
  return made;
}

Result<std::vector<BenchSentence>> BenchFlags::Calibration(const Model& model_read) const {
  if (data) {
    const Result<TaskData> training = LoadTrainingTask(*task, *data);
    if (training.ok()) {
      EDGEBERT_ASSIGN_OR_RETURN(const auto tokenizer, Tokenizer::Create(model_read.tokenizer));
      return TokenizeExamples(*tokenizer, training->examples,
                              static_cast<size_t>(model_read.config.max_positions),
                              kCalibrationSentences);
    }
  }
  constexpr int kCalibrationTokens = 32;
  return GeneratedSentences(model_read.tokenizer,
                            std::min(kCalibrationTokens, model_read.config.max_positions),
                            kCalibrationSentences);
}

}  // namespace edgebert::cli
