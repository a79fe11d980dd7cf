#include "edgebert/train/recipe.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <iterator>
#include <nlohmann/json.hpp>
#include <span>

#include "edgebert/base/yaml_document.h"

namespace edgebert {
namespace {

constexpr std::array<std::string_view, 2> kPrecisionNames = {"fp32", "bf16"};
constexpr std::array<std::string_view, 2> kPoolingNames = {"cls", "mean"};
constexpr std::array<std::string_view, 2> kWeightingNames = {"equal", "linear"};
constexpr std::array<std::string_view, 2> kMethodNames = {"magnitude", "movement"};
constexpr std::array<std::string_view, 2> kGranularityNames = {"element", "vector"};
constexpr std::array<std::string_view, 2> kScopeNames = {"local", "global"};

template <typename Enum>
Status ReadName(const YamlSection& section, std::string_view key,
                std::span<const std::string_view> names, Enum& destination) {
  if (const YamlValue* value = section.Find(key)) {
    EDGEBERT_ASSIGN_OR_RETURN(const size_t index, value->OneOf(names));
    destination = static_cast<Enum>(index);
  }
  return OkStatus();
}

Status ReadSchedule(const YamlValue& value, ScheduleRecipe& schedule) {
  EDGEBERT_ASSIGN_OR_RETURN(
      const YamlSection section,
      value.Section({"epochs"}, {"batch_size", "learning_rate", "off_ramp_learning_rate", "warmup",
                                 "weight_decay", "dropout", "gradient_clip"}));
  EDGEBERT_RETURN_IF_ERROR(section.Read("epochs", 1e-6, 1000, schedule.epochs));
  EDGEBERT_RETURN_IF_ERROR(section.Read("batch_size", 1, 4096, schedule.batch_size));
  EDGEBERT_RETURN_IF_ERROR(section.Read("learning_rate", 0, 1, schedule.learning_rate));
  EDGEBERT_RETURN_IF_ERROR(
      section.Read("off_ramp_learning_rate", 0, 1, schedule.off_ramp_learning_rate));
  EDGEBERT_RETURN_IF_ERROR(section.Read("warmup", 0, 1, schedule.warmup));
  EDGEBERT_RETURN_IF_ERROR(section.Read("weight_decay", 0, 1, schedule.weight_decay));
  EDGEBERT_RETURN_IF_ERROR(section.Read("dropout", 0, 0.9, schedule.dropout));
  return section.Read("gradient_clip", 1e-6, 1e6, schedule.gradient_clip);
}

Status ReadOffRamps(const YamlValue& value, OffRampRecipe& off_ramps) {
  EDGEBERT_ASSIGN_OR_RETURN(const YamlSection section,
                            value.Section({}, {"pooling", "pooler_size", "shared"}));
  if (const YamlValue* pooling = section.Find("pooling")) {
    EDGEBERT_ASSIGN_OR_RETURN(const std::vector<YamlValue> items,
                              pooling->Sequence(1, kPoolingNames.size()));
    off_ramps.pooling.clear();
    for (const YamlValue& item : items) {
      EDGEBERT_ASSIGN_OR_RETURN(const size_t index, item.OneOf(kPoolingNames));
      off_ramps.pooling.push_back(static_cast<Pooling>(index));
    }
  }
  EDGEBERT_RETURN_IF_ERROR(section.Read("pooler_size", 0, kMaxDimension, off_ramps.pooler_size));
  return section.Read("shared", off_ramps.shared);
}

Status CheckOrder(const YamlValue& value, double begin, double end) {
  return begin <= end
             ? OkStatus()
             : value.Error(fmt::format("{} begins at {} of the stage and ends at {}, before it",
                                       value.what(), begin, end));
}

Status ReadPruning(const YamlValue& value, PruningRecipe& pruning) {
  EDGEBERT_ASSIGN_OR_RETURN(
      const YamlSection section,
      value.Section({"sparsity"}, {"method", "granularity", "scope", "begin", "end", "interval"}));
  EDGEBERT_RETURN_IF_ERROR(ReadName(section, "method", kMethodNames, pruning.method));
  EDGEBERT_RETURN_IF_ERROR(
      ReadName(section, "granularity", kGranularityNames, pruning.granularity));
  EDGEBERT_RETURN_IF_ERROR(ReadName(section, "scope", kScopeNames, pruning.scope));
  EDGEBERT_RETURN_IF_ERROR(section.Read("sparsity", 0, 0.99, pruning.sparsity));
  EDGEBERT_RETURN_IF_ERROR(section.Read("begin", 0, 1, pruning.begin));
  EDGEBERT_RETURN_IF_ERROR(section.Read("end", 0, 1, pruning.end));
  EDGEBERT_RETURN_IF_ERROR(section.Read("interval", 1, 1'000'000, pruning.interval));
  return CheckOrder(value, pruning.begin, pruning.end);
}

Status ReadSpan(const YamlValue& value, AttentionSpanRecipe& span) {
  EDGEBERT_ASSIGN_OR_RETURN(
      const YamlSection section,
      value.Section({"penalty"}, {"initial", "ramp", "learning_rate", "end"}));
  EDGEBERT_RETURN_IF_ERROR(section.Read("initial", 1, kMaxPositions, span.initial));
  EDGEBERT_RETURN_IF_ERROR(section.Read("ramp", 1, kMaxPositions, span.ramp));
  EDGEBERT_RETURN_IF_ERROR(section.Read("learning_rate", 0, 100, span.learning_rate));
  EDGEBERT_RETURN_IF_ERROR(section.Read("penalty", 0, 1000, span.penalty));
  return section.Read("end", 0, 1, span.end);
}

Status ReadQuantization(const YamlValue& value, QuantizationRecipe& quantization) {
  EDGEBERT_ASSIGN_OR_RETURN(
      const YamlSection section,
      value.Section({}, {"weights_begin", "activations_begin", "end", "searches", "sentences"}));
  EDGEBERT_RETURN_IF_ERROR(section.Read("weights_begin", 0, 1, quantization.weights_begin));
  EDGEBERT_RETURN_IF_ERROR(section.Read("activations_begin", 0, 1, quantization.activations_begin));
  EDGEBERT_RETURN_IF_ERROR(section.Read("end", 0, 1, quantization.end));
  EDGEBERT_RETURN_IF_ERROR(section.Read("searches", 0, 1000, quantization.searches));
  EDGEBERT_RETURN_IF_ERROR(section.Read("sentences", 1, 100'000, quantization.sentences));
  EDGEBERT_RETURN_IF_ERROR(
      CheckOrder(value, quantization.weights_begin, quantization.activations_begin));
  return CheckOrder(value, quantization.activations_begin, quantization.end);
}

Status ReadUnlabelled(const YamlValue& value, UnlabelledRecipe& unlabelled) {
  EDGEBERT_ASSIGN_OR_RETURN(
      const YamlSection section,
      value.Section({"file", "licence", "sentences"}, {"min_words", "max_words"}));
  EDGEBERT_RETURN_IF_ERROR(section.Read("file", unlabelled.file));
  EDGEBERT_RETURN_IF_ERROR(section.Read("licence", unlabelled.licence));
  EDGEBERT_RETURN_IF_ERROR(section.Read("sentences", 1, 100'000'000, unlabelled.sentences));
  EDGEBERT_RETURN_IF_ERROR(section.Read("min_words", 1, kMaxPositions, unlabelled.min_words));
  EDGEBERT_RETURN_IF_ERROR(section.Read("max_words", 1, kMaxPositions, unlabelled.max_words));
  return unlabelled.min_words <= unlabelled.max_words
             ? OkStatus()
             : value.Error(fmt::format("min_words is {}, above max_words, {}", unlabelled.min_words,
                                       unlabelled.max_words));
}

Status ReadTeacher(const YamlValue& value, TeacherRecipe& teacher) {
  EDGEBERT_ASSIGN_OR_RETURN(const YamlSection section, value.Section({"schedule"}, {"off_ramp"}));
  EDGEBERT_RETURN_IF_ERROR(ReadSchedule(section.at("schedule"), teacher.schedule));
  return section.Has("off_ramp") ? ReadOffRamps(section.at("off_ramp"), teacher.off_ramp)
                                 : OkStatus();
}

Status ReadDistillation(const YamlValue& value, DistillationRecipe& distillation) {
  EDGEBERT_ASSIGN_OR_RETURN(
      const YamlSection section,
      value.Section({}, {"temperature", "weight", "off_ramp_weighting", "states"}));
  EDGEBERT_RETURN_IF_ERROR(section.Read("temperature", 0.1, 100, distillation.temperature));
  EDGEBERT_RETURN_IF_ERROR(section.Read("weight", 0, 1, distillation.weight));
  EDGEBERT_RETURN_IF_ERROR(
      ReadName(section, "off_ramp_weighting", kWeightingNames, distillation.off_ramp_weighting));
  if (!section.Has("states")) {
    return OkStatus();
  }
  EDGEBERT_ASSIGN_OR_RETURN(const YamlSection states_section,
                            section.at("states").Section({}, {"weight", "end"}));
  StateDistillationRecipe& states = distillation.states.emplace();
  EDGEBERT_RETURN_IF_ERROR(states_section.Read("weight", 0, 1000, states.weight));
  return states_section.Read("end", 0.001, 1, states.end);
}

Status ReadStudent(const YamlValue& value, StudentRecipe& student) {
  EDGEBERT_ASSIGN_OR_RETURN(
      const YamlSection section,
      value.Section({"schedule"},
                    {"off_ramps", "distinct_layers", "distillation", "unlabelled",
                     "embedding_sparsity", "pruning", "attention_span", "quantization"}));
  EDGEBERT_RETURN_IF_ERROR(ReadSchedule(section.at("schedule"), student.schedule));
  if (section.Has("off_ramps")) {
    EDGEBERT_RETURN_IF_ERROR(ReadOffRamps(section.at("off_ramps"), student.off_ramps));
  }
  EDGEBERT_RETURN_IF_ERROR(section.Read("distinct_layers", 1, kMaxLayers, student.distinct_layers));
  if (section.Has("distillation")) {
    EDGEBERT_RETURN_IF_ERROR(ReadDistillation(section.at("distillation"), student.distillation));
  }
  if (section.Has("unlabelled")) {
    EDGEBERT_RETURN_IF_ERROR(
        ReadUnlabelled(section.at("unlabelled"), student.unlabelled.emplace()));
  }
  EDGEBERT_RETURN_IF_ERROR(section.Read("embedding_sparsity", 0, 0.99, student.embedding_sparsity));
  if (section.Has("pruning")) {
    EDGEBERT_RETURN_IF_ERROR(ReadPruning(section.at("pruning"), student.pruning.emplace()));
  }
  if (section.Has("attention_span")) {
    EDGEBERT_RETURN_IF_ERROR(
        ReadSpan(section.at("attention_span"), student.attention_span.emplace()));
  }
  if (section.Has("quantization")) {
    EDGEBERT_RETURN_IF_ERROR(
        ReadQuantization(section.at("quantization"), student.quantization.emplace()));
  }
  if (student.attention_span && student.quantization &&
      student.attention_span->end > student.quantization->activations_begin) {
    return section.at("attention_span")
        .Error(fmt::format("spans are learned until {} of the stage, but activations are quantised "
                           "from {} on: their biases must be found with the final spans",
                           student.attention_span->end, student.quantization->activations_begin));
  }
  return OkStatus();
}

Result<Recipe> ReadRecipe(const YamlValue& document) {
  EDGEBERT_ASSIGN_OR_RETURN(
      const YamlSection section,
      document.Section({"name", "task", "teacher", "student"},
                       {"seed", "max_tokens", "matmul_precision", "held_out", "calibration"}));
  Recipe recipe;
  EDGEBERT_RETURN_IF_ERROR(section.Read("name", recipe.name));
  EDGEBERT_RETURN_IF_ERROR(section.Read("task", recipe.task));
  auto seed = static_cast<int64_t>(recipe.seed);
  EDGEBERT_RETURN_IF_ERROR(section.Read("seed", 0, std::numeric_limits<int64_t>::max(), seed));
  recipe.seed = static_cast<uint64_t>(seed);
  EDGEBERT_RETURN_IF_ERROR(section.Read("max_tokens", 4, kMaxPositions, recipe.max_tokens));
  EDGEBERT_RETURN_IF_ERROR(
      ReadName(section, "matmul_precision", kPrecisionNames, recipe.matmul_precision));
  if (section.Has("held_out")) {
    EDGEBERT_ASSIGN_OR_RETURN(
        const YamlSection held_out,
        section.at("held_out").Section({}, {"nested", "rows", "long_rows", "long_tokens"}));
    EDGEBERT_RETURN_IF_ERROR(held_out.Read("nested", recipe.held_out.nested));
    EDGEBERT_RETURN_IF_ERROR(held_out.Read("rows", 1, 10'000'000, recipe.held_out.rows));
    EDGEBERT_RETURN_IF_ERROR(held_out.Read("long_rows", 0, 10'000'000, recipe.held_out.long_rows));
    EDGEBERT_RETURN_IF_ERROR(
        held_out.Read("long_tokens", 1, kMaxPositions, recipe.held_out.long_tokens));
  }
  EDGEBERT_RETURN_IF_ERROR(ReadTeacher(section.at("teacher"), recipe.teacher));
  EDGEBERT_RETURN_IF_ERROR(ReadStudent(section.at("student"), recipe.student));
  if (section.Has("calibration")) {
    EDGEBERT_ASSIGN_OR_RETURN(const YamlSection calibration,
                              section.at("calibration").Section({}, {"max_loss", "confidence"}));
    EDGEBERT_RETURN_IF_ERROR(calibration.Read("max_loss", 0, 1, recipe.calibration.max_loss));
    EDGEBERT_RETURN_IF_ERROR(
        calibration.Read("confidence", 0.5, 0.9999, recipe.calibration.confidence));
  }
  return recipe;
}

/// As a YAML string that may hold anything.
std::string Quoted(std::string_view text) { return nlohmann::json(text).dump(); }

class RecipeWriter {
 public:
  template <typename T>
  void Line(int depth, std::string_view key, const T& value) {
    fmt::format_to(std::back_inserter(text_), "{:{}}{}: {}\n", "", 2 * depth, key, value);
  }
  void Open(int depth, std::string_view key) {
    fmt::format_to(std::back_inserter(text_), "{:{}}{}:\n", "", 2 * depth, key);
  }

  void Schedule(const ScheduleRecipe& schedule) {
    Open(1, "schedule");
    Line(2, "epochs", schedule.epochs);
    Line(2, "batch_size", schedule.batch_size);
    Line(2, "learning_rate", schedule.learning_rate);
    Line(2, "off_ramp_learning_rate", schedule.off_ramp_learning_rate);
    Line(2, "warmup", schedule.warmup);
    Line(2, "weight_decay", schedule.weight_decay);
    Line(2, "dropout", schedule.dropout);
    Line(2, "gradient_clip", schedule.gradient_clip);
  }

  void OffRamps(std::string_view key, const OffRampRecipe& off_ramps) {
    std::vector<std::string_view> pooling;
    for (const Pooling kind : off_ramps.pooling) {
      pooling.push_back(kPoolingNames[static_cast<size_t>(kind)]);
    }
    Open(1, key);
    Line(2, "pooling", fmt::format("[{}]", fmt::join(pooling, ", ")));
    Line(2, "pooler_size", off_ramps.pooler_size);
    Line(2, "shared", off_ramps.shared);
  }

  void Student(const StudentRecipe& student);

  std::string Take() { return std::move(text_); }

 private:
  std::string text_;
};

void RecipeWriter::Student(const StudentRecipe& student) {
  Open(0, "student");
  Schedule(student.schedule);
  OffRamps("off_ramps", student.off_ramps);
  if (student.distinct_layers > 0) {
    Line(1, "distinct_layers", student.distinct_layers);
  }
  Open(1, "distillation");
  Line(2, "temperature", student.distillation.temperature);
  Line(2, "weight", student.distillation.weight);
  Line(2, "off_ramp_weighting",
       kWeightingNames[static_cast<size_t>(student.distillation.off_ramp_weighting)]);
  if (student.distillation.states) {
    Open(2, "states");
    Line(3, "weight", student.distillation.states->weight);
    Line(3, "end", student.distillation.states->end);
  }
  if (student.unlabelled) {
    Open(1, "unlabelled");
    Line(2, "file", Quoted(student.unlabelled->file));
    Line(2, "licence", Quoted(student.unlabelled->licence));
    Line(2, "sentences", student.unlabelled->sentences);
    Line(2, "min_words", student.unlabelled->min_words);
    Line(2, "max_words", student.unlabelled->max_words);
  }
  Line(1, "embedding_sparsity", student.embedding_sparsity);
  if (student.pruning) {
    Open(1, "pruning");
    Line(2, "method", kMethodNames[static_cast<size_t>(student.pruning->method)]);
    Line(2, "granularity", kGranularityNames[static_cast<size_t>(student.pruning->granularity)]);
    Line(2, "scope", kScopeNames[static_cast<size_t>(student.pruning->scope)]);
    Line(2, "sparsity", student.pruning->sparsity);
    Line(2, "begin", student.pruning->begin);
    Line(2, "end", student.pruning->end);
    Line(2, "interval", student.pruning->interval);
  }
  if (student.attention_span) {
    Open(1, "attention_span");
    Line(2, "initial", student.attention_span->initial);
    Line(2, "ramp", student.attention_span->ramp);
    Line(2, "learning_rate", student.attention_span->learning_rate);
    Line(2, "penalty", student.attention_span->penalty);
    Line(2, "end", student.attention_span->end);
  }
  if (student.quantization) {
    Open(1, "quantization");
    Line(2, "weights_begin", student.quantization->weights_begin);
    Line(2, "activations_begin", student.quantization->activations_begin);
    Line(2, "end", student.quantization->end);
    Line(2, "searches", student.quantization->searches);
    Line(2, "sentences", student.quantization->sentences);
  }
}

}  // namespace

Result<Recipe> ParseRecipe(std::string_view yaml, const std::string& name) {
  EDGEBERT_ASSIGN_OR_RETURN(const YamlValue document,
                            ParseYaml(yaml, name, "the recipe", kMaxRecipeBytes));
  return ReadRecipe(document);
}

Result<Recipe> LoadRecipe(const std::filesystem::path& path) {
  EDGEBERT_ASSIGN_OR_RETURN(const YamlValue document,
                            LoadYaml(path, "the recipe", kMaxRecipeBytes));
  return ReadRecipe(document);
}

std::string FormatRecipe(const Recipe& recipe) {
  RecipeWriter writer;
  writer.Line(0, "name", recipe.name);
  writer.Line(0, "task", recipe.task);
  writer.Line(0, "seed", recipe.seed);
  writer.Line(0, "max_tokens", recipe.max_tokens);
  writer.Line(0, "matmul_precision", kPrecisionNames[static_cast<size_t>(recipe.matmul_precision)]);
  writer.Open(0, "held_out");
  writer.Line(1, "nested", recipe.held_out.nested);
  writer.Line(1, "rows", recipe.held_out.rows);
  writer.Line(1, "long_rows", recipe.held_out.long_rows);
  writer.Line(1, "long_tokens", recipe.held_out.long_tokens);
  writer.Open(0, "teacher");
  writer.Schedule(recipe.teacher.schedule);
  writer.OffRamps("off_ramp", recipe.teacher.off_ramp);
  writer.Student(recipe.student);
  writer.Open(0, "calibration");
  writer.Line(1, "max_loss", recipe.calibration.max_loss);
  writer.Line(1, "confidence", recipe.calibration.confidence);
  return writer.Take();
}

}  // namespace edgebert
