#include "edgebert/systemc/overlapped/special_function_unit.h"

#include <optional>
#include <span>

#include "edgebert/numeric/adaptivfloat.h"
#include "edgebert/numeric/fixed_softmax.h"

namespace edgebert::systemc::overlapped {

SpecialFunctionUnit::SpecialFunctionUnit(sc_core::sc_module_name name, const Clock& clock,
                                         const Ports& ports, const SpecialMemories& memories,
                                         const SpecialWidth& width, Progress& progress)
    : Unit(name, clock),
      ports_(ports),
      progress_(progress),
      embedding_(memories, width),
      softmax_(memories, width),
      add_norm_(memories, width),
      pool_(memories, width),
      entropy_(memories, width),
      events_(memories.events) {
  Reads({&ports.tasks});
  Writes({&ports.results});
}

std::string SpecialFunctionUnit::Activity() const {
  return active_ != nullptr ? "a function is under way" : "";
}

SpecialFunction& SpecialFunctionUnit::FunctionOf(SpecialKind kind) {
  switch (kind) {
    case SpecialKind::kEmbeddingLookup:
      return embedding_;
    case SpecialKind::kSoftmax:
      return softmax_;
    case SpecialKind::kAddNorm:
      return add_norm_;
    case SpecialKind::kPool:
      return pool_;
    case SpecialKind::kEntropy:
      break;
  }
  return entropy_;
}

void SpecialFunctionUnit::Step() {
  if (active_ == nullptr) {
    if (!ports_.tasks.CanPop()) {
      return;
    }
    const SpecialTask& task = ports_.tasks.Front();
    if (!progress_.Met(task.ready) ||
        (task.panel != kNoPanel && progress_.panels_arrived.value() <= task.panel)) {
      return;
    }
    active_ = &FunctionOf(task.kind);
    stage_ = task.stage;
    operation_ = task.operation;
    active_->Start(ports_.tasks.Pop());
  }
  ++events_.at(stage_).special_cycles;
  events_.Busy(TracedUnit::kSpecial, clock().cycle(), stage_, operation_);
  std::optional<SpecialResult> result;
  const bool ends = active_->Cycle(result);
  if (result) {
    result->ends_operation = ends;
    result->stage = stage_;
    ports_.results.Push(*result);
  }
  if (ends) {
    active_ = nullptr;
  }
}

SpecialStage::SpecialStage(sc_core::sc_module_name name, const Clock& clock,
                           Channel<SpecialResult>& input, Channel<SpecialResult>& output)
    : Unit(name, clock), input_(input), output_(output) {
  Reads({&input});
  Writes({&output});
}

void SpecialStage::Step() {
  if (input_.CanPop() && output_.CanPush()) {
    SpecialResult result = input_.Pop();
    Change(result);
    output_.Push(result);
  }
}

void SpecialArithmetic::Change(SpecialResult& result) {
  for (size_t lane = 0; lane < kMaxLanes; ++lane) {
    if ((result.valid >> lane & 1) == 0) {
      continue;
    }
    int64_t& word = result.words[lane];
    switch (result.kind) {
      case SpecialResult::Kind::kNormalise:
        word = Normalise(static_cast<int32_t>(word), result.row, result.gains[lane],
                         result.biases[lane]);
        break;
      case SpecialResult::Kind::kProbability:
        word = Probability(static_cast<uint32_t>(word), result.log_of_sum);
        break;
      case SpecialResult::Kind::kScale:
        word *= result.multiplier;
        break;
      case SpecialResult::Kind::kEntropy:
        break;
    }
  }
}

void SpecialRounder::Change(SpecialResult& result) {
  for (size_t lane = 0; lane < kMaxLanes; ++lane) {
    if ((result.valid >> lane & 1) != 0) {
      result.codes[lane] = static_cast<uint8_t>(
          EncodeAccumulator(kAf8, result.words[lane], result.unit_exponent, result.output_bias));
    }
  }
}

void SpecialCoder::Change(SpecialResult& result) {
  if (!result.to_auxiliary) {
    Lanes values = {};
    result.mask = PackLanes(result.codes, values);
    result.codes = values;
  }
}

SpecialWriter::SpecialWriter(sc_core::sc_module_name name, const Clock& clock, const Ports& ports,
                             const Buffers& buffers, int vector_size, Progress& progress,
                             EventLog& events)
    : Unit(name, clock),
      ports_(ports),
      buffers_(buffers),
      vector_size_(vector_size),
      progress_(progress),
      events_(events) {
  Reads({&ports.results});
  Writes({&ports.entropies, &ports.freed_panels});
}

void SpecialWriter::Step() {
  if (!ports_.results.CanPop()) {
    return;
  }
  const SpecialResult result = ports_.results.Pop();
  TileCounts& counts = events_.at(result.stage).counts;
  if (result.kind == SpecialResult::Kind::kEntropy) {
    ports_.entropies.Push(result.entropy);
  } else if (result.to_auxiliary) {
    buffers_.auxiliary.Write(result.address,
                             std::span(result.codes).first(static_cast<size_t>(vector_size_)));
    counts.auxiliary_write_bytes += vector_size_;
  } else {
    WritePacked(buffers_.pool, result.address, vector_size_, result.mask, result.codes);
    counts.pool_write_bytes += vector_size_;
  }
  if (result.ends_operation) {
    progress_.special_operations.Increment();
    if (result.panel != kNoPanel) {
      ports_.freed_panels.Push(result.panel);
    }
  }
}

}  // namespace edgebert::systemc::overlapped
