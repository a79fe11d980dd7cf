#include "edgebert/systemc/artifact/dvfs_table.h"

#include <algorithm>

namespace edgebert::systemc::artifact {

DvfsTable::DvfsTable(sc_core::sc_module_name name, const Clock& clock, const Ports& ports,
                     Channel<DvfsWork>& starts)
    : SpecialFunction(name, clock, ports, FunctionUnit::kDvfs, 0), starts_(starts) {
  Reads({&starts});
}

std::string DvfsTable::Activity() const { return state_ == &DvfsTable::Idle ? "" : "looking up"; }

size_t DvfsTable::Bin(int32_t scaled) {
  static constexpr std::array<int32_t, 15> kStarts = {
      256, 512, 1024, 2048, 3072, 4096, 5120, 6144, 8192, 10240, 12288, 16384, 20480, 24576, 28672};
  return static_cast<size_t>(std::upper_bound(kStarts.begin(), kStarts.end(), scaled) -
                             kStarts.begin());
}

void DvfsTable::Idle() {
  if (starts_.CanPop()) {
    work_ = starts_.Pop();
    NoteStart();
    state_ = &DvfsTable::Scale;
  }
}

void DvfsTable::Scale() {
  scaled_ = work_.entropy / work_.scale;
  state_ = &DvfsTable::Select;
}

void DvfsTable::Select() {
  bin_ = Bin(scaled_);
  state_ = &DvfsTable::Output;
}

void DvfsTable::Output() {
  ldo_code_ = work_.ldo_codes[bin_];
  dco_code_ = work_.dco_codes[std::min(bin_, work_.dco_codes.size() - 1)];
  state_ = &DvfsTable::Finish;
}

void DvfsTable::Finish() {
  if (ReportDone()) {
    state_ = &DvfsTable::Idle;
  }
}

}  // namespace edgebert::systemc::artifact
