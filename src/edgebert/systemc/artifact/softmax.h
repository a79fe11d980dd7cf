#ifndef EDGEBERT_SYSTEMC_ARTIFACT_SOFTMAX_H_
#define EDGEBERT_SYSTEMC_ARTIFACT_SOFTMAX_H_

#include <cstdint>
#include <string>
#include <systemc>

#include "edgebert/systemc/artifact/special_function.h"

namespace edgebert::systemc::artifact {

struct SoftmaxWork {
  FunctionRows rows;
  uint32_t span_row = 0;  ///< Of the auxiliary memory, V rows: factors, the same for every row.
  int span_bias = 0;
};

/// Softmax over the 16 · V values of each row as e^(x − max − ln Σ e^(x − max)), in three passes,
/// times the span mask. Unlike the authors' it decodes its input in every pass and takes the
/// logarithm once a row.
class Softmax : public SpecialFunction {
 public:
  Softmax(sc_core::sc_module_name name, const Clock& clock, const Ports& ports, size_t mask_client,
          Channel<SoftmaxWork>& starts);

 protected:
  void Step() override { (this->*state_)(); }
  std::string Activity() const override;

 private:
  using State = void (Softmax::*)();

  void Idle();
  void RequestMaximum();
  void CollectMaximum();
  void RequestSum();
  void CollectSum();
  void LogarithmOfSum();
  void RequestThird();
  void CollectThird();
  void RequestSpan();
  void CollectSpan();
  void EmitVector();
  void Finish();
  void NextRow();
  bool RequestCurrent() { return RequestVector(work_.rows.MaskAddress(row_, vector_)); }
  /// The next vector of a pass, or on to `then` after the last.
  void Advance(State again, State then);
  int64_t BelowMaximum(uint8_t code) const;

  Channel<SoftmaxWork>& starts_;
  State state_ = &Softmax::Idle;
  SoftmaxWork work_;
  uint32_t row_ = 0;
  uint32_t vector_ = 0;
  int32_t maximum_ = 0;
  int64_t sum_ = 0;
  int64_t log_sum_ = 0;
  Codes values_ = {};
  Codes span_ = {};
};

}  // namespace edgebert::systemc::artifact

#endif  // EDGEBERT_SYSTEMC_ARTIFACT_SOFTMAX_H_
