#ifndef EDGEBERT_SYSTEMC_ARTIFACT_ELEMENT_ADD_H_
#define EDGEBERT_SYSTEMC_ARTIFACT_ELEMENT_ADD_H_

#include <cstdint>
#include <string>
#include <systemc>

#include "edgebert/systemc/artifact/special_function.h"

namespace edgebert::systemc::artifact {

struct ElementAddWork {
  FunctionRows rows;              ///< Of the first operand.
  uint32_t second_mask_base = 0;  ///< Of the second, in the same memory.
  int second_bias = 0;
};

/// ElemAdd: the sum of two arrays, vector by vector.
class ElementAdd : public SpecialFunction {
 public:
  ElementAdd(sc_core::sc_module_name name, const Clock& clock, const Ports& ports,
             size_t mask_client, Channel<ElementAddWork>& starts);

 protected:
  void Step() override { (this->*state_)(); }
  std::string Activity() const override;

 private:
  using State = void (ElementAdd::*)();

  void Idle();
  void PrepareFirst();
  void PrepareSecond();
  void RequestFirst();
  void CollectFirst();
  void RequestSecond();
  void CollectSecond();
  void Add();
  void EmitVector();
  void NextRow();
  void Finish();

  Channel<ElementAddWork>& starts_;
  State state_ = &ElementAdd::Idle;
  ElementAddWork work_;
  FunctionRows second_;
  uint32_t row_ = 0;
  uint32_t vector_ = 0;
  Codes first_values_ = {};
  Codes second_values_ = {};
  Codes sums_ = {};
};

}  // namespace edgebert::systemc::artifact

#endif  // EDGEBERT_SYSTEMC_ARTIFACT_ELEMENT_ADD_H_
