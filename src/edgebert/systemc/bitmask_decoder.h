#ifndef EDGEBERT_SYSTEMC_BITMASK_DECODER_H_
#define EDGEBERT_SYSTEMC_BITMASK_DECODER_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <systemc>

#include "edgebert/systemc/byte_buffer.h"
#include "edgebert/systemc/channel.h"
#include "edgebert/systemc/lane_vector.h"
#include "edgebert/systemc/unit.h"

namespace edgebert::systemc {

/// An array to decode, in the coding of numeric/bitmask.h, mask and values each from the start of a
/// port word on.
struct BitmaskDecodeTask {
  uint64_t elements = 0;
  uint64_t values = 0;             ///< Non-zero codes.
  bool skip_zero_vectors = false;  ///< Vectors of zeros do not come out and take no cycle.
};

/// How wide a decoder or encoder is.
struct BitmaskWidth {
  size_t lanes = 16;  ///< n: 1 .. kMaxLanes.
  size_t mask_bytes =
      16;  ///< Of the port that masks pass: 1 .. kMaxPortBytes, 8 of them at least n.
  size_t value_bytes = 16;  ///< Of the port that values pass: n .. kMaxPortBytes.
};

/// Expands bitmask-coded arrays into n lanes a cycle. A vector comes out at the earliest in the
/// cycle after its mask and its values have come in; from then on one a cycle as long as the ports
/// keep up. Between arrays a cycle passes without a vector. With skip_zero_vectors all zero vectors
/// in front of one that is not are passed over in the same cycle, as far as their masks are in the
/// buffer, which holds two port words.
///
/// A damaged mask does not hang it: values that the task does not have are zeros, and values that
/// no bit asks for are dropped at the end.
class BitmaskDecoder : public Unit {
 public:
  struct Ports {
    Channel<BitmaskDecodeTask>& tasks;
    Channel<PortWord>& masks;
    Channel<PortWord>& values;
    Channel<LaneVector>& vectors;
    Channel<uint64_t>& finished;  ///< For each array the number of vectors that came out.
  };
  BitmaskDecoder(sc_core::sc_module_name name, const Clock& clock, const Ports& ports,
                 const BitmaskWidth& width);

  uint64_t skipped_vectors() const { return skipped_vectors_; }
  /// Of vectors that came out, lanes that hold 0.
  uint64_t zero_lanes() const { return zero_lanes_; }

 protected:
  void Step() override;
  std::string Activity() const override;

 private:
  void Start();
  void SkipZeros();
  void Emit();
  void Refill();
  void Finish();
  /// Lanes of the vector that is next.
  size_t NextLanes() const;
  LaneVector Expand(uint32_t mask, size_t count);

  Ports ports_;
  BitmaskWidth width_;
  BitmaskDecodeTask task_;
  bool busy_ = false;
  uint64_t elements_left_ = 0;    ///< Not yet out or passed over.
  uint64_t mask_bytes_left_ = 0;  ///< Not yet in.
  uint64_t value_bytes_left_ = 0;
  uint64_t values_left_ = 0;  ///< Not yet out.
  uint64_t emitted_ = 0;
  uint32_t index_ = 0;
  BitBuffer masks_;
  ByteBuffer values_;
  uint64_t skipped_vectors_ = 0;
  uint64_t zero_lanes_ = 0;
};

}  // namespace edgebert::systemc

#endif  // EDGEBERT_SYSTEMC_BITMASK_DECODER_H_
