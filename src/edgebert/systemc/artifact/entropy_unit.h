#ifndef EDGEBERT_SYSTEMC_ARTIFACT_ENTROPY_UNIT_H_
#define EDGEBERT_SYSTEMC_ARTIFACT_ENTROPY_UNIT_H_

#include <cstdint>
#include <string>
#include <systemc>

#include "edgebert/systemc/artifact/special_function.h"

namespace edgebert::systemc::artifact {

struct EntropyWork {
  FunctionRows rows;      ///< One row of logits; output_bias has no meaning.
  uint32_t classes = 0;   ///< At most 16 · V: lanes beyond take no part.
  int64_t threshold = 0;  ///< In nats, with kFraction fraction bits.
};

struct EntropyResult {
  int64_t entropy = 0;  ///< In nats, with kFraction fraction bits.
  bool exit = false;    ///< The entropy is at most the threshold.
};

/// Enpy: the entropy of a row of logits,
///   ln Σ e^(x − max) + max − Σ x·e^(x − max) / Σ e^(x − max),
/// in two passes, as the authors intend; their code computes something else.
class EntropyUnit : public SpecialFunction {
 public:
  EntropyUnit(sc_core::sc_module_name name, const Clock& clock, const Ports& ports,
              size_t mask_client, Channel<EntropyWork>& starts);

  const EntropyResult& result() const { return result_; }

 protected:
  void Step() override { (this->*state_)(); }
  std::string Activity() const override;

 private:
  using State = void (EntropyUnit::*)();

  void Idle();
  void Prepare();
  void RequestMaximum();
  void CollectMaximum();
  void RequestSums();
  void CollectSums();
  void LogarithmOfSum();
  void Compare();
  void Finish();
  /// Of the current vector, how many lanes take part.
  uint32_t LanesInUse() const;

  Channel<EntropyWork>& starts_;
  State state_ = &EntropyUnit::Idle;
  EntropyWork work_;
  EntropyResult result_;
  uint32_t vector_ = 0;
  int32_t maximum_ = 0;
  int64_t sum_ = 0;
  int64_t weighted_sum_ = 0;  ///< With kInputFraction + kFraction fraction bits.
  int64_t log_sum_ = 0;
  Codes values_ = {};
};

}  // namespace edgebert::systemc::artifact

#endif  // EDGEBERT_SYSTEMC_ARTIFACT_ENTROPY_UNIT_H_
