#include "edgebert/data/task_sources.h"

#include <fmt/format.h>

#include "edgebert/base/file.h"
#include "edgebert/base/text.h"
#include "edgebert/data/gzip.h"
#include "edgebert/data/table.h"
#include "edgebert/data/task_formats.h"

namespace edgebert {
namespace {

using task_formats::kNoGoldLabel;
using task_formats::Labels;
using task_formats::TsvLayout;
using Contents = std::vector<std::string>;
using Examples = Result<std::vector<LabelledText>>;

const Labels& Sst2Labels() {
  static const Labels labels = {{"0", 0}, {"1", 1}};
  return labels;
}

const Labels& QnliLabels() {
  static const Labels labels = {{"entailment", 0}, {"not_entailment", 1}};
  return labels;
}

const Labels& QqpLabels() {
  static const Labels labels = {{"0", 0}, {"1", 1}, {"False", 0}, {"True", 1}};
  return labels;
}

const Labels& NliLabels() {
  static const Labels labels = {{"entailment", 0},  {"neutral", 1}, {"contradiction", 2},
                                {"ENTAILMENT", 0},  {"NEUTRAL", 1}, {"CONTRADICTION", 2},
                                {"-", kNoGoldLabel}};
  return labels;
}

Examples ParseSst2Tsv(const Contents& contents, const std::string& name) {
  return task_formats::ParseTsvExamples(contents[0], TsvLayout{}, Sst2Labels(), name);
}

Examples ParseSentimentTest(const Contents& contents, const std::string& name) {
  return task_formats::ParseTsvExamples(contents[0], TsvLayout{.columns = {"sentence", "label"}},
                                        Sst2Labels(), name);
}

Examples ParseQnliDev(const Contents& contents, const std::string& name) {
  const TsvLayout layout = {.text = "question", .pair = "sentence"};
  return task_formats::ParseTsvExamples(contents[0], layout, QnliLabels(), name);
}

Examples ParseQnliTrain(const Contents& contents, const std::string& name) {
  EDGEBERT_ASSIGN_OR_RETURN(const std::string tsv, Gunzip(contents[0], kMaxDatasetBytes, name));
  const TsvLayout layout = {.text = "question", .pair = "sentence"};
  EDGEBERT_ASSIGN_OR_RETURN(std::vector<LabelledText> examples,
                            task_formats::ParseTsvExamples(tsv, layout, QnliLabels(), name));
  for (LabelledText& example : examples) {
    example.text = task_formats::RestorePennSigns(example.text);
    example.pair = task_formats::RestorePennSigns(*example.pair);
  }
  return examples;
}

Examples ParseGrimoire(const Contents& contents, const std::string& name) {
  return task_formats::ParseGrimoireJson(contents[0], QnliLabels(), name);
}

Examples ParseQqp(const Contents& contents, const std::string& name) {
  return task_formats::ParseQqpTsv(contents[0], QqpLabels(), name);
}

Examples ParseOLoraQqp(const Contents& contents, const std::string& name) {
  return task_formats::ParseOLoraJson(contents[0],
                                      "first sentence: ", "second sentence: ", QqpLabels(), name);
}

Examples ParseOLoraMnli(const Contents& contents, const std::string& name) {
  return task_formats::ParseOLoraJson(contents[0], "sentence 1: ", "sentence 2: ", NliLabels(),
                                      name);
}

Examples ParseMnliCsv(const Contents& contents, const std::string& name) {
  return task_formats::ParseTemplateCsv(contents[0], NliLabels(), name);
}

Examples ParseSnli(const Contents& contents, const std::string& name) {
  return task_formats::ParseAlignedLines(contents[0], contents[1], contents[2], NliLabels(), name);
}

Examples ParseSnliCad(const Contents& contents, const std::string& name) {
  const TsvLayout layout = {.text = "sentence1", .pair = "sentence2", .label = "gold_label"};
  return task_formats::ParseTsvExamples(contents[0], layout, NliLabels(), name);
}

Examples ParseXnli(const Contents& contents, const std::string& name) {
  const TsvLayout layout = {
      .columns = {"premise", "hypothesis", "label"}, .text = "premise", .pair = "hypothesis"};
  return task_formats::ParseTsvExamples(contents[0], layout, NliLabels(), name);
}

Examples ParseSick(const Contents& contents, const std::string& name) {
  const TsvLayout layout = {
      .columns = {"pair_ID", "sentence_A", "sentence_B", "entailment_label", "relatedness_score",
                  "entailment_AB", "entailment_BA", "A_original", "B_original", "A_dataset",
                  "B_dataset", "SemEval_set"},
      .text = "sentence_A",
      .pair = "sentence_B",
      .label = "entailment_label"};
  return task_formats::ParseTsvExamples(contents[0], layout, NliLabels(), name);
}

TaskDescription Sst2() {
  const std::string licence = "Apache-2.0 (repository), none stated upstream: research use";
  const std::string repository = "eyalbd2/Reproducing-AutoPrompt";
  return {
      .name = "sst2",
      .label_names = {"negative", "positive"},
      .training =
          {{{"sst2/train.tsv"}, &ParseSst2Tsv, "SST-2 (GLUE) train set; " + repository, licence}},
      .dev = {{{"sst2/dev.tsv"}, &ParseSst2Tsv, "SST-2 (GLUE) dev set; " + repository, licence}},
      .test = {{{"sst2/sentiment-test"},
                &ParseSentimentTest,
                "SST-2 test set (SentEval); robertoviegas/SimCSE",
                "MIT (repository), none stated upstream: research use"}},
      .takes_repeated_once = false,
      .held_out = {.nested = true, .rows = 5000, .long_rows = 2000}};
}

TaskDescription Qnli() {
  return {.name = "qnli",
          .label_names = {"entailment", "not_entailment"},
          .training = {{{"qnli/reconstructed_train.tsv.gz"},
                        &ParseQnliTrain,
                        "pairs rebuilt as QNLI was from SQuAD v1.1 train, TyDiQA-GoldP and MLQA; "
                        "xinyadu/nqg, liweijiang/QASystem, wuhjie/few_shots_that_matters_wu",
                        "MIT and none stated (repositories), CC BY-SA 4.0, Apache-2.0 and CC BY-SA "
                        "3.0 upstream"},
                       {{"qnli/grimoire_train.json"},
                        &ParseGrimoire,
                        "a part of QNLI's (GLUE) train set; IAAR-Shanghai/Grimoire",
                        "Apache-2.0 (repository), CC BY-SA 4.0 upstream"}},
          .dev = {{{"qnli/dev.tsv"},
                   &ParseQnliDev,
                   "QNLI (GLUE) dev set; jonny-vr/LLMCBench",
                   "MIT (repository), CC BY-SA 4.0 upstream"}},
          .test = {}};
}

TaskDescription Qqp() {
  const std::string terms = "Quora's terms upstream: non-commercial";
  return {.name = "qqp",
          .label_names = {"not_duplicate", "duplicate"},
          .training = {{{"qqp/new_dev.tsv"},
                        &ParseQqp,
                        "a part of QQP's (GLUE) dev set; mieseung/Cutoff_with_Attribution",
                        "none stated (repository), " + terms},
                       {{"qqp/olora_train.json"},
                        &ParseOLoraQqp,
                        "a part of QQP (GLUE); cmnfriend/O-LoRA",
                        "MIT (repository), " + terms}},
          .dev = {{{"qqp/olora_test.json"},
                   &ParseOLoraQqp,
                   "a part of QQP (GLUE); cmnfriend/O-LoRA",
                   "MIT (repository), " + terms}},
          .test = {}};
}

TaskDescription Mnli() {
  const std::string mnli = "mostly OANC, parts CC BY and CC BY-SA 3.0 upstream";
  TaskDescription task = {.name = "mnli",
                          .label_names = {"entailment", "neutral", "contradiction"},
                          .training = {{{"mnli/mnli_train.csv"},
                                        &ParseMnliCsv,
                                        "a part of MultiNLI's train set; technion-cs-nlp/LLMsKnow",
                                        "MIT (repository), " + mnli},
                                       {{"mnli/olora_train.json"},
                                        &ParseOLoraMnli,
                                        "a part of MultiNLI's train set; cmnfriend/O-LoRA",
                                        "MIT (repository), " + mnli},
                                       {{"xnli-en/dev-en.tsv"},
                                        &ParseXnli,
                                        "XNLI English dev set; wuhjie/few_shots_that_matters_wu",
                                        "none stated (repository), CC BY-NC 4.0 upstream"},
                                       {{"sick/SICK.txt"},
                                        &ParseSick,
                                        "SICK; mylius/nlp_similiarity_benchmark",
                                        "none stated (repository), CC BY-NC-SA 3.0 upstream"}},
                          .dev = {{{"mnli/olora_test.json"},
                                   &ParseOLoraMnli,
                                   "one of MultiNLI's dev sets; cmnfriend/O-LoRA",
                                   "MIT (repository), " + mnli}},
                          .test = {}};
  for (const char* split : {"dev", "test"}) {
    task.training.push_back({{fmt::format("snli/s1.{}", split), fmt::format("snli/s2.{}", split),
                              fmt::format("snli/labels.{}", split)},
                             &ParseSnli,
                             fmt::format("SNLI {} set (SentEval); robertoviegas/SimCSE", split),
                             "MIT (repository), CC BY-SA 4.0 upstream"});
  }
  for (const char* split : {"train", "dev", "test"}) {
    task.training.push_back({{fmt::format("snli-cad/all_combined_{}.tsv", split)},
                             &ParseSnliCad,
                             fmt::format("counterfactually augmented SNLI, {} set; "
                                         "acmi-lab/counterfactually-augmented-data",
                                         split),
                             "Apache-2.0 (repository), CC BY-SA 4.0 upstream"});
  }
  return task;
}

Result<std::filesystem::path> Locate(const std::string& file, std::string_view task,
                                     const std::filesystem::path& directory) {
  const std::filesystem::path relative = file;
  std::vector<std::filesystem::path> candidates = {directory / relative};
  if (relative.parent_path() == task) {
    candidates.insert(candidates.begin(), directory / relative.filename());
  } else {
    candidates.push_back(directory / ".." / relative);
  }
  for (const std::filesystem::path& candidate : candidates) {
    std::error_code ignored;
    if (std::filesystem::exists(candidate, ignored)) {
      return candidate;
    }
  }
  return NotFound(fmt::format("task {} needs {} or {}, neither is there", task,
                              candidates[0].string(), candidates[1].string()));
}

}  // namespace

const std::vector<TaskDescription>& TaskDescriptions() {
  static const std::vector<TaskDescription> tasks = {Sst2(), Qnli(), Qqp(), Mnli()};
  return tasks;
}

Result<const TaskDescription*> FindTask(std::string_view task) {
  std::vector<std::string> names;
  for (const TaskDescription& description : TaskDescriptions()) {
    if (description.name == task) {
      return &description;
    }
    names.push_back(description.name);
  }
  return InvalidArgument(fmt::format("unknown task '{}'{} (known: {})", task,
                                     DidYouMean(task, names), fmt::join(names, ", ")));
}

Result<std::vector<LabelledText>> ReadTaskSource(const TaskSource& source, std::string_view task,
                                                 const std::filesystem::path& directory) {
  Contents contents;
  std::string name;
  for (const std::string& file : source.files) {
    EDGEBERT_ASSIGN_OR_RETURN(const std::filesystem::path path, Locate(file, task, directory));
    EDGEBERT_ASSIGN_OR_RETURN(contents.emplace_back(), ReadTextFile(path, kMaxDatasetBytes));
    name = name.empty() ? path.string() : name;
  }
  return source.parse(contents, name);
}

}  // namespace edgebert
