#include "edgebert/systemc/overlapped/instruction_feed.h"

#include <utility>

#include "edgebert/program/weight_names.h"
#include "edgebert/tiler/timing_rules.h"
#include "edgebert/tiler/weight_vectors.h"

namespace edgebert::systemc::overlapped {
namespace {

bool IsValueRegion(TileRegion region) {
  return region == TileRegion::kValueEven || region == TileRegion::kValueOdd;
}

const ArrayOperation& OperationOf(const TileSection& section, const Job& job) {
  return section.operations[static_cast<size_t>(job.operation)].array;
}

const Job& JobAt(const TileSection& section, size_t job) { return section.jobs[job]; }

const BlockRun& RunAt(const TileSection& section, const Job& job, int run) {
  return section.runs[static_cast<size_t>(job.first_run + run)];
}

/// Whether a run is a job's first of its panel.
bool StartsPanel(const TileSection& section, const Job& job, int run) {
  return run == 0 || RunAt(section, job, run).panel != RunAt(section, job, run - 1).panel;
}

}  // namespace

InstructionFeed::InstructionFeed(const BoundProgram& program) : program_(program) {
  uint32_t panels = 0;
  uint32_t jobs = 0;
  uint32_t array_operations = 0;
  uint32_t special_operations = 0;
  uint32_t decisions = 0;
  Dependency start;
  for (size_t stage = 0; stage < program.stages.size(); ++stage) {
    const TileSection& section = SectionAt(stage);
    StagePlan plan;
    plan.first_panel = panels;
    plan.first_job = jobs;
    plan.start = start;
    for (const TileOperation& operation : section.operations) {
      plan.done.push_back(
          operation.unit == TileOperation::Unit::kArray
              ? Dependency{Dependency::Event::kArrayOperation, ++array_operations}
              : Dependency{Dependency::Event::kSpecialOperation, ++special_operations});
    }
    start =
        section.decides ? Dependency{Dependency::Event::kDecision, ++decisions} : plan.done.back();
    panels += static_cast<uint32_t>(section.panels.size());
    jobs += static_cast<uint32_t>(section.jobs.size());
    plans_.push_back(std::move(plan));
  }
}

Dependency InstructionFeed::After(const Cursor& cursor, int operation) const {
  const StagePlan& plan = plans_[cursor.stage];
  return operation < 0 ? plan.start : plan.done[static_cast<size_t>(operation)];
}

RegionAccess InstructionFeed::Access(TileRegion region, int64_t row, int64_t vector) const {
  const BufferPlan& plan = program_.program->buffers;
  const RegionPlace& place = plan.place(region);
  const int64_t n = program_.program->vector_size;
  RegionAccess access;
  access.vector_bytes = place.halves ? HalvesBytes(n) : n;
  access.row_bytes = place.row_vectors * access.vector_bytes;
  access.base = place.first_bank * plan.bank_bytes;
  access.base = access.Address(row, vector);
  access.plane_bytes = place.plane_banks * plan.bank_bytes;
  return access;
}

RegionAccess InstructionFeed::ScoreAccess(int64_t row, int64_t vector) const {
  const RegionPlace& place = program_.program->buffers.place(TileRegion::kScores);
  RegionAccess access;
  access.vector_bytes = int64_t{kScoreBytes} * program_.program->vector_size;
  access.row_bytes = place.row_vectors * access.vector_bytes;
  access.base = access.Address(row, vector);
  return access;
}

RegionAccess InstructionFeed::UpdateHalves(TileRegion region, int64_t row, int64_t vector) const {
  const RegionPlace& place = program_.program->buffers.place(region);
  RegionAccess access;
  access.vector_bytes = HalvesBytes(program_.program->vector_size);
  access.row_bytes = place.row_vectors * access.vector_bytes;
  access.base = access.Address(row, vector);
  return access;
}

std::optional<FetchPanel> InstructionFeed::NextFetch() {
  while (fetch_.stage < end_ && fetch_.item == SectionAt(fetch_.stage).panels.size()) {
    fetch_ = {fetch_.stage + 1};
  }
  if (fetch_.stage >= end_) {
    return std::nullopt;
  }
  const BoundSection& bound = *program_.stages[fetch_.stage].bound;
  const Panel& panel = bound.section->panels[fetch_.item];
  const TileOperation& operation = bound.section->operations[static_cast<size_t>(panel.operation)];
  FetchPanel fetch;
  fetch.stage = fetch_.stage;
  fetch.operation = static_cast<uint32_t>(panel.operation);
  fetch.bytes = bound.panels[fetch_.item];
  fetch.ring_bytes = panel.ring_bytes;
  fetch.columns = panel.columns;
  fetch.blocks = panel.blocks;
  fetch.codes = panel.nonzero_codes;
  fetch.is_norm = operation.unit == TileOperation::Unit::kSpecial;
  fetch.parameter_bytes = fetch.is_norm    ? int64_t{8} * operation.special.width
                          : panel.has_bias ? int64_t{4} * panel.columns
                                           : 0;
  fetch.unused = panel.unused;
  ++fetch_.item;
  return fetch;
}

bool InstructionFeed::FindRun(Cursor& cursor) const {
  while (cursor.stage < end_) {
    const TileSection& section = SectionAt(cursor.stage);
    if (cursor.item == section.jobs.size()) {
      cursor = {cursor.stage + 1};
    } else if (cursor.run == JobAt(section, cursor.item).runs) {
      ++cursor.item;
      cursor.run = 0;
    } else {
      return true;
    }
  }
  return false;
}

std::optional<LoadBlocks> InstructionFeed::NextLoad() {
  if (!FindRun(load_)) {
    return std::nullopt;
  }
  const TileSection& section = SectionAt(load_.stage);
  const Job& job = JobAt(section, load_.item);
  const BlockRun& run = RunAt(section, job, load_.run);
  const TileOperation& entry = section.operations[static_cast<size_t>(job.operation)];
  const ArrayOperation& operation = entry.array;
  LoadBlocks load;
  load.stage = load_.stage;
  load.operation = static_cast<uint32_t>(job.operation);
  load.blocks = run.blocks;
  load.vectors = run.loaded;
  load.first_block = run.first_block;
  if (operation.stationary == Stationary::kRows) {
    load.ready = After(load_, entry.input_after);
    load.region = Access(operation.input, operation.input_row + job.first_row, 0);
  } else if (operation.kind == ArrayKind::kWeights) {
    load.panel = plans_[load_.stage].first_panel + static_cast<uint32_t>(run.panel);
    load.first_block -= section.panels[static_cast<size_t>(run.panel)].first_block;
    load.rewinds = StartsPanel(section, job, load_.run);
    load.frees_panel = run.frees_panel;
  } else {
    load.ready = After(load_, entry.operand_after);
    load.region = Access(operation.operand, job.first_column, 0);
  }
  load.waits_for_port = last_streamed_ == StationaryPlace(operation);
  last_streamed_ = StreamedPlace(operation);
  ++load_.run;
  return load;
}

bool InstructionFeed::WaitsForEmission(size_t stage, size_t job) const {
  if (!SectionAt(stage).jobs[job].in_order) {
    return true;
  }
  while (job == 0) {
    if (stage == 0) {
      return false;
    }
    job = SectionAt(--stage).jobs.size();
  }
  const TileSection& section = SectionAt(stage);
  const Job& before = JobAt(section, job - 1);
  return before.runs == 0 || OperationOf(section, before).emission == Emission::kTransposed;
}

std::optional<StreamBlocks> InstructionFeed::NextStream() {
  if (!FindRun(stream_)) {
    return std::nullopt;
  }
  const TileSection& section = SectionAt(stream_.stage);
  const StagePlan& plan = plans_[stream_.stage];
  const Job& job = JobAt(section, stream_.item);
  const BlockRun& run = RunAt(section, job, stream_.run);
  const TileOperation& entry = section.operations[static_cast<size_t>(job.operation)];
  const ArrayOperation& operation = entry.array;
  const ModelConfig& config = program_.program->config;
  StreamBlocks stream;
  stream.stage = stream_.stage;
  stream.operation = static_cast<uint32_t>(job.operation);
  stream.blocks = run.blocks;
  stream.vectors = run.streamed;
  stream.first_block = run.first_block;
  stream.job = plan.first_job + static_cast<uint32_t>(stream_.item);
  stream.starts_job = stream_.run == 0;
  stream.ends_job = stream_.run + 1 == job.runs;
  stream.waits_for_emission = WaitsForEmission(stream_.stage, stream_.item);
  switch (operation.kind) {
    case ArrayKind::kWeights: {
      const WeightLayout layout(
          config, operation.matrix,
          MatrixIndex(config, operation.matrix, program_.stages[stream_.stage].layer),
          program_.program->vector_size);
      stream.part_blocks = layout.part_blocks();
      stream.part_lanes = layout.part_inputs();
      break;
    }
    case ArrayKind::kScores:
      stream.part_blocks = operation.blocks;
      stream.part_lanes = config.head_size();
      break;
    case ArrayKind::kContext:
      stream.part_blocks = operation.blocks;
      stream.part_lanes = program_.program->tokens;
      break;
  }
  if (operation.stationary == Stationary::kRows) {
    const Panel& panel = section.panels[static_cast<size_t>(run.panel)];
    stream.source = StreamSource::kPanel;
    stream.panel = plan.first_panel + static_cast<uint32_t>(run.panel);
    stream.first_block -= panel.first_block;
    stream.first_part_block = panel.first_block;
    stream.vectors = panel.columns;
    stream.rewinds = StartsPanel(section, job, stream_.run);
    stream.frees_panel = run.frees_panel;
  } else {
    stream.ready = After(stream_, entry.input_after);
    stream.first_row = run.first_row - job.first_row;
    if (operation.kind == ArrayKind::kContext) {
      stream.source = StreamSource::kAuxiliary;
      stream.region = ScoreAccess(run.first_row, 0);
    } else {
      stream.region = Access(operation.input, operation.input_row + run.first_row, 0);
    }
  }
  ++stream_.run;
  return stream;
}

std::optional<EmitJob> InstructionFeed::NextEmission() {
  while (emission_.stage < end_ && emission_.item == SectionAt(emission_.stage).jobs.size()) {
    emission_ = {emission_.stage + 1};
  }
  if (emission_.stage >= end_) {
    return std::nullopt;
  }
  const TileSection& section = SectionAt(emission_.stage);
  const StagePlan& plan = plans_[emission_.stage];
  const Job& job = JobAt(section, emission_.item);
  const TileOperation& entry = section.operations[static_cast<size_t>(job.operation)];
  const ArrayOperation& operation = entry.array;
  const int n = program_.program->vector_size;
  EmitJob emit;
  emit.stage = emission_.stage;
  emit.operation = static_cast<uint32_t>(job.operation);
  emit.job = plan.first_job + static_cast<uint32_t>(emission_.item);
  emit.has_blocks = job.runs > 0;
  emit.ready = After(emission_, entry.input_after);
  emit.order = operation.emission;
  emit.columns_stationary = operation.stationary == Stationary::kColumns;
  emit.streamed = emit.columns_stationary ? job.rows : job.columns;
  emit.stationary = emit.columns_stationary ? job.columns : job.rows;
  const bool last_of_section = emission_.item + 1 == section.jobs.size();
  const auto next_job = [&]() -> const Job& { return JobAt(section, emission_.item + 1); };
  emit.ends_operation = last_of_section || next_job().operation != job.operation;
  if (job.panel >= 0) {
    emit.bias_panel = plan.first_panel + static_cast<uint32_t>(job.panel);
    emit.releases_bias = last_of_section || next_job().panel != job.panel;
  }
  emit.word = operation.word;
  emit.constants = &program_.stages[emission_.stage].array[static_cast<size_t>(job.operation)];
  if (operation.word == EmittedWord::kScore) {
    emit.region = ScoreAccess(job.first_row, job.first_column / n);
    emit.halves = Access(TileRegion::kScoreHalves, job.first_row, job.first_column / n);
  } else if (IsValueRegion(operation.output)) {
    emit.region = Access(operation.output, job.first_column, job.first_row / n);
  } else {
    const int row = operation.output_row + job.first_row;
    const int vector = operation.output_vector + job.first_column / n;
    emit.region = Access(operation.output, row, vector);
    if (operation.word == EmittedWord::kUpdate) {
      emit.halves = UpdateHalves(operation.output, row, vector);
    }
  }
  ++emission_.item;
  return emit;
}

std::optional<SpecialTask> InstructionFeed::NextSpecial() {
  while (special_.stage < end_) {
    const TileSection& section = SectionAt(special_.stage);
    if (special_.item == section.operations.size()) {
      special_ = {special_.stage + 1};
      continue;
    }
    const TileOperation& entry = section.operations[special_.item];
    const size_t item = special_.item++;
    if (entry.unit == TileOperation::Unit::kArray) {
      continue;
    }
    const SpecialOperation& operation = entry.special;
    SpecialTask task;
    task.stage = special_.stage;
    task.operation = static_cast<uint32_t>(item);
    task.kind = operation.kind;
    task.ready = After(special_, entry.input_after);
    task.rows = operation.rows;
    task.width = operation.width;
    task.span = operation.span;
    if (operation.panel >= 0) {
      task.panel = plans_[special_.stage].first_panel + static_cast<uint32_t>(operation.panel);
    }
    if (operation.kind == SpecialKind::kSoftmax) {
      task.input = ScoreAccess(0, 0);
      task.input_halves = Access(TileRegion::kScoreHalves, 0, 0);
      task.output = task.input;
    } else {
      task.input = Access(operation.input, 0, 0);
      task.output = Access(operation.output, 0, 0);
    }
    if (operation.kind == SpecialKind::kAddNorm) {
      task.input_halves = UpdateHalves(operation.input, 0, 0);
      task.residual = Access(TileRegion::kLayerInput, operation.first_row, 0);
      task.output = task.residual;
    }
    task.constants = &program_.stages[special_.stage].special[item];
    return task;
  }
  return std::nullopt;
}

}  // namespace edgebert::systemc::overlapped
