#ifndef EDGEBERT_SYSTEMC_ARTIFACT_PROCESSING_UNIT_H_
#define EDGEBERT_SYSTEMC_ARTIFACT_PROCESSING_UNIT_H_

#include <cstddef>
#include <cstdint>
#include <systemc>

#include "edgebert/systemc/artifact/accumulator.h"
#include "edgebert/systemc/artifact/datapath.h"
#include "edgebert/systemc/artifact/decode_top.h"
#include "edgebert/systemc/artifact/encoder.h"
#include "edgebert/systemc/artifact/input_setup.h"
#include "edgebert/systemc/artifact/types.h"
#include "edgebert/systemc/channel_array.h"
#include "edgebert/systemc/routing.h"

namespace edgebert::systemc::artifact {

/// Registers that the host sets between operations.
struct PathRegisters {
  size_t to_functions = 0;     ///< 1: decoded vectors go to the special functions.
  size_t selected_memory = 0;  ///< The decoder that DMA and the special functions read and fill.
  size_t function_unit = 0;    ///< Which of them takes the decoded vectors.
};

/// PUModule: two decoders with their memories, the array, accumulators and encoder. Channels at its
/// boundary have a register on this side.
class ProcessingUnit : public sc_core::sc_module {
 public:
  ProcessingUnit(sc_core::sc_module_name name, const Clock& clock, const PathRegisters& registers,
                 const BufferSize& size);

  // Settings and starts, from the host.
  Channel<MatmulAddresses> starts;
  Channel<MatmulShape> shapes;
  Channel<Requantization> settings;
  Channel<EncodeTarget> targets;
  // From and to the special functions.
  Channel<MaskRequest> function_reads;
  Channel<Codes> function_vectors;
  Channel<Codes> function_results;
  // From and to DMA.
  Channel<DataRequest> fills;
  Channel<MaskRequest> mask_fills;
  Channel<DataRequest> loads;
  Channel<MaskRequest> mask_loads;
  Channel<DataResponse> loaded;
  Channel<Mask> masks_loaded;

 private:
  // The registers at the boundary, and what is behind them.
  Channel<MaskRequest> function_reads_in_;
  Channel<Codes> function_vectors_out_;
  Channel<Codes> function_results_in_;
  Channel<DataRequest> fills_in_;
  Channel<MaskRequest> mask_fills_in_;
  Channel<DataRequest> loads_in_;
  Channel<MaskRequest> mask_loads_in_;
  Channel<DataResponse> loaded_out_;
  Channel<Mask> masks_loaded_out_;

  ChannelArray<Codes> to_datapath_;
  ChannelArray<Codes> to_functions_;
  ChannelArray<DataResponse> data_ports_;
  ChannelArray<Mask> mask_ports_;
  Channel<PartialRow> rows_;
  Channel<bool> block_ends_;
  Channel<Codes> outputs_;
  Channel<Codes> encoded_;
  Channel<bool> written_;

 public:
  DecodeTop decode_0;
  DecodeTop decode_1;
  InputSetup input_setup;
  Datapath datapath;

 private:
  Accumulator accumulator_;
  OutputArbiter arbiter_;
  Encoder encoder_;
  Demultiplexer<Codes> output_0_;
  Demultiplexer<Codes> output_1_;
  Multiplexer<Codes> function_vector_mux_;
  Demultiplexer<MaskRequest> function_read_mux_;
  Demultiplexer<DataRequest> fill_mux_;
  Demultiplexer<MaskRequest> mask_fill_mux_;
  Demultiplexer<DataRequest> load_mux_;
  Demultiplexer<MaskRequest> mask_load_mux_;
  Relay<DataResponse> data_port_0_;
  Relay<DataResponse> data_port_1_;
  Relay<Mask> mask_port_0_;
  Relay<Mask> mask_port_1_;
  Multiplexer<DataResponse> loaded_mux_;
  Multiplexer<Mask> masks_loaded_mux_;
  Relay<MaskRequest> function_read_register_;
  Relay<Codes> function_vector_register_;
  Relay<Codes> function_result_register_;
  Relay<DataRequest> fill_register_;
  Relay<MaskRequest> mask_fill_register_;
  Relay<DataRequest> load_register_;
  Relay<MaskRequest> mask_load_register_;
  Relay<DataResponse> loaded_register_;
  Relay<Mask> masks_loaded_register_;
};

}  // namespace edgebert::systemc::artifact

#endif  // EDGEBERT_SYSTEMC_ARTIFACT_PROCESSING_UNIT_H_
