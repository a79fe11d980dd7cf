#include "edgebert/systemc/overlapped/emission_path.h"

#include <bit>
#include <cstddef>

#include "edgebert/numeric/adaptivfloat.h"
#include "edgebert/numeric/fixed_functions.h"
#include "edgebert/numeric/fixed_layer_norm.h"
#include "edgebert/numeric/fixed_point.h"
#include "edgebert/numeric/fixed_softmax.h"
#include "edgebert/tiler/timing_rules.h"

namespace edgebert::systemc::overlapped {

namespace {

WordLanes WordsOf(const EmittedVector& vector) {
  WordLanes words = {};
  for (size_t lane = 0; lane < static_cast<size_t>(vector.lanes); ++lane) {
    words[lane] = static_cast<int32_t>(vector.values[lane]);
  }
  return words;
}

}  // namespace

EmissionStage::EmissionStage(sc_core::sc_module_name name, const Clock& clock,
                             Channel<EmittedVector>& input, Channel<EmittedVector>& output)
    : Unit(name, clock), input_(input), output_(output) {
  Reads({&input});
  Writes({&output});
}

void EmissionStage::Step() {
  if (input_.CanPop() && output_.CanPush()) {
    EmittedVector vector = input_.Pop();
    Change(vector);
    output_.Push(vector);
  }
}

void BiasAdder::Change(EmittedVector& vector) {
  const EmitJob& job = vector.job;
  if (job.bias_panel == kNoPanel) {
    return;
  }
  for (int lane = 0; lane < vector.lanes; ++lane) {
    const auto column =
        static_cast<size_t>(vector.first_column + (vector.columns_on_lanes ? lane : 0));
    const auto bias = std::bit_cast<float>(biases_.Word(job.bias_panel, column));
    vector.values[static_cast<size_t>(lane)] +=
        ToFixed(double{bias}, job.constants->unit_exponent, kAccumulatorLimit);
  }
  if (vector.ends_job && job.releases_bias) {
    biases_.ReleaseUpTo(job.bias_panel);
  }
}

void WordScaler::Change(EmittedVector& vector) {
  const ArrayConstants& constants = *vector.job.constants;
  for (size_t lane = 0; lane < static_cast<size_t>(vector.lanes); ++lane) {
    int64_t& value = vector.values[lane];
    switch (vector.job.word) {
      case EmittedWord::kCode:
        value = constants.function ? ActivationInput(value, constants.unit_exponent) : value;
        break;
      case EmittedWord::kUpdate:
        value = UpdateWord(value, constants.unit_exponent, constants.residual_bias);
        break;
      case EmittedWord::kScore:
        value = ScoreWord(value, constants.score_scale);
        break;
      case EmittedWord::kLogit:
        value = LogitWord(value, constants.unit_exponent);
        break;
    }
  }
}

void ActivationUnit::Change(EmittedVector& vector) {
  const ArrayConstants& constants = *vector.job.constants;
  if (!constants.function) {
    return;
  }
  for (size_t lane = 0; lane < static_cast<size_t>(vector.lanes); ++lane) {
    vector.values[lane] =
        ApplyFixedActivation(*constants.function, static_cast<int32_t>(vector.values[lane]));
  }
}

ResultWriter::ResultWriter(sc_core::sc_module_name name, const Clock& clock,
                           Channel<EmittedVector>& input, const Buffers& buffers, int vector_size,
                           Progress& progress, EventLog& events)
    : Unit(name, clock),
      input_(input),
      buffers_(buffers),
      vector_size_(vector_size),
      progress_(progress),
      events_(events) {
  Reads({&input});
}

void ResultWriter::Step() {
  if (!input_.CanPop()) {
    return;
  }
  const EmittedVector vector = input_.Pop();
  events_.Busy(TracedUnit::kEmission, clock().cycle(), vector.job.stage, vector.job.operation);
  TileCounts& counts = events_.at(vector.job.stage).counts;
  const EmitJob& job = vector.job;
  const int n = vector_size_;
  counts.function_vectors += job.constants->function ? 1 : 0;
  switch (vector.job.word) {
    case EmittedWord::kCode:
      WriteCodes(vector);
      counts.pool_write_bytes += n;
      break;
    case EmittedWord::kUpdate:
      WriteUpdates(buffers_, job.region, job.halves, vector.row, vector.vector, n, WordsOf(vector));
      counts.pool_write_bytes += int64_t{n} * kUpdateBytes;
      counts.auxiliary_write_bytes += HalvesBytes(n);
      break;
    case EmittedWord::kScore:
      WriteScores(buffers_, job.region, job.halves, vector.row, vector.vector, n, WordsOf(vector));
      counts.auxiliary_write_bytes += int64_t{n} * kScoreBytes;
      counts.pool_write_bytes += HalvesBytes(n);
      break;
    case EmittedWord::kLogit:
      WriteLogits(buffers_.pool, job.region, vector.vector, n, WordsOf(vector));
      counts.pool_write_bytes += int64_t{n} * kLogitBytes;
      break;
  }
  if (vector.ends_job && vector.job.ends_operation) {
    progress_.array_operations.Increment();
  }
}

void ResultWriter::WriteCodes(const EmittedVector& vector) {
  const ArrayConstants& constants = *vector.job.constants;
  const int unit_exponent =
      constants.function ? -kActivationOutputFractionBits : constants.unit_exponent;
  Lanes codes = {};
  for (size_t lane = 0; lane < static_cast<size_t>(vector.lanes); ++lane) {
    codes[lane] = static_cast<uint8_t>(
        EncodeAccumulator(kAf8, vector.values[lane], unit_exponent, constants.output_bias));
  }
  WriteVector(buffers_.pool, vector.job.region.Address(vector.row, vector.vector), vector_size_,
              codes);
}

}  // namespace edgebert::systemc::overlapped
