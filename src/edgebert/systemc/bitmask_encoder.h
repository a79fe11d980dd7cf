#ifndef EDGEBERT_SYSTEMC_BITMASK_ENCODER_H_
#define EDGEBERT_SYSTEMC_BITMASK_ENCODER_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <systemc>

#include "edgebert/systemc/bitmask_decoder.h"
#include "edgebert/systemc/byte_buffer.h"
#include "edgebert/systemc/channel.h"
#include "edgebert/systemc/lane_vector.h"
#include "edgebert/systemc/unit.h"

namespace edgebert::systemc {

/// Codes vectors of n lanes as numeric/bitmask.h does, both zero codes as zero: masks and values go
/// out in port words, the last of an array padded with zeros. It takes a vector a cycle, and at
/// least the cycle after the last to pass on what is left.
class BitmaskEncoder : public Unit {
 public:
  struct Ports {
    Channel<uint64_t>& tasks;  ///< The elements of each array; its last vector may be a part.
    Channel<LaneVector>& vectors;
    Channel<PortWord>& masks;
    Channel<PortWord>& values;
    Channel<uint64_t>& finished;  ///< For each array its number of values.
  };
  BitmaskEncoder(sc_core::sc_module_name name, const Clock& clock, const Ports& ports,
                 const BitmaskWidth& width);

 protected:
  void Step() override;
  std::string Activity() const override;

 private:
  void Start();
  void PassOn(ByteBuffer& buffer, size_t port_bytes, Channel<PortWord>& output);
  void Take();
  void Finish();
  void AppendMask(uint32_t mask, size_t lanes);

  Ports ports_;
  BitmaskWidth width_;
  bool busy_ = false;
  uint64_t elements_ = 0;
  uint64_t elements_left_ = 0;
  uint64_t total_values_ = 0;
  ByteBuffer masks_;
  uint64_t mask_bits_ = 0;  ///< That do not fill a byte yet.
  size_t num_mask_bits_ = 0;
  ByteBuffer values_;
};

}  // namespace edgebert::systemc

#endif  // EDGEBERT_SYSTEMC_BITMASK_ENCODER_H_
