#ifndef EDGEBERT_TRAIN_TRAINING_SOURCES_H_
#define EDGEBERT_TRAIN_TRAINING_SOURCES_H_

#include <filesystem>
#include <optional>

#include "edgebert/base/status.h"
#include "edgebert/data/own_data.h"
#include "edgebert/text/tokenizer.h"
#include "edgebert/train/recipe.h"
#include "edgebert/train/train.h"

namespace edgebert {

/// Reads the data that a recipe's task trains on and is judged by, and sets the held-out examples
/// apart: whole families of nested phrases for SST-2, else by hash. `path` is the folder of the
/// data, or with `own_columns` a table of the user's own, of which a tenth is kept to be judged by.
/// `tokenizer` counts tokens.
Result<TrainingData> LoadTrainingData(const Recipe& recipe, const std::filesystem::path& path,
                                      const std::optional<OwnDataColumns>& own_columns,
                                      const TokenizerData& tokenizer);

}  // namespace edgebert

#endif  // EDGEBERT_TRAIN_TRAINING_SOURCES_H_
