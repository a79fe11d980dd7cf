#ifndef EDGEBERT_SYSTEMC_OVERLAPPED_EMISSION_PATH_H_
#define EDGEBERT_SYSTEMC_OVERLAPPED_EMISSION_PATH_H_

#include <cstdint>
#include <optional>
#include <systemc>

#include "edgebert/systemc/overlapped/array_items.h"
#include "edgebert/systemc/overlapped/event_log.h"
#include "edgebert/systemc/overlapped/panel_table.h"
#include "edgebert/systemc/overlapped/progress.h"
#include "edgebert/systemc/overlapped/word_planes.h"
#include "edgebert/systemc/unit.h"

// From the accumulators to the buffers, a vector a cycle through each unit.

namespace edgebert::systemc::overlapped {

/// One stage: takes a vector a cycle and passes on what it makes of it.
class EmissionStage : public Unit {
 public:
  EmissionStage(sc_core::sc_module_name name, const Clock& clock, Channel<EmittedVector>& input,
                Channel<EmittedVector>& output);

 protected:
  void Step() override;
  virtual void Change(EmittedVector& vector) = 0;

 private:
  Channel<EmittedVector>& input_;
  Channel<EmittedVector>& output_;
};

/// Adds biases, which DMA brings as float32, as integers in units of the sums: rounded half to
/// even, at most 40 bits.
class BiasAdder : public EmissionStage {
 public:
  BiasAdder(sc_core::sc_module_name name, const Clock& clock, Channel<EmittedVector>& input,
            Channel<EmittedVector>& output, ParameterStore& biases)
      : EmissionStage(name, clock, input, output), biases_(biases) {}

 protected:
  void Change(EmittedVector& vector) override;

 private:
  ParameterStore& biases_;
};

/// Rounds sums to the words that the operation asks for: what activation functions take, updates,
/// scores or logits. Sums that become AF8 without a function pass.
class WordScaler : public EmissionStage {
 public:
  using EmissionStage::EmissionStage;

 protected:
  void Change(EmittedVector& vector) override;
};

class ActivationUnit : public EmissionStage {
 public:
  using EmissionStage::EmissionStage;

 protected:
  void Change(EmittedVector& vector) override;
};

/// Rounds to AF8 codes, codes them by bitmask, and writes a vector a cycle to the pool or to the
/// auxiliary buffer; words go as they are, a plane of banks a byte.
class ResultWriter : public Unit {
 public:
  ResultWriter(sc_core::sc_module_name name, const Clock& clock, Channel<EmittedVector>& input,
               const Buffers& buffers, int vector_size, Progress& progress, EventLog& events);

 protected:
  void Step() override;

 private:
  void WriteCodes(const EmittedVector& vector);

  Channel<EmittedVector>& input_;
  Buffers buffers_;
  int vector_size_;
  Progress& progress_;
  EventLog& events_;
};

}  // namespace edgebert::systemc::overlapped

#endif  // EDGEBERT_SYSTEMC_OVERLAPPED_EMISSION_PATH_H_
