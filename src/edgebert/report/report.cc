#include "edgebert/report/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <system_error>
#include <utility>

#include "edgebert/base/file.h"
#include "edgebert/base/text.h"
#include "edgebert/data/dataset.h"
#include "edgebert/model/model_file.h"
#include "edgebert/report/design_variants.h"
#include "edgebert/report/recorded_threshold.h"
#include "edgebert/report/study.h"

namespace edgebert {
namespace {

constexpr uint64_t kMaxPredictorBytes = uint64_t{1} << 20;
constexpr int kTraceTokens = 128;
constexpr int kTraceLayers = 12;
constexpr std::string_view kCatalogueName = "report/rows.yaml";

/// Counts work across stages for one progress bar.
class Stages {
 public:
  Stages(const Progress& progress, size_t total) : progress_(progress), total_(total) {}

  Progress Within() {
    const size_t before = done_;
    return [this, before](size_t done, size_t) {
      done_ = before + done;
      return !progress_ || progress_(done_, total_);
    };
  }
  /// A stage without steps of its own.
  Status Finish(size_t units) {
    done_ += units;
    return !progress_ || progress_(done_, total_) ? OkStatus() : Cancelled("stopped");
  }

 private:
  const Progress& progress_;
  size_t total_;
  size_t done_ = 0;
};

bool Exists(const std::filesystem::path& path) {
  std::error_code error;
  return std::filesystem::exists(path, error);
}

Result<std::vector<LabelledText>> LoadIfThere(const ReportOptions& options, Split split) {
  const bool there = Exists(options.data / options.task) ||
                     Exists(options.data / (split == Split::kDev ? "dev.tsv" : "sentiment-test"));
  if (!there) {
    return std::vector<LabelledText>();
  }
  return LoadTask(options.task, options.data, split);
}

uint64_t FileBytes(const std::filesystem::path& path) {
  uint64_t bytes = 0;
  std::error_code error;
  bytes += std::filesystem::file_size(path, error);
  if (const auto info = InspectModelFile(path); info.ok() && info->base) {
    const uint64_t base =
        std::filesystem::file_size(path.parent_path() / info->base->file_name, error);
    bytes += error ? 0 : base;
  }
  return bytes;
}

Status LoadModel(const std::filesystem::path& path, std::span<const LabelledText> dev,
                 std::span<const LabelledText> test, Stages& stages, Study& study) {
  OwnModel own;
  own.path = path;
  own.name = path.stem().string();
  own.file_bytes = FileBytes(path);
  EDGEBERT_ASSIGN_OR_RETURN(Model model, ReadModelFile(path));
  own.shape = ShapeOf(model);
  own.compression = ComputeCompression(model);
  if (model.is_af8()) {
    EDGEBERT_ASSIGN_OR_RETURN(own.masks,
                              WeightMasks::FromModel(model, study.hardware.vector_size.value));
  }
  own.threshold_nats = own.shape.exits.threshold_nats;
  own.threshold_note =
      fmt::format("At {:.3g} nats, the model's own threshold.", own.threshold_nats);
  EDGEBERT_ASSIGN_OR_RETURN(
      const std::optional<RecordedThreshold> recorded,
      FindRecordedThreshold(BuiltInThresholds(), "report/thresholds.yaml", own.name));
  if (recorded) {
    own.threshold_nats = recorded->nats;
    own.threshold_note = fmt::format("At {:.3g} nats, chosen on held-out rows: {}.", recorded->nats,
                                     recorded->command);
  }
  ClassifierModelOptions options;
  options.hardware = study.hardware;
  EDGEBERT_ASSIGN_OR_RETURN(const auto ready, ClassifierModel::Create(std::move(model), options));
  const auto record = [&](std::string name, std::span<const LabelledText> examples) {
    Result<SentenceSet> set =
        RecordSentences(*ready, std::move(name), examples, study.threads, stages.Within());
    return set.ok() ? std::move(set) : set.status().WithContext(path.string());
  };
  EDGEBERT_ASSIGN_OR_RETURN(own.dev, record(study.task + " dev", dev));
  if (!test.empty()) {
    EDGEBERT_ASSIGN_OR_RETURN(own.test, record(study.task + " test", test));
  }
  study.models.push_back(std::move(own));
  return OkStatus();
}

Status LoadPublished(const ReportOptions& options, std::optional<size_t> sentences, Study& study) {
  const std::filesystem::path folder = options.data / "reference";
  const std::filesystem::path trace =
      options.trace.value_or(folder / (options.task + "_dev_entropies.csv"));
  if (!options.trace && !Exists(trace)) {
    return OkStatus();
  }
  const int classes = options.task == "mnli" ? 3 : 2;
  EDGEBERT_ASSIGN_OR_RETURN(study.trace, LoadTrace(trace, classes, kTraceTokens, kTraceLayers,
                                                   sentences, options.task + " dev"));
  const std::filesystem::path lut = folder / (options.task + "_exit_lut.csv");
  if (Exists(lut)) {
    EDGEBERT_ASSIGN_OR_RETURN(const std::string text, ReadTextFile(lut, kMaxPredictorBytes));
    EDGEBERT_ASSIGN_OR_RETURN(study.predictor, ParsePredictorCsv(text, lut.string()));
  }
  return OkStatus();
}

void Replace(std::string_view from, std::string_view to, std::string& text) {
  for (size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

/// What is about our model takes the task's name; what is published about SST-2 stays as it is.
void NameTask(Report& report) {
  if (report.task == "sst2") {
    return;
  }
  const std::string dev = report.task + " dev";
  for (ResultRow& row : report.results.rows) {
    if (row.status == RowStatus::kRecorded && row.id.find("own-sst2") != std::string::npos) {
      row.ours = {};
      row.status = RowStatus::kExplained;
      row.note = "Recorded for SST-2 only.";
    }
    Replace("own-sst2", "own-" + report.task, row.id);
    Replace("our SST-2 model", "our " + report.task + " model", row.what);
    Replace("ours: SST-2 dev", "ours: " + dev, row.what);
  }
  for (Plot& plot : report.plots) {
    Replace("SST-2 dev", dev, plot.caption);
    Replace("SST-2 dev", dev, plot.spec);
  }
  for (NamedTable& table : report.tables) {
    Replace("SST-2 dev", dev, table.caption);
  }
}

}  // namespace

std::span<const StudyPart> StudyParts() {
  static constexpr std::array<StudyPart, 8> kParts = {
      StudyTrace, StudyOwnModel, StudyOwnModelPlots, StudyAccelerator,
      StudyChip,  StudyTimeline, StudyMemories,      StudyDesignMap};
  return kParts;
}

Result<Report> MakeReport(const ReportOptions& options, const Progress& progress,
                          std::span<const StudyPart> parts) {
  EDGEBERT_RETURN_IF_ERROR(CheckTask(options.task));
  Study study;
  study.task = options.task;
  study.hardware = options.hardware;
  study.threads = std::max(1, options.threads);
  EDGEBERT_ASSIGN_OR_RETURN(study.dev_examples, LoadIfThere(options, Split::kDev));
  std::vector<LabelledText> test;
  if (options.task == "sst2" && !options.models.empty()) {
    EDGEBERT_ASSIGN_OR_RETURN(test, LoadIfThere(options, Split::kTest));
  }
  const size_t dev = study.dev_examples.size();
  EDGEBERT_RETURN_IF_ERROR(
      LoadPublished(options, dev > 0 ? std::optional(dev) : std::nullopt, study));
  // Units: a sentence through all layers of a model. The stages after that are worth about so many.
  constexpr size_t kStageUnits = 300;
  const size_t models = dev > 0 ? options.models.size() : 0;
  Stages stages(progress,
                models * dev + (models > 0 ? test.size() : 0) + parts.size() * kStageUnits);
  for (size_t i = 0; i < models; ++i) {
    EDGEBERT_RETURN_IF_ERROR(
        LoadModel(options.models[i], study.dev_examples,
                  i == 0 ? std::span<const LabelledText>(test) : std::span<const LabelledText>(),
                  stages, study));
  }
  for (const StudyPart part : parts) {
    EDGEBERT_RETURN_IF_ERROR(part(study));
    EDGEBERT_RETURN_IF_ERROR(stages.Finish(kStageUnits));
  }
  EDGEBERT_RETURN_IF_ERROR(study.check.status());
  Report report;
  report.task = options.task;
  EDGEBERT_ASSIGN_OR_RETURN(
      report.results,
      BuildResultsTable(BuiltInCatalogue(), std::string(kCatalogueName), study.figures));
  report.plots = std::move(study.plots);
  report.tables = std::move(study.tables);
  NameTask(report);
  report.checks = study.check.checks();
  return report;
}

std::string TableCsv(const DataTable& table) {
  std::string csv;
  for (size_t i = 0; i < table.columns.size(); ++i) {
    csv += (i > 0 ? "," : "") + CsvField(table.columns[i]);
  }
  csv += '\n';
  for (const std::vector<Figure>& row : table.rows) {
    for (size_t i = 0; i < row.size(); ++i) {
      csv += i > 0 ? "," : "";
      if (const double* number = std::get_if<double>(&row[i])) {
        csv += fmt::format("{}", *number);
      } else if (const std::string* words = std::get_if<std::string>(&row[i])) {
        csv += CsvField(*words);
      }
    }
    csv += '\n';
  }
  return csv;
}

Status WriteReport(const Report& report, const std::filesystem::path& folder) {
  EDGEBERT_RETURN_IF_ERROR(PrepareFolder(folder));
  EDGEBERT_RETURN_IF_ERROR(
      WriteFileAtomically(folder / "results.json", ResultsJson(report.results)));
  EDGEBERT_RETURN_IF_ERROR(WriteFileAtomically(folder / "results.csv", ResultsCsv(report.results)));
  for (const Plot& plot : report.plots) {
    EDGEBERT_RETURN_IF_ERROR(WriteFileAtomically(folder / (plot.id + ".csv"), TableCsv(plot.data)));
  }
  for (const NamedTable& table : report.tables) {
    EDGEBERT_RETURN_IF_ERROR(
        WriteFileAtomically(folder / (table.id + ".csv"), TableCsv(table.data)));
  }
  return WriteFileAtomically(folder / "index.html", ReportPage(report));
}

}  // namespace edgebert
