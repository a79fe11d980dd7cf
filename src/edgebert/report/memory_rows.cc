#include <fmt/format.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "edgebert/accel/envm_technology.h"
#include "edgebert/accel/memory_plan.h"
#include "edgebert/data/dataset.h"
#include "edgebert/model/model_file.h"
#include "edgebert/pipeline/fault_study.h"
#include "edgebert/pipeline/weight_study.h"
#include "edgebert/report/study.h"

// Rows about the embedding in resistive memory, and places by the rate at which sentences come.

namespace edgebert {
namespace {

Status AddCells(const EnvmTechnology& technology, Measurements& figures) {
  for (const CellKind kind : {CellKind::kSlc, CellKind::kMlc2, CellKind::kMlc3}) {
    const EnvmCellTechnology& cell = technology.cell(kind);
    EDGEBERT_ASSIGN_OR_RETURN(const LevelErrors errors, ComputeLevelErrors(cell.levels));
    const std::string_view name = CellKindName(kind);
    figures.Add(fmt::format("envm.{}.error", name), errors.Mean());
    constexpr double kMegabyte = 1024 * 1024;
    figures.AddRange(fmt::format("envm.{}.area", name), cell.area_mm2_per_byte.value * kMegabyte,
                     cell.area_mm2_per_byte.low() * kMegabyte,
                     cell.area_mm2_per_byte.high() * kMegabyte);
    figures.AddRange(fmt::format("envm.{}.latency", name), cell.read_latency_s.value * 1e9,
                     cell.read_latency_s.low() * 1e9, cell.read_latency_s.high() * 1e9);
  }
  return OkStatus();
}

/// ALBERT's table of 30000 × 128, two of five codes not zero.
Status AddSize(Measurements& figures) {
  std::vector<uint8_t> codes(size_t{30000} * 128);
  for (size_t i = 0; i < codes.size(); ++i) {
    codes[i] = i % 5 < 2 ? 1 : 0;
  }
  EDGEBERT_ASSIGN_OR_RETURN(const EnvmTable table, EnvmTable::Store(codes, 30000, 128, {}));
  const uint64_t bits =
      table.size(EnvmRegion::kMask).bits() + table.size(EnvmRegion::kValues).bits();
  figures.Add("envm.size", static_cast<double>(bits) / 8 / 1e6,
              fmt::format("The index adds {:.2f} MB.",
                          static_cast<double>(table.size(EnvmRegion::kIndex).bits()) / 8 / 1e6));
  return OkStatus();
}

const MemoryPlan* Find(const std::vector<MemoryPlan>& plans, std::string_view name) {
  for (const MemoryPlan& plan : plans) {
    if (plan.name == name) {
      return &plan;
    }
  }
  return nullptr;
}

/// The first model's embedding with faults, and places for it.
Status AddOwnEmbedding(const EnvmTechnology& technology, const std::vector<LabelledText>& examples,
                       Study& study) {
  const OwnModel& own = study.models.front();
  EDGEBERT_ASSIGN_OR_RETURN(Model model, ReadModelFile(own.path));
  EDGEBERT_ASSIGN_OR_RETURN(const EnvmTable table, StoreWordEmbedding(model, {}));
  const std::vector<MemoryPlan> plans =
      EmbeddingPlans(table, MeanOfRecord(model).tokens, technology,
                     DramInterfaceOf(study.hardware, Bound::kValue), Bound::kValue);
  const MemoryPlan* gated = Find(plans, "reram-gated");
  const MemoryPlan* loaded = Find(plans, "sram-loaded");
  const MemoryPlan* rows = Find(plans, "dram-rows");
  if (gated != nullptr && loaded != nullptr && rows != nullptr) {
    study.figures.Add("envm.power-on.energy", loaded->per_sentence / gated->per_sentence);
    study.figures.Add("envm.power-on.latency", loaded->latency / gated->latency);
    study.figures.Add("envm.power-on.energy.dram-rows", rows->per_sentence / gated->per_sentence);
  }
  EDGEBERT_ASSIGN_OR_RETURN(const EnvmFaultModel faults, technology.FaultModel());
  FaultStudyOptions options;
  options.threshold_nats = own.threshold_nats;
  options.threads = study.threads;
  EDGEBERT_ASSIGN_OR_RETURN(const FaultStudy found,
                            StudyFaults(std::move(model), {}, faults, examples, options));
  const double worst = found.Accuracy(found.FewestCorrect());
  study.figures.Add("envm.mlc2.accuracy.mean", 100 * found.MeanAccuracy());
  study.figures.Add(
      "envm.mlc2.accuracy.min", 100 * worst,
      fmt::format("{} without faults: {:.2f} %.", own.name, 100 * found.fault_free_accuracy()));
  study.figures.Add("envm.mlc2.accuracy.lost", 100 * (found.fault_free_accuracy() - worst));
  return OkStatus();
}

}  // namespace

Status StudyMemories(Study& study) {
  EDGEBERT_ASSIGN_OR_RETURN(const EnvmTechnology technology, LoadEnvmTechnology(std::nullopt));
  EDGEBERT_RETURN_IF_ERROR(AddCells(technology, study.figures));
  EDGEBERT_RETURN_IF_ERROR(AddSize(study.figures));
  if (study.models.empty() || !study.models.front().masks) {
    study.figures.Miss("envm.", "Needs a model of ours in AF8 and the task's sentences.");
    return OkStatus();
  }
  return AddOwnEmbedding(technology, study.dev_examples, study);
}

}  // namespace edgebert
