#include "edgebert/numeric/adaptivfloat.h"
#include "edgebert/numeric/fixed_embedding.h"
#include "edgebert/systemc/overlapped/special_function.h"
#include "edgebert/tiler/timing_rules.h"

namespace edgebert::systemc::overlapped {

void EmbeddingFunction::Start(const SpecialTask& task) {
  task_ = task;
  token_ = 0;
  vector_ = 0;
  table_ = 0;
  phase_ = Phase::kRead;
  words_.assign(static_cast<size_t>(task.width), 0);
  moments_ = {};
  pace_.Begin();
}

/// A vector of words, then one of positions, then one of segments, which completes their sum.
void EmbeddingFunction::ReadVector() {
  memories_.events.at(task_.stage).counts.envm_read_bytes +=
      int64_t{width_.vector_size} * (table_ == 0 ? 8 : kPositionBits) / 8;
  const auto token = static_cast<size_t>(token_);
  if (table_ == 0) {
    word_codes_ = memories_.envm.ReadWord(memories_.sentence.ids[token], vector_);
    ++table_;
    return;
  }
  if (table_ == 1) {
    positions_ = memories_.envm.ReadPosition(token_, vector_);
    ++table_;
    return;
  }
  const Envm::Words segments =
      memories_.envm.ReadSegment(memories_.sentence.segment_ids[token], vector_);
  const EmbeddingTables& tables = memories_.envm.tables();
  for (int lane = 0; lane < width_.Lanes(task_.width, vector_); ++lane) {
    const auto i = static_cast<size_t>(lane);
    const int32_t word = EmbeddingWord(DecodeInteger(kAf8, static_cast<uint32_t>(word_codes_[i])),
                                       tables.word_bias, tables.unit_exponent);
    const int32_t sum = EmbeddingSum(word, positions_[i], segments[i]);
    words_[static_cast<size_t>(vector_ * width_.vector_size + lane)] = sum;
    moments_.Add(sum);
  }
  table_ = 0;
  ++vector_;
}

SpecialResult EmbeddingFunction::Result() const {
  const FixedNormWeights& norm = memories_.envm.tables().norm;
  SpecialResult result;
  result.kind = SpecialResult::Kind::kNormalise;
  result.row = constants_;
  for (int lane = 0; lane < width_.Lanes(task_.width, vector_); ++lane) {
    const auto i = static_cast<size_t>(lane);
    const auto element = static_cast<size_t>(vector_ * width_.vector_size + lane);
    result.words[i] = words_[element];
    result.gains[i] = norm.gain[element];
    result.biases[i] = norm.bias[element];
    result.valid |= uint32_t{1} << lane;
  }
  result.unit_exponent = norm.unit_exponent;
  result.output_bias = task_.constants->output_bias;
  result.address = task_.output.Address(token_, vector_);
  return result;
}

bool EmbeddingFunction::Cycle(std::optional<SpecialResult>& result) {
  const int vectors = width_.Vectors(task_.width);
  switch (phase_) {
    case Phase::kRead:
      if (VectorPasses(pace_, memories_.events.at(task_.stage))) {
        ReadVector();
        if (vector_ == vectors) {
          phase_ = Phase::kRoot;
          waited_ = 0;
        }
      }
      return false;
    case Phase::kRoot:
      if (++waited_ == kNormLatency) {
        constants_ = FinishMoments(moments_, task_.constants->norm_shape);
        phase_ = Phase::kNormalise;
        vector_ = 0;
        pace_.Begin();
      }
      return false;
    case Phase::kNormalise:
      break;
  }
  if (!VectorPasses(pace_, memories_.events.at(task_.stage))) {
    return false;
  }
  result = Result();
  if (++vector_ < vectors) {
    return false;
  }
  phase_ = Phase::kRead;
  vector_ = 0;
  moments_ = {};
  pace_.Begin();
  return ++token_ == task_.rows;
}

}  // namespace edgebert::systemc::overlapped
