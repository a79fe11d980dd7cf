#ifndef EDGEBERT_SYSTEMC_ARTIFACT_LAYER_NORM_H_
#define EDGEBERT_SYSTEMC_ARTIFACT_LAYER_NORM_H_

#include <cstdint>
#include <string>
#include <systemc>

#include "edgebert/systemc/artifact/special_function.h"

namespace edgebert::systemc::artifact {

struct LayerNormWork {
  FunctionRows rows;
  uint32_t gamma_row = 0;  ///< Of the auxiliary memory, V rows.
  uint32_t beta_row = 0;
  int gamma_bias = 0;
  int beta_bias = 0;
};

/// LayerNorm over the 16 · V values of each row, without an epsilon, in two passes. What the
/// authors hold in too few bits (sums, mean²) is wide here, and beta is read from its own address.
class LayerNorm : public SpecialFunction {
 public:
  LayerNorm(sc_core::sc_module_name name, const Clock& clock, const Ports& ports,
            size_t mask_client, Channel<LayerNormWork>& starts);

 protected:
  void Step() override { (this->*state_)(); }
  std::string Activity() const override;

 private:
  using State = void (LayerNorm::*)();

  void Idle();
  void Prepare();
  void RequestFirst();
  void CollectFirst();
  void Moments();
  void InverseDeviation();
  void RequestSecond();
  void CollectSecond();
  void RequestGamma();
  void CollectGamma();
  void RequestBeta();
  void CollectBeta();
  void EmitVector();
  void Finish();
  void NextRow();

  Channel<LayerNormWork>& starts_;
  State state_ = &LayerNorm::Idle;
  LayerNormWork work_;
  uint32_t row_ = 0;
  uint32_t vector_ = 0;
  int64_t sum_ = 0;      ///< Of values with kInputFraction fraction bits.
  int64_t squares_ = 0;  ///< Twice as many fraction bits.
  int64_t mean_ = 0;
  int64_t variance_ = 0;  ///< With 2 · kFraction fraction bits.
  int64_t inverse_deviation_ = 0;
  Codes values_ = {};
  Codes gamma_ = {};
  Codes beta_ = {};
};

}  // namespace edgebert::systemc::artifact

#endif  // EDGEBERT_SYSTEMC_ARTIFACT_LAYER_NORM_H_
