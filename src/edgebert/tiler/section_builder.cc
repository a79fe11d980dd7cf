#include "edgebert/tiler/section_builder.h"

#include <utility>

#include "edgebert/tiler/timing_rules.h"

namespace edgebert {
namespace {

/// What an emitted vector writes.
void CountEmission(EmittedWord word, int64_t vectors, int64_t n, TileCounts& counts) {
  switch (word) {
    case EmittedWord::kCode:
      counts.pool_write_bytes += vectors * n;
      break;
    case EmittedWord::kUpdate:
      counts.pool_write_bytes += vectors * n * kUpdateBytes;
      counts.auxiliary_write_bytes += vectors * HalvesBytes(n);
      break;
    case EmittedWord::kScore:
      counts.auxiliary_write_bytes += vectors * n * kScoreBytes;
      counts.pool_write_bytes += vectors * HalvesBytes(n);
      break;
    case EmittedWord::kLogit:
      counts.pool_write_bytes += vectors * n * kLogitBytes;
      break;
  }
}

}  // namespace

int SectionBuilder::Append(const ArrayOperation& operation, int input_after, int operand_after) {
  TileOperation entry;
  entry.unit = TileOperation::Unit::kArray;
  entry.array = operation;
  entry.input_after = input_after;
  entry.operand_after = operand_after;
  section_.operations.push_back(entry);
  return NextOperation() - 1;
}

int SectionBuilder::Append(const SpecialOperation& operation, int input_after) {
  TileOperation entry;
  entry.unit = TileOperation::Unit::kSpecial;
  entry.special = operation;
  entry.input_after = input_after;
  section_.operations.push_back(entry);
  return NextOperation() - 1;
}

void SectionBuilder::AddRun(const ArrayOperation& operation, const BlockRun& run, int64_t lanes) {
  TileCounts& counts = section_.counts;
  const int64_t streamed = int64_t{run.blocks} * run.streamed;
  const int64_t loaded = int64_t{run.blocks} * run.loaded;
  counts.array_cycles += streamed;
  counts.loaded_vectors += loaded;
  counts.issued_products += int64_t{run.loaded} * run.streamed * lanes;
  counts.pool_read_bytes += VectorBytes(loaded);
  (operation.kind == ArrayKind::kContext ? counts.auxiliary_read_bytes : counts.pool_read_bytes) +=
      VectorBytes(streamed);
  section_.runs.push_back(run);
}

void SectionBuilder::AddJob(const ArrayOperation& operation, Job job, int first_run) {
  job.operation = NextOperation();
  job.first_run = first_run;
  job.runs = NextRun() - first_run;
  CountEmission(operation.word, job.emitted, machine_.vector_size, section_.counts);
  if (operation.function != ElementFunction::kNone) {
    section_.counts.function_vectors += job.emitted;
  }
  section_.jobs.push_back(job);
}

void SectionBuilder::AddPanel(Panel panel) {
  panel.operation = NextOperation();
  panel.transfer_bytes = RoundUp(panel.transfer_bytes, machine_.port_bytes);
  section_.counts.transfer_bytes += panel.transfer_bytes;
  section_.counts.pool_write_bytes += panel.transfer_bytes;
  section_.panels.push_back(panel);
}

int SectionBuilder::AddNorm(NormRole norm, TileRegion update, int first_row, int rows, int after) {
  const int width = config_.hidden_size;
  const int64_t vectors = machine_.Vectors(width);
  Panel panel{};
  panel.transfer_bytes = int64_t{2} * kParameterBytes * width;
  panel.ring_bytes = RoundUp(panel.transfer_bytes, machine_.vector_size);
  AddPanel(panel);
  SpecialOperation operation;
  operation.kind = SpecialKind::kAddNorm;
  operation.cycles = rows * (2 * machine_.PassCycles(vectors) + kNormLatency);
  operation.rows = rows;
  operation.width = width;
  operation.first_row = first_row;
  operation.norm = norm;
  operation.input = update;
  operation.output = TileRegion::kLayerInput;
  operation.panel = static_cast<int>(section_.panels.size()) - 1;
  section_.counts.function_vectors += 2 * rows * vectors;
  section_.counts.pool_read_bytes += VectorBytes(rows * vectors) * (kUpdateBytes + 1);
  section_.counts.auxiliary_read_bytes += rows * vectors * HalvesBytes(machine_.vector_size);
  section_.counts.pool_write_bytes += VectorBytes(rows * vectors);
  return Append(operation, after);
}

int SectionBuilder::AddEmbeddingLookup(TileRegion output) {
  const int width = config_.embedding_size;
  const int64_t vectors = machine_.Vectors(width);
  const int64_t rows = kEmbeddingTables * vectors;
  SpecialOperation operation;
  operation.kind = SpecialKind::kEmbeddingLookup;
  operation.cycles =
      tokens_ * (machine_.PassCycles(rows) + kNormLatency + machine_.PassCycles(vectors));
  operation.rows = tokens_;
  operation.width = width;
  operation.norm = NormRole::kEmbedding;
  operation.output = output;
  section_.counts.function_vectors += tokens_ * (rows + vectors);
  const int64_t element_bits = 8 + (kEmbeddingTables - 1) * kPositionBits;
  section_.counts.envm_read_bytes += VectorBytes(tokens_ * vectors) * element_bits / 8;
  section_.counts.pool_write_bytes += VectorBytes(tokens_ * vectors);
  return Append(operation, -1);
}

int SectionBuilder::AddPool() {
  const int64_t vectors = machine_.Vectors(config_.hidden_size);
  SpecialOperation operation;
  operation.kind = SpecialKind::kPool;
  operation.rows = tokens_;
  operation.width = config_.hidden_size;
  operation.input = TileRegion::kLayerInput;
  operation.output = TileRegion::kPooled;
  for (const Pooling pooling : config_.pooling) {
    const int64_t rows = pooling == Pooling::kMean ? tokens_ : 1;
    const int64_t passes = pooling == Pooling::kMean ? rows + 1 : rows;
    operation.cycles += passes * machine_.PassCycles(vectors);
    section_.counts.function_vectors += passes * vectors;
    section_.counts.pool_read_bytes += VectorBytes(rows * vectors);
    section_.counts.pool_write_bytes += VectorBytes(vectors);
  }
  return Append(operation, -1);
}

int SectionBuilder::AddEntropy(int after) {
  const int64_t vectors = machine_.Vectors(config_.num_classes());
  SpecialOperation operation;
  operation.kind = SpecialKind::kEntropy;
  operation.cycles = kEntropyPasses * machine_.PassCycles(vectors) + kEntropyLatency;
  operation.rows = 1;
  operation.width = config_.num_classes();
  operation.input = TileRegion::kLogits;
  section_.counts.function_vectors += kEntropyPasses * vectors;
  section_.counts.pool_read_bytes += VectorBytes(kEntropyPasses * vectors) * kLogitBytes;
  section_.decides = true;
  return Append(operation, after);
}

}  // namespace edgebert
