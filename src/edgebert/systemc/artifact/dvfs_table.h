#ifndef EDGEBERT_SYSTEMC_ARTIFACT_DVFS_TABLE_H_
#define EDGEBERT_SYSTEMC_ARTIFACT_DVFS_TABLE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <systemc>

#include "edgebert/systemc/artifact/special_function.h"

namespace edgebert::systemc::artifact {

struct DvfsWork {
  int32_t entropy = 0;  ///< With kInputFraction fraction bits.
  uint8_t scale = 1;    ///< Divides it; not 0.
  std::array<uint8_t, 16> ldo_codes = {};
  std::array<uint8_t, 15> dco_codes = {};
};

/// Dvfs: the authors' threshold lookup from an entropy to a code for the regulator and one for the
/// clock generator, which both change in one step. (The controller of the paper is another:
/// systemc/dvfs_controller.h.)
class DvfsTable : public SpecialFunction {
 public:
  DvfsTable(sc_core::sc_module_name name, const Clock& clock, const Ports& ports,
            Channel<DvfsWork>& starts);

  uint8_t ldo_code() const { return ldo_code_; }
  uint8_t dco_code() const { return dco_code_; }

  /// The bin of a scaled entropy with kInputFraction fraction bits.
  static size_t Bin(int32_t scaled);

 protected:
  void Step() override { (this->*state_)(); }
  std::string Activity() const override;

 private:
  using State = void (DvfsTable::*)();

  void Idle();
  void Scale();
  void Select();
  void Output();
  void Finish();

  Channel<DvfsWork>& starts_;
  State state_ = &DvfsTable::Idle;
  DvfsWork work_;
  int32_t scaled_ = 0;
  size_t bin_ = 0;
  uint8_t ldo_code_ = 0;
  uint8_t dco_code_ = 63;
};

}  // namespace edgebert::systemc::artifact

#endif  // EDGEBERT_SYSTEMC_ARTIFACT_DVFS_TABLE_H_
