#include "edgebert/train/train.h"

#include <fmt/format.h>
#include <torch/torch.h>

#include <cstring>
#include <memory>
#include <nlohmann/json.hpp>
#include <numeric>
#include <system_error>
#include <utility>

#include "edgebert/base/file.h"
#include "edgebert/base/text.h"
#include "edgebert/model/checksum.h"
#include "edgebert/model/model_file.h"
#include "edgebert/pipeline/classifier_model.h"
#include "edgebert/pipeline/exit_sweep.h"
#include "edgebert/pipeline/risk_control.h"
#include "edgebert/text/tokenizer.h"
#include "edgebert/train/distillation.h"
#include "edgebert/train/inference.h"
#include "edgebert/train/loss_plot.h"
#include "edgebert/train/student.h"
#include "edgebert/train/training_loop.h"

namespace edgebert {
namespace {

constexpr uint64_t kMaxLogitsBytes = uint64_t{1} << 32;
constexpr uint64_t kMaxMetricsBytes = uint64_t{1} << 20;
constexpr uint64_t kMaxLogBytes = uint64_t{1} << 28;

struct TokenizedData {
  std::vector<TokenizedExample> training;
  std::vector<TokenizedExample> student;  ///< The training examples, then the unlabelled ones.
  std::vector<TokenizedExample> held_out;
  std::vector<TokenizedExample> dev;
  std::vector<TokenizedExample> test;
};

/// A teacher has one off-ramp, after the last layer, and nothing is compressed.
class TeacherHooks : public StageHooks {
 public:
  Status BeforeStep(double /*progress*/, int64_t /*step*/) override { return OkStatus(); }
  torch::Tensor Loss(const EncoderOutputs& outputs, const Batch& batch) override {
    return torch::cross_entropy_loss(outputs.logits.back(), batch.labels);
  }
  void AfterBackward(double /*learning_rate*/) override {}
  void AfterStep() override {}
  void Save(Checkpoint& /*checkpoint*/) const override {}
  Status Restore(const Checkpoint& /*checkpoint*/) override { return OkStatus(); }
};

bool Exists(const std::filesystem::path& path) {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored);
}

class Trainer {
 public:
  Trainer(const Recipe& recipe, const Model& base, const TrainingData& data,
          const TrainOptions& options, const TrainingObserver& observer)
      : recipe_(recipe),
        base_(base),
        data_(data),
        options_(options),
        observer_(observer),
        device_(torch::cuda::is_available() ? torch::kCUDA : torch::kCPU) {}

  Result<Model> Run();

 private:
  std::filesystem::path File(std::string_view name) const { return options_.output / name; }
  /// Whether a stage's result is there, made by this recipe. STAGE.json is written last.
  Result<bool> IsDone(const std::string& stage) const { return IsDone(stage, options_.output); }
  Result<bool> IsDone(const std::string& stage, const std::filesystem::path& folder) const;
  Status Tokenize();
  Result<Model> Teacher();
  Status TakeTeacher() const;
  Result<torch::Tensor> TeacherLogits(const Model& teacher);
  Result<Model> Student(const Model& teacher, const torch::Tensor& teacher_logits);
  /// Tells what a stage makes from what another recipe, base or data would.
  std::string Fingerprint(const std::string& stage) const;
  Result<Model> Calibrated(Model student);
  Result<std::string> Provenance() const;
  LoopOptions Loop(const std::string& stage, const ScheduleRecipe& schedule) const;
  static Result<nlohmann::json> Metrics(const std::filesystem::path& path);
  Status Report(const std::string& stage, TorchEncoder& encoder, nlohmann::json extra);
  Status WritePlot(const std::string& stage) const;

