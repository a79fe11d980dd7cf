#ifndef EDGEBERT_SYSTEMC_ARTIFACT_ACCELERATOR_H_
#define EDGEBERT_SYSTEMC_ARTIFACT_ACCELERATOR_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <systemc>
#include <vector>

#include "edgebert/base/status.h"
#include "edgebert/systemc/artifact/bus.h"
#include "edgebert/systemc/artifact/fill_master.h"
#include "edgebert/systemc/artifact/function_block.h"
#include "edgebert/systemc/artifact/processing_unit.h"
#include "edgebert/systemc/artifact/types.h"
#include "edgebert/systemc/artifact/write_back_master.h"

namespace edgebert::systemc::artifact {

/// Capacities; the defaults are those of the authors' release.
struct AcceleratorSize {
  BufferSize decoder;
  size_t auxiliary_rows = 256;  ///< Of 16 bytes.
  size_t dram_words = size_t{1} << 16;
};

/// Where an array lies in a decoder's memories.
struct ArrayPlace {
  uint32_t mask_base = 0;
  uint32_t first_row = 0;
};

/// output[N1 × N0] = right[N1 × K] · left[N0 × K]ᵀ. `left` is in decoder 0 and `right` in decoder
/// 1, both as OrderForMatmul() has them; so is the output.
struct MatmulWork {
  uint32_t left_rows = 0;   ///< N0, as K and N1 a multiple of 16.
  uint32_t right_rows = 0;  ///< N1.
  uint32_t columns = 0;     ///< K.
  ArrayPlace left;
  ArrayPlace right;
  EncodeTarget output;
  Requantization requantization;
};

/// The vectors of a [rows × columns] matrix, both multiples of 16: row groups of 16 in order, in
/// each the groups of 16 columns, in each 16 vectors of 16 consecutive columns, one a row.
std::vector<Codes> OrderForMatmul(std::span<const uint8_t> matrix, size_t rows, size_t columns);
std::vector<uint8_t> MatrixFromVectors(std::span<const Codes> vectors, size_t rows, size_t columns);

/// TopAccel: the whole of the authors' accelerator, one operation at a time. An operation returns
/// its cycles: for matmul and DMA from the edge at which its start is seen to the one at which its
/// end is reported, for the special functions to the interrupt at the controller. Operations end
/// with every queue empty. To be made and used within InSimulation().
class Accelerator : public sc_core::sc_module {
 public:
  Accelerator(sc_core::sc_module_name name, Clock& clock, const AcceleratorSize& size = {});

  Result<uint64_t> Matmul(const MatmulWork& work);
  /// `memory` is the decoder whose memories hold the input. `vectors` start at `input`.
  Result<uint64_t> RunLayerNorm(const LayerNormWork& work, size_t memory, uint32_t first_row,
                                const EncodeTarget& output);
  Result<uint64_t> RunSoftmax(const SoftmaxWork& work, size_t memory, uint32_t first_row,
                              const EncodeTarget& output);
  Result<uint64_t> RunElementAdd(const ElementAddWork& work, size_t memory, uint32_t first_row,
                                 uint32_t second_first_row, const EncodeTarget& output);
  Result<uint64_t> RunEntropy(const EntropyWork& work, size_t memory, uint32_t first_row);
  Result<uint64_t> RunDvfs(const DvfsWork& work);

  Result<uint64_t> FillInput(const Transfer& transfer, size_t memory);
  Result<uint64_t> FillMask(const Transfer& transfer, size_t memory);
  Result<uint64_t> FillAuxiliary(const Transfer& transfer);
  Result<uint64_t> WriteBackInput(const Transfer& transfer, size_t memory);
  Result<uint64_t> WriteBackMask(const Transfer& transfer, size_t memory);

  const EntropyResult& entropy() const { return functions_.entropy.result(); }
  const DvfsTable& dvfs() const { return functions_.dvfs; }
  const Datapath& datapath() const { return unit_.datapath; }

  /// The memories, for a host that puts data there without DMA.
  DecodeTop& decoder(size_t memory) { return memory == 0 ? unit_.decode_0 : unit_.decode_1; }
  std::vector<Codes>& auxiliary() { return functions_.auxiliary.rows(); }
  std::vector<uint64_t>& dram() { return dram_.words; }

  /// Codes vectors into a decoder's memories; reads them back.
  Status Store(size_t memory, const ArrayPlace& place, std::span<const Codes> vectors);
  Result<std::vector<Codes>> Load(size_t memory, const ArrayPlace& place, size_t count);

 private:
  /// The controller: notes when a special function's end arrives.
  class Controller : public Unit {
   public:
    Controller(sc_core::sc_module_name name, const Clock& clock, Channel<FunctionUnit>& done);
    OperationTime time;

   protected:
    void Step() override;

   private:
    Channel<FunctionUnit>& done_;
  };

  BusPorts PortsOf(size_t master);
  Status RunFor(const std::function<bool()>& done);
  Result<uint64_t> RunFunction(FunctionUnit unit, const SpecialFunction& function, size_t memory,
                               const DecodePlan& plan, const EncodeTarget& output,
                               const std::function<void()>& start);
  Result<uint64_t> RunTransfer(const OperationTime& time, Channel<Transfer>& starts,
                               const Transfer& transfer, size_t memory);

  Clock& clock_;
  PathRegisters registers_;
  ProcessingUnit unit_;
  FunctionBlock functions_;
  Controller controller_;
  ChannelArray<Transfer> transfers_;
  ChannelArray<Burst> bursts_;
  ChannelArray<uint64_t> write_words_;
  ChannelArray<uint64_t> read_words_;
  ChannelArray<bool> acknowledgements_;
  Channel<uint64_t> split_words_;
  Channel<uint64_t> packed_words_;
  VectorFill input_fill_;
  MaskFill mask_fill_;
  VectorFill auxiliary_fill_;
  WriteBackMaster<DataRequest> input_write_back_;
  WriteBackMaster<MaskRequest> mask_write_back_;
  VectorSplitter splitter_;
  MaskPacker packer_;
  BusArbiter arbiter_;
  IdealDram dram_;
  std::vector<const ChannelBase*> channels_;
};

}  // namespace edgebert::systemc::artifact

#endif  // EDGEBERT_SYSTEMC_ARTIFACT_ACCELERATOR_H_
