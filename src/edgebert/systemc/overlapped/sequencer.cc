#include "edgebert/systemc/overlapped/sequencer.h"

#include <fmt/format.h>

#include <utility>

#include "edgebert/tiler/timing_rules.h"

namespace edgebert::systemc::overlapped {

Sequencer::Sequencer(sc_core::sc_module_name name, const Clock& clock, const Ports& ports,
                     const BoundProgram& program, std::vector<int32_t> thresholds,
                     Progress& progress)
    : Unit(name, clock),
      ports_(ports),
      program_(program),
      thresholds_(std::move(thresholds)),
      progress_(progress),
      feed_(program) {
  Reads({&ports.entropies});
  Writes({&ports.fetches, &ports.loads, &ports.streams, &ports.emissions, &ports.specials});
}

std::string Sequencer::Activity() const {
  return finished_ ? std::string()
                   : fmt::format("waits for the {} of layer {}", encoder_ ? "encoder" : "off-ramp",
                                 layer_);
}

void Sequencer::StartSegment(int last_layer) {
  last_layer_ = last_layer;
  feed_.SetEnd(program_.layer_stages[static_cast<size_t>(last_layer)]);
  started_ = false;
  finished_ = false;
}

template <typename T>
void Sequencer::Send(Channel<T>& channel, std::optional<T> (InstructionFeed::*next)()) {
  if (!channel.CanPush()) {
    return;
  }
  if (std::optional<T> instruction = (feed_.*next)()) {
    channel.Push(*std::move(instruction));
  }
}

int64_t Sequencer::Now() const {
  return static_cast<int64_t>(clock().cycle()) - static_cast<int64_t>(origin_);
}

void Sequencer::Step() {
  if (finished_) {
    return;
  }
  if (!started_) {
    started_ = true;
    origin_ = clock().cycle() + 1;  // When the first instructions reach their units.
  }
  Send(ports_.fetches, &InstructionFeed::NextFetch);
  Send(ports_.loads, &InstructionFeed::NextLoad);
  Send(ports_.streams, &InstructionFeed::NextStream);
  Send(ports_.emissions, &InstructionFeed::NextEmission);
  Send(ports_.specials, &InstructionFeed::NextSpecial);
  if (encoder_) {
    Watch();
  } else {
    Decide();
  }
}

void Sequencer::Watch() {
  size_t stage = program_.layer_stages[static_cast<size_t>(layer_ - 1)];
  stage += layer_ == 1 ? 1 : 0;  // Behind the embedding.
  const BoundStage& bound = program_.stages[stage];
  const size_t last = bound.bound->section->operations.size() - 1;
  if (!progress_.Met(feed_.Completion(stage, last))) {
    return;
  }
  layers_.emplace_back().encoder_complete = Now();
  if (stage + 1 < program_.stages.size() && program_.stages[stage + 1].off_ramp) {
    encoder_ = false;
    return;
  }
  FinishLayer(Now());
}

/// Takes kDecisionCycles from the cycle in which the entropy is there to the one in which its
/// consequence shows.
void Sequencer::Decide() {
  if (decision_cycles_ == 0) {
    if (!ports_.entropies.CanPop()) {
      return;
    }
    entropy_ = ports_.entropies.Pop();
  }
  if (++decision_cycles_ < kDecisionCycles) {
    return;
  }
  decision_cycles_ = 0;
  encoder_ = true;
  progress_.decisions.Increment();
  layers_.back().entropy = entropy_;
  const bool leaves = entropy_ < thresholds_[static_cast<size_t>(layer_ - 1)];
  if (leaves) {
    last_layer_ = layer_;
    has_left_ = layer_ < program_.program->config.num_layers;
  }
  FinishLayer(Now() + 1);
}

void Sequencer::FinishLayer(int64_t decision) {
  layers_.back().decision = decision;
  finished_ = layer_ == last_layer_;
  ++layer_;
}

}  // namespace edgebert::systemc::overlapped
