#ifndef EDGEBERT_TRAIN_RECIPE_H_
#define EDGEBERT_TRAIN_RECIPE_H_

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "edgebert/base/status.h"
#include "edgebert/model/config.h"

namespace edgebert {

/// How products are multiplied while training. AF8 values are exact in bfloat16, and sums are in
/// float32 either way; a bfloat16 product's result is rounded to 8 bits.
enum class MatmulPrecision : uint8_t { kFloat32, kBfloat16 };

/// One optimisation by AdamW: the learning rate rises linearly during the warm-up, then falls
/// linearly to zero.
struct ScheduleRecipe {
  double epochs = 0;                     ///< May be a fraction.
  int batch_size = 32;                   ///< Sentences.
  double learning_rate = 5e-5;           ///< Of the encoder.
  double off_ramp_learning_rate = 1e-3;  ///< Off-ramps start from nothing.
  double warmup = 0.1;                   ///< Share of all steps.
  double weight_decay = 0.01;            ///< Of matrices; never of biases and LayerNorm parameters.
  double dropout = 0;
  double gradient_clip = 1.0;  ///< Largest norm over all parameters.
};

/// The off-ramps of a model.
struct OffRampRecipe {
  std::vector<Pooling> pooling = {Pooling::kCls, Pooling::kMean};
  int pooler_size = 0;  ///< Width of the tanh layer; 0: the encoder's hidden size.
  bool shared = false;  ///< One off-ramp serves every layer.
};

enum class OffRampWeighting : uint8_t {
  kEqual,
  kLinear,  ///< In proportion to the layer's number.
};

/// States after the last use of every distinct layer are drawn to the teacher's.
struct StateDistillationRecipe {
  double weight = 1;  ///< Of their relative squared error in the loss, at the start.
  double end = 1;     ///< Share of the stage at which the weight has fallen linearly to zero.
};

/// What the student learns from.
struct DistillationRecipe {
  double temperature = 2.0;
  double weight = 0.7;  ///< Of the teacher; the label has the rest.
  OffRampWeighting off_ramp_weighting = OffRampWeighting::kEqual;
  std::optional<StateDistillationRecipe> states;
};

enum class PruningMethod : uint8_t {
  kMagnitude,  ///< Keeps the largest weights.
  kMovement,   ///< Keeps weights that move away from zero (Sanh et al., NeurIPS 2020).
};
enum class PruningGranularity : uint8_t {
  kElement,
  kVector,  ///< 16 neighbouring inputs of an output: what the accelerator reads at once.
};
enum class PruningScope : uint8_t {
  kLocal,   ///< The same sparsity in every matrix.
  kGlobal,  ///< The least important weights of the encoder, wherever they are.
};

/// Sparsity rises by the cubic schedule of Zhu and Gupta (2017) from 0 at `begin` to `sparsity` at
/// `end`, both shares of the stage; then masks are held.
struct PruningRecipe {
  PruningMethod method = PruningMethod::kMagnitude;
  PruningGranularity granularity = PruningGranularity::kElement;
  PruningScope scope = PruningScope::kLocal;
  double sparsity = 0.5;
  double begin = 0.05;
  double end = 0.6;
  int interval = 50;  ///< Steps between two choices of the mask.
};

/// Spans are learned until the stage's share `end`, then held as whole numbers.
struct AttentionSpanRecipe {
  double initial = 48;         ///< Tokens.
  double ramp = 8;             ///< Tokens over which a head fades out.
  double learning_rate = 0.1;  ///< Tokens a step, about.
  double penalty = 0.01;       ///< Weight in the loss of the mean span as a share of the largest.
  double end = 0.5;
};

/// AF8 in training: weights from the share `weights_begin` on, activations from
/// `activations_begin`. Exponent biases are searched when it begins and `searches` times, evenly
/// spread, until `end`.
struct QuantizationRecipe {
  double weights_begin = 0.3;
  double activations_begin = 0.6;
  double end = 0.9;
  int searches = 4;
  int sentences = 256;  ///< From which activation biases are found.
};

struct TeacherRecipe {
  ScheduleRecipe schedule;
  OffRampRecipe off_ramp;
};

/// Sentences of plain text that the student learns from by the teacher's answers alone, beside the
/// labelled examples: more of what it will read, for tasks with one text.
struct UnlabelledRecipe {
  std::string file;     ///< In the folder of the data; text, .gz or .xz.
  std::string licence;  ///< For the model's provenance.
  int sentences = 0;    ///< Chosen by a fixed hash.
  int min_words = 4;
  int max_words = 40;
};

struct StudentRecipe {
  ScheduleRecipe schedule;
  OffRampRecipe off_ramps;
  int distinct_layers = 0;  ///< 0: as many as the base has.
  DistillationRecipe distillation;
  std::optional<UnlabelledRecipe> unlabelled;
  double embedding_sparsity = 0.6;  ///< Share of the word table's smallest values set to zero.
  std::optional<PruningRecipe> pruning;
  std::optional<AttentionSpanRecipe> attention_span;
  std::optional<QuantizationRecipe> quantization;
};

/// Examples kept from training, for thresholds and early stopping.
struct HeldOutRecipe {
  bool nested = false;  ///< Whether the data's rows are phrases of one another, as SST-2's are.
  int rows = 2000;
  int long_rows = 0;  ///< Of them with at least `long_tokens` tokens; nested data only.
  int long_tokens = 16;
};

struct CalibrationRecipe {
  double max_loss = 0.01;
  double confidence = 0.95;
};

/// Everything that decides what `edgebert train` makes; recipes/*.yaml explain each key.
struct Recipe {
  std::string name;
  std::string task;
  uint64_t seed = 42;
  int max_tokens = 128;
  MatmulPrecision matmul_precision = MatmulPrecision::kFloat32;
  HeldOutRecipe held_out;
  TeacherRecipe teacher;
  StudentRecipe student;
  CalibrationRecipe calibration;
};

inline constexpr uint64_t kMaxRecipeBytes = 64 * 1024;

/// Parses a recipe. Unknown, repeated and missing keys and values that cannot be are
/// kInvalidArgument: `name:line: what is wrong`.
Result<Recipe> ParseRecipe(std::string_view yaml, const std::string& name);
Result<Recipe> LoadRecipe(const std::filesystem::path& path);

/// The recipe with every key, defaults included, as YAML that ParseRecipe() reads back as equal.
std::string FormatRecipe(const Recipe& recipe);

}  // namespace edgebert

#endif  // EDGEBERT_TRAIN_RECIPE_H_
