#ifndef EDGEBERT_SYSTEMC_ARTIFACT_FUNCTION_BLOCK_H_
#define EDGEBERT_SYSTEMC_ARTIFACT_FUNCTION_BLOCK_H_

#include <cstddef>
#include <systemc>

#include "edgebert/systemc/artifact/dvfs_table.h"
#include "edgebert/systemc/artifact/element_add.h"
#include "edgebert/systemc/artifact/entropy_unit.h"
#include "edgebert/systemc/artifact/layer_norm.h"
#include "edgebert/systemc/artifact/processing_unit.h"
#include "edgebert/systemc/artifact/softmax.h"
#include "edgebert/systemc/artifact/types.h"
#include "edgebert/systemc/channel_array.h"
#include "edgebert/systemc/crossbar.h"
#include "edgebert/systemc/routing.h"

namespace edgebert::systemc::artifact {

/// GBModule: the special functions, the auxiliary memory (gamma, beta, span masks), and the merging
/// of their requests, results and ends into one stream each.
class FunctionBlock : public sc_core::sc_module {
 public:
  FunctionBlock(sc_core::sc_module_name name, const Clock& clock, const PathRegisters& registers,
                ProcessingUnit& processing_unit, size_t auxiliary_rows);

  Channel<LayerNormWork> layer_norm_starts;
  Channel<SoftmaxWork> softmax_starts;
  Channel<ElementAddWork> element_add_starts;
  Channel<EntropyWork> entropy_starts;
  Channel<DvfsWork> dvfs_starts;
  Channel<DataRequest> auxiliary_fills;
  Channel<FunctionUnit> done;

 private:
  ChannelArray<MaskRequest> mask_reads_;
  ChannelArray<Codes> vectors_;
  ChannelArray<DataRequest> auxiliary_reads_;
  ChannelArray<Codes> auxiliary_vectors_;
  ChannelArray<Codes> results_;
  ChannelArray<FunctionUnit> ends_;
  Channel<MaskRequest> merged_reads_;
  Channel<Codes> vectors_in_;
  Channel<FunctionUnit> merged_ends_;

 public:
  BankedMemory auxiliary;
  LayerNorm layer_norm;
  Softmax softmax;
  ElementAdd element_add;
  EntropyUnit entropy;
  DvfsTable dvfs;

 private:
  /// Passes the codes of a response on: auxiliary rows have all their lanes.
  class AuxiliaryBroadcast : public Unit {
   public:
    AuxiliaryBroadcast(sc_core::sc_module_name name, const Clock& clock,
                       Channel<DataResponse>& input, Channel<Codes>& output);

   protected:
    void Step() override;

   private:
    Channel<DataResponse>& input_;
    Channel<Codes>& output_;
  };

  SpecialFunction::Ports PortsOf(FunctionUnit unit);

  Crossbar<MaskRequest> read_mux_;
  Relay<MaskRequest> read_register_;
  Relay<Codes> vector_register_;
  Demultiplexer<Codes> broadcast_;
  Crossbar<DataRequest> auxiliary_mux_;
  AuxiliaryBroadcast layer_norm_auxiliary_;
  AuxiliaryBroadcast softmax_auxiliary_;
  Relay<DataRequest> fill_register_;
  Crossbar<Codes> result_mux_;
  Crossbar<FunctionUnit> done_mux_;
  Relay<FunctionUnit> done_register_;
};

}  // namespace edgebert::systemc::artifact

#endif  // EDGEBERT_SYSTEMC_ARTIFACT_FUNCTION_BLOCK_H_
