#ifndef EDGEBERT_SYSTEMC_OVERLAPPED_SEQUENCER_H_
#define EDGEBERT_SYSTEMC_OVERLAPPED_SEQUENCER_H_

#include <cstdint>
#include <optional>
#include <string>
#include <systemc>
#include <vector>

#include "edgebert/systemc/overlapped/instruction_feed.h"
#include "edgebert/systemc/unit.h"

namespace edgebert::systemc::overlapped {

/// When a layer was through, in cycles from the start of its segment.
struct LayerTimes {
  int64_t encoder_complete = 0;
  int64_t decision = 0;            ///< Of its off-ramp; without one, as encoder_complete.
  std::optional<int32_t> entropy;  ///< In units of 2^-16 nats.
};

/// Sends the instructions of a tile program to the units, each kind in program order and at most
/// one of a kind a cycle, far ahead of what is decided; watches which layer is through; and decides
/// by the entropy of a layer's off-ramp whether the sentence goes on.
class Sequencer : public Unit {
 public:
  struct Ports {
    Channel<FetchPanel>& fetches;
    Channel<LoadBlocks>& loads;
    Channel<StreamBlocks>& streams;
    Channel<EmitJob>& emissions;
    Channel<SpecialTask>& specials;
    Channel<int32_t>& entropies;
  };
  /// A sentence leaves after layer l when its entropy is below thresholds[l - 1], in units of
  /// 2^-16 nats. [num_layers]
  Sequencer(sc_core::sc_module_name name, const Clock& clock, const Ports& ports,
            const BoundProgram& program, std::vector<int32_t> thresholds, Progress& progress);

  /// Executes layers up to this one, from where the last segment ended.
  void StartSegment(int last_layer);
  /// The segment's last layer is through, or the sentence has left.
  bool finished() const { return finished_; }
  /// It has left before the last layer.
  bool has_left() const { return has_left_; }
  /// The cycle of the clock at which the segment's time 0 is.
  uint64_t origin() const { return origin_; }
  /// Of all layers so far.
  const std::vector<LayerTimes>& layers() const { return layers_; }
  const InstructionFeed& feed() const { return feed_; }

 protected:
  void Step() override;
  std::string Activity() const override;

 private:
  template <typename T>
  void Send(Channel<T>& channel, std::optional<T> (InstructionFeed::*next)());
  int64_t Now() const;
  void Watch();
  void Decide();
  void FinishLayer(int64_t decision);

  Ports ports_;
  const BoundProgram& program_;
  std::vector<int32_t> thresholds_;
  Progress& progress_;
  InstructionFeed feed_;
  std::vector<LayerTimes> layers_;
  uint64_t origin_ = 0;
  bool started_ = false;
  bool finished_ = true;
  bool has_left_ = false;
  int last_layer_ = 0;       ///< Of the segment.
  int layer_ = 1;            ///< Under way.
  bool encoder_ = true;      ///< The layer's, not its off-ramp, is under way.
  int decision_cycles_ = 0;  ///< Of the decision under way.
  int32_t entropy_ = 0;
};

}  // namespace edgebert::systemc::overlapped

#endif  // EDGEBERT_SYSTEMC_OVERLAPPED_SEQUENCER_H_
