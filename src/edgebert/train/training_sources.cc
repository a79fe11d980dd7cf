#include "edgebert/train/training_sources.h"

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <span>
#include <utility>

#include "edgebert/data/held_out.h"
#include "edgebert/data/overlap.h"
#include "edgebert/data/unlabelled_text.h"

namespace edgebert {
namespace {

constexpr size_t kOwnDevShare = 10;  // One in ten of a user's own examples.

std::vector<LabelledText> Choose(const std::vector<LabelledText>& examples,
                                 const std::vector<size_t>& indices) {
  std::vector<LabelledText> chosen;
  chosen.reserve(indices.size());
  for (const size_t index : indices) {
    chosen.push_back(examples[index]);
  }
  return chosen;
}

Result<HeldOut> HoldOutAsIn(const HeldOutRecipe& recipe, const std::vector<LabelledText>& examples,
                            const TokenizerData& tokenizer_data) {
  EDGEBERT_ASSIGN_OR_RETURN(const std::unique_ptr<const Tokenizer> tokenizer,
                            Tokenizer::Create(tokenizer_data));
  HoldOutOptions options;
  options.nested = recipe.nested;
  options.rows = static_cast<size_t>(recipe.rows);
  options.long_rows = static_cast<size_t>(recipe.long_rows);
  options.long_tokens = recipe.long_tokens;
  return HoldOut(examples, options, *tokenizer);
}

nlohmann::json Sources(const TaskData& task) {
  nlohmann::json sources = nlohmann::json::array();
  for (const DataSource& source : task.sources) {
    sources.push_back({{"file", source.file},
                       {"origin", source.origin},
                       {"licence", source.licence},
                       {"examples", source.examples}});
  }
  return sources;
}

/// Sentences that are to be judged by are not learned from, without a label either.
Status LoadUnlabelled(const UnlabelledRecipe& recipe, const std::filesystem::path& folder,
                      TrainingData& data) {
  UnlabelledOptions options;
  options.sentences = static_cast<size_t>(recipe.sentences);
  options.min_words = static_cast<size_t>(recipe.min_words);
  options.max_words = static_cast<size_t>(recipe.max_words);
  EDGEBERT_ASSIGN_OR_RETURN(data.unlabelled,
                            LoadUnlabelledSentences(folder / recipe.file, options));
  for (const std::vector<LabelledText>* judges : {&data.held_out, &data.dev, &data.test}) {
    DropShared(*judges, data.unlabelled);
  }
  return OkStatus();
}

}  // namespace

Result<TrainingData> LoadTrainingData(const Recipe& recipe, const std::filesystem::path& path,
                                      const std::optional<OwnDataColumns>& own_columns,
                                      const TokenizerData& tokenizer) {
  TrainingData data;
  TaskData task;
  if (own_columns) {
    EDGEBERT_ASSIGN_OR_RETURN(task, LoadOwnData(path, *own_columns));
    const size_t dev = std::max<size_t>(1, task.examples.size() / kOwnDevShare);
    EDGEBERT_ASSIGN_OR_RETURN(const HeldOut split, HoldOutHashed(task.examples, dev));
    data.dev = Choose(task.examples, split.held_out);
    task.examples = Choose(task.examples, split.training);
  } else {
    EDGEBERT_ASSIGN_OR_RETURN(task, LoadTrainingTask(recipe.task, path));
    EDGEBERT_ASSIGN_OR_RETURN(data.dev, LoadTask(recipe.task, path, Split::kDev));
    EDGEBERT_ASSIGN_OR_RETURN(const std::vector<Split> splits, TaskSplits(recipe.task));
    if (std::find(splits.begin(), splits.end(), Split::kTest) != splits.end()) {
      EDGEBERT_ASSIGN_OR_RETURN(data.test, LoadTask(recipe.task, path, Split::kTest));
    }
  }
  EDGEBERT_ASSIGN_OR_RETURN(const HeldOut split,
                            HoldOutAsIn(recipe.held_out, task.examples, tokenizer));
  data.labels = task.label_names;
  data.training = Choose(task.examples, split.training);
  data.held_out = Choose(task.examples, split.held_out);
  data.fingerprint = FingerprintOf(data.training);
  nlohmann::json sources = Sources(task);
  if (recipe.student.unlabelled) {
    const UnlabelledRecipe& unlabelled = *recipe.student.unlabelled;
    EDGEBERT_RETURN_IF_ERROR(
        LoadUnlabelled(unlabelled, own_columns ? path.parent_path() : path, data));
    sources.push_back({{"file", unlabelled.file},
                       {"licence", unlabelled.licence},
                       {"examples", data.unlabelled.size()}});
  }
  data.sources = sources.dump();
  return data;
}

}  // namespace edgebert