  const Recipe& recipe_;
  const Model& base_;
  const TrainingData& data_;
  const TrainOptions& options_;
  const TrainingObserver& observer_;
  torch::Device device_;
  TokenizedData tokens_;
};

Status Trainer::Tokenize() {
  EDGEBERT_ASSIGN_OR_RETURN(const std::unique_ptr<const Tokenizer> tokenizer,
                            Tokenizer::Create(base_.tokenizer));
  const auto tokenize = [&](const std::vector<LabelledText>& from, const char* what,
                            std::vector<TokenizedExample>& to) {
    Result<std::vector<TokenizedExample>> tokenized =
        TokenizeExamples(*tokenizer, from, recipe_.max_tokens);
    if (!tokenized.ok()) {
      return tokenized.status().WithContext(what);
    }
    to = std::move(tokenized).value();
    return OkStatus();
  };
  EDGEBERT_RETURN_IF_ERROR(tokenize(data_.training, "training data", tokens_.training));
  EDGEBERT_RETURN_IF_ERROR(tokenize(data_.unlabelled, "unlabelled data", tokens_.student));
  tokens_.student.insert(tokens_.student.begin(), tokens_.training.begin(), tokens_.training.end());
  EDGEBERT_RETURN_IF_ERROR(tokenize(data_.held_out, "held-out data", tokens_.held_out));
  EDGEBERT_RETURN_IF_ERROR(tokenize(data_.dev, "dev data", tokens_.dev));
  return tokenize(data_.test, "test data", tokens_.test);
}

std::string Trainer::Fingerprint(const std::string& stage) const {
  StreamingChecksum checksum;
  const auto update = [&](std::string_view text) {
    checksum.Update({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
  };
  Recipe recipe = recipe_;
  if (stage == "teacher") {  // Whatever else follows, the teacher stays the same.
    recipe.name.clear();
    recipe.student = {};
    recipe.calibration = {};
  }
  update(FormatRecipe(recipe));
  for (const Tensor& tensor : base_.tensors) {
    checksum.Update(tensor.payload);
  }
  if (stage != "teacher" && !data_.unlabelled.empty()) {
    update(fmt::format("{:016x}", FingerprintOf(data_.unlabelled)));
  }
  return fmt::format("{} {:016x} {:016x}", stage, checksum.value(), data_.fingerprint);
}

Result<nlohmann::json> Trainer::Metrics(const std::filesystem::path& path) {
  EDGEBERT_ASSIGN_OR_RETURN(const std::string text, ReadTextFile(path, kMaxMetricsBytes));
  EDGEBERT_RETURN_IF_ERROR(CheckJsonHasNoNul(text).WithContext(path.string()));
  nlohmann::json metrics = nlohmann::json::parse(text, nullptr, false);
  if (!metrics.is_object()) {
    return DataLoss(path.string() + ": not a JSON object; remove it");
  }
  return metrics;
}

Result<bool> Trainer::IsDone(const std::string& stage, const std::filesystem::path& folder) const {
  const std::filesystem::path path = folder / (stage + ".json");
  if (!Exists(path)) {
    return false;
  }
  EDGEBERT_ASSIGN_OR_RETURN(const nlohmann::json metrics, Metrics(path));
  if (metrics.value("fingerprint", "") != Fingerprint(stage)) {
    return InvalidArgument(fmt::format(
        "{}: made by another recipe, base or data; give another --out, or remove {}.json and what "
        "follows from it",
        path.string(), stage));
  }
  return true;
}

LoopOptions Trainer::Loop(const std::string& stage, const ScheduleRecipe& schedule) const {
  LoopOptions loop;
  loop.stage = stage;
  loop.schedule = schedule;
  loop.forward = {recipe_.matmul_precision, schedule.dropout};
  loop.seed = recipe_.seed;
  loop.pad_id = base_.tokenizer.pad_id;
  loop.checkpoint = File(stage + ".checkpoint");
  loop.log = File(stage + "-log.jsonl");
  loop.fingerprint = Fingerprint(stage);
  loop.resume = options_.resume;
  return loop;
}

/// Accuracies by off-ramp, in libtorch's float32, into STAGE.json.
Status Trainer::Report(const std::string& stage, TorchEncoder& encoder, nlohmann::json extra) {
  extra["stage"] = stage;
  extra["fingerprint"] = Fingerprint(stage);
  extra["training_examples"] = tokens_.training.size();
  extra["off_ramp_layers"] = encoder.config().off_ramp_layers;
  const auto add = [&](const char* split, const std::vector<TokenizedExample>& examples,
                       const std::vector<LabelledText>& texts) -> Status {
    if (examples.empty()) {
      return OkStatus();
    }
    EDGEBERT_ASSIGN_OR_RETURN(
        const torch::Tensor logits,
        ComputeLogits(encoder, examples, base_.tokenizer.pad_id, {}, observer_));
    extra["splits"].push_back({{"name", split},
                               {"examples", examples.size()},
                               {"fingerprint", fmt::format("{:016x}", FingerprintOf(texts))},
                               {"accuracy_by_off_ramp", Accuracies(logits, examples)}});
    return OkStatus();
  };
  EDGEBERT_RETURN_IF_ERROR(add("held_out", tokens_.held_out, data_.held_out));
  EDGEBERT_RETURN_IF_ERROR(add("dev", tokens_.dev, data_.dev));
  EDGEBERT_RETURN_IF_ERROR(add("test", tokens_.test, data_.test));
  EDGEBERT_RETURN_IF_ERROR(WritePlot(stage));
  return WriteFileAtomically(File(stage + ".json"), extra.dump(2) + "\n");
}

/// A log that is not there, as on a full disk, leaves no picture.
Status Trainer::WritePlot(const std::string& stage) const {
  const Result<std::string> log = ReadTextFile(File(stage + "-log.jsonl"), kMaxLogBytes);
  const std::string svg =
      log.ok() ? LossPlotSvg(*log, fmt::format("{}: {}", recipe_.name, stage)) : std::string();
  return svg.empty() ? OkStatus() : WriteFileAtomically(File(stage + ".svg"), svg);
}

/// Copies the teacher of another run, its metrics last.
Status Trainer::TakeTeacher() const {
  EDGEBERT_ASSIGN_OR_RETURN(const bool is_done, IsDone("teacher", options_.teacher));
  if (!is_done) {
    return NotFound(fmt::format("{}: no finished teacher (teacher.json) lies there",
                                options_.teacher.string()));
  }
  for (const char* name : {"teacher.ebm", "teacher.json"}) {
    const std::filesystem::path from = options_.teacher / name;
    std::error_code error;
    std::filesystem::copy_file(from, File(name), std::filesystem::copy_options::overwrite_existing,
                               error);
    if (error) {
      return IoError(fmt::format("{}: {}", from.string(), error.message()));
    }
  }
  return OkStatus();
}

Result<Model> Trainer::Teacher() {
  const std::filesystem::path path = File("teacher.ebm");
  if (!options_.teacher.empty() && !Exists(File("teacher.json"))) {
    EDGEBERT_RETURN_IF_ERROR(TakeTeacher());
  }
  EDGEBERT_ASSIGN_OR_RETURN(const bool is_done, IsDone("teacher"));
  if (is_done) {
    return ReadModelFile(path);
  }
  EDGEBERT_ASSIGN_OR_RETURN(const Model start, MakeStartingModel(base_, recipe_.teacher.off_ramp,
                                                                 {base_.config.num_layers},
                                                                 data_.labels, 0, recipe_.seed));
  TorchEncoder encoder(start, device_);
  TeacherHooks hooks;
  EDGEBERT_RETURN_IF_ERROR(RunTrainingLoop(
      encoder, tokens_.training, Loop("teacher", recipe_.teacher.schedule), hooks, observer_));
  EDGEBERT_ASSIGN_OR_RETURN(Model model, encoder.ToModel(start));
  EDGEBERT_RETURN_IF_ERROR(WriteModelFile(model, path));
  EDGEBERT_RETURN_IF_ERROR(Report("teacher", encoder, {}));
  return model;
}

Result<torch::Tensor> Trainer::TeacherLogits(const Model& teacher) {
  const std::filesystem::path path = File("teacher-logits.bin");
  const auto rows = static_cast<int64_t>(tokens_.student.size());
  const int64_t columns = teacher.config.num_classes();
  if (Exists(path)) {
    EDGEBERT_ASSIGN_OR_RETURN(const std::vector<uint8_t> bytes, ReadFile(path, kMaxLogitsBytes));
    if (bytes.size() != static_cast<size_t>(rows * columns) * sizeof(float)) {
      return InvalidArgument(
          fmt::format("{}: {} bytes do not fit {} examples of {} classes; it "
                      "belongs to other data, remove it",
                      path.string(), bytes.size(), rows, columns));
    }
    torch::Tensor logits = torch::empty({rows, columns});
    std::memcpy(logits.data_ptr<float>(), bytes.data(), bytes.size());
    return logits;
  }
  TorchEncoder encoder(teacher, device_);
  EDGEBERT_ASSIGN_OR_RETURN(const torch::Tensor all,
                            ComputeLogits(encoder, tokens_.student, base_.tokenizer.pad_id,
                                          {recipe_.matmul_precision, 0}, observer_));
  torch::Tensor logits = all.select(1, -1).contiguous();
  const auto* bytes = reinterpret_cast<const uint8_t*>(logits.data_ptr<float>());
  EDGEBERT_RETURN_IF_ERROR(WriteFileAtomically(
      path, std::span(bytes, static_cast<size_t>(logits.numel()) * sizeof(float))));
  return logits;
}

Result<Model> Trainer::Student(const Model& teacher, const torch::Tensor& teacher_logits) {
  const std::filesystem::path path = File("student.ebm");
  EDGEBERT_ASSIGN_OR_RETURN(const bool is_done, IsDone("student"));
  if (is_done) {
    return ReadModelFile(path);
  }
  const StudentRecipe& recipe = recipe_.student;
  std::vector<int> layers(static_cast<size_t>(teacher.config.num_layers));
  std::iota(layers.begin(), layers.end(), 1);
  EDGEBERT_ASSIGN_OR_RETURN(
      Model start, MakeStartingModel(teacher, recipe.off_ramps, std::move(layers), data_.labels,
                                     recipe.distinct_layers, recipe_.seed + 1));
  TorchEncoder encoder(start, device_);
  encoder.SetEmbedding("embedding.word", PruneByMagnitude(encoder.parameter("embedding.word"),
                                                          recipe.embedding_sparsity));
  std::unique_ptr<TorchEncoder> teacher_encoder;
  if (recipe.distillation.states) {
    teacher_encoder = std::make_unique<TorchEncoder>(teacher, device_);
  }
  StudentHooks hooks(recipe, start, encoder, tokens_.student,
                     {teacher_logits, teacher_encoder.get(), {recipe_.matmul_precision, 0}});
  if (recipe.quantization) {
    hooks.QuantizeEmbedding();
  }
  LoopOptions loop = Loop("student", recipe.schedule);
  loop.span_learning_rate = recipe.attention_span ? recipe.attention_span->learning_rate : 0;
  EDGEBERT_RETURN_IF_ERROR(RunTrainingLoop(encoder, tokens_.student, loop, hooks, observer_));
  EDGEBERT_ASSIGN_OR_RETURN(Model model, encoder.ToModel(start));
  EDGEBERT_RETURN_IF_ERROR(WriteModelFile(model, path));
  EDGEBERT_RETURN_IF_ERROR(Report(
      "student", encoder,
      {{"spans", model.config.attention_spans}, {"unlabelled_examples", data_.unlabelled.size()}}));
  return model;
}

/// Null where `text` is no JSON.
nlohmann::json ParseOrNull(const std::string& text) {
  nlohmann::json json = nlohmann::json::parse(text, nullptr, false);
  return json.is_discarded() ? nlohmann::json() : json;
}

/// What made the model, for its file.
Result<std::string> Trainer::Provenance() const {
  nlohmann::ordered_json provenance;
  provenance["recipe"] = FormatRecipe(recipe_);
  provenance["base"] = ParseOrNull(base_.provenance);
  provenance["data"] = ParseOrNull(data_.sources);
  for (const char* stage : {"teacher", "student"}) {
    EDGEBERT_ASSIGN_OR_RETURN(const nlohmann::json metrics,
                              Metrics(File(fmt::format("{}.json", stage))));
    provenance[stage] = {{"training_examples", metrics.value("training_examples", 0)},
                         {"splits", metrics.value("splits", nlohmann::json::array())}};
  }
  return provenance.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

/// The student with a threshold that keeps the recipe's promise on the held-out examples.
Result<Model> Trainer::Calibrated(Model student) {
  EDGEBERT_ASSIGN_OR_RETURN(student.provenance, Provenance());
  if (!data_.held_out.empty()) {
    EDGEBERT_ASSIGN_OR_RETURN(const std::shared_ptr<const ClassifierModel> classifier,
                              ClassifierModel::Create(student));
    TrainingProgress progress;
    progress.stage = "calibrate";
    EDGEBERT_ASSIGN_OR_RETURN(const RecordedExamples recorded,
                              RecordExamples(*classifier, data_.held_out, recipe_.max_tokens,
                                             [&](size_t done, size_t total) {
                                               progress.step = static_cast<int64_t>(done);
                                               progress.total_steps = static_cast<int64_t>(total);
                                               return !observer_ || observer_(progress);
                                             }));
    const RiskOptions risk = {recipe_.calibration.max_loss, recipe_.calibration.confidence};
    EDGEBERT_RETURN_IF_ERROR(
        CalibrateRisk(recorded, risk, "held-out training rows", student).status());
  }
  EDGEBERT_RETURN_IF_ERROR(WriteModelFile(student, File(recipe_.name + ".ebm")));
  return student;
}

Result<Model> Trainer::Run() {
  EDGEBERT_RETURN_IF_ERROR(Tokenize());
  EDGEBERT_ASSIGN_OR_RETURN(const Model teacher, Teacher());
  EDGEBERT_ASSIGN_OR_RETURN(const torch::Tensor logits, TeacherLogits(teacher));
  EDGEBERT_ASSIGN_OR_RETURN(Model student, Student(teacher, logits));
  return Calibrated(std::move(student));
}

}  // namespace

Result<Model> Train(const Recipe& recipe, const Model& base, const TrainingData& data,
                    const TrainOptions& options, const TrainingObserver& observer) {
  EDGEBERT_RETURN_IF_ERROR(PrepareFolder(options.output));
  try {
    return Trainer(recipe, base, data, options, observer).Run();
  } catch (const std::exception& failure) {  // libtorch reports by exceptions.
    const std::string_view text = failure.what();
    return Internal(std::string(text.substr(0, text.find('\n'))));
  }
}

}  // namespace edgebert
