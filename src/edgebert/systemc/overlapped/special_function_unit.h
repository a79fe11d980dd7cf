#ifndef EDGEBERT_SYSTEMC_OVERLAPPED_SPECIAL_FUNCTION_UNIT_H_
#define EDGEBERT_SYSTEMC_OVERLAPPED_SPECIAL_FUNCTION_UNIT_H_

#include <cstdint>
#include <string>
#include <systemc>

#include "edgebert/systemc/overlapped/progress.h"
#include "edgebert/systemc/overlapped/special_function.h"
#include "edgebert/systemc/unit.h"

namespace edgebert::systemc::overlapped {

/// Carries out one special function at a time, in program order.
class SpecialFunctionUnit : public Unit {
 public:
  struct Ports {
    Channel<SpecialTask>& tasks;
    Channel<SpecialResult>& results;
  };
  SpecialFunctionUnit(sc_core::sc_module_name name, const Clock& clock, const Ports& ports,
                      const SpecialMemories& memories, const SpecialWidth& width,
                      Progress& progress);

 protected:
  void Step() override;
  std::string Activity() const override;

 private:
  SpecialFunction& FunctionOf(SpecialKind kind);

  Ports ports_;
  Progress& progress_;
  EmbeddingFunction embedding_;
  SoftmaxFunction softmax_;
  AddNormFunction add_norm_;
  PoolFunction pool_;
  EntropyFunction entropy_;
  SpecialFunction* active_ = nullptr;
  EventLog& events_;
  size_t stage_ = 0;  ///< Of the task under way.
  uint32_t operation_ = 0;
};

/// The pipeline behind the functions; each stage takes a vector a cycle.
class SpecialStage : public Unit {
 public:
  SpecialStage(sc_core::sc_module_name name, const Clock& clock, Channel<SpecialResult>& input,
               Channel<SpecialResult>& output);

 protected:
  void Step() override;
  virtual void Change(SpecialResult& result) = 0;

 private:
  Channel<SpecialResult>& input_;
  Channel<SpecialResult>& output_;
};

/// Normalises, takes probabilities from distances, or multiplies.
class SpecialArithmetic : public SpecialStage {
 public:
  using SpecialStage::SpecialStage;

 protected:
  void Change(SpecialResult& result) override;
};

/// Rounds values to AF8 codes.
class SpecialRounder : public SpecialStage {
 public:
  using SpecialStage::SpecialStage;

 protected:
  void Change(SpecialResult& result) override;
};

/// Codes by bitmask what goes to the pool.
class SpecialCoder : public SpecialStage {
 public:
  using SpecialStage::SpecialStage;

 protected:
  void Change(SpecialResult& result) override;
};

/// Writes codes to the pool or the auxiliary buffer and reports the ends of operations.
class SpecialWriter : public Unit {
 public:
  struct Ports {
    Channel<SpecialResult>& results;
    Channel<int32_t>& entropies;
    Channel<uint32_t>& freed_panels;
  };
  SpecialWriter(sc_core::sc_module_name name, const Clock& clock, const Ports& ports,
                const Buffers& buffers, int vector_size, Progress& progress, EventLog& events);

 protected:
  void Step() override;

 private:
  Ports ports_;
  Buffers buffers_;
  int vector_size_;
  Progress& progress_;
  EventLog& events_;
};

}  // namespace edgebert::systemc::overlapped

#endif  // EDGEBERT_SYSTEMC_OVERLAPPED_SPECIAL_FUNCTION_UNIT_H_
