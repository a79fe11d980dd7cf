#include "edgebert/systemc/artifact/special_function.h"

namespace edgebert::systemc::artifact {

SpecialFunction::SpecialFunction(sc_core::sc_module_name name, const Clock& clock,
                                 const Ports& ports, FunctionUnit unit, size_t mask_client)
    : Unit(name, clock), ports_(ports), unit_(unit), mask_client_(mask_client) {
  Reads({&ports.vectors, &ports.auxiliary});
  Writes({&ports.mask_reads, &ports.auxiliary_reads, &ports.results, &ports.done});
}

bool SpecialFunction::RequestVector(uint32_t mask_address) {
  if (!ports_.mask_reads.CanPush()) {
    return false;
  }
  ports_.mask_reads.Push(
      {.store = false, .address = mask_address, .mask = 0, .client = mask_client_});
  return true;
}

bool SpecialFunction::RequestAuxiliary(uint32_t row) {
  if (!ports_.auxiliary_reads.CanPush()) {
    return false;
  }
  DataRequest request{.store = false,
                      .rows = {},
                      .lanes = Mask{0xffff},
                      .codes = {},
                      .client = static_cast<size_t>(unit_)};
  request.rows.fill(row);
  ports_.auxiliary_reads.Push(request);
  return true;
}

bool SpecialFunction::CollectVector(Codes& codes) {
  if (!ports_.vectors.CanPop()) {
    return false;
  }
  codes = ports_.vectors.Pop();
  return true;
}

bool SpecialFunction::CollectAuxiliary(Codes& codes) {
  if (!ports_.auxiliary.CanPop()) {
    return false;
  }
  codes = ports_.auxiliary.Pop();
  return true;
}

bool SpecialFunction::Emit(const Codes& codes) {
  if (!ports_.results.CanPush()) {
    return false;
  }
  ports_.results.Push(codes);
  return true;
}

bool SpecialFunction::ReportDone() {
  if (!ports_.done.CanPush()) {
    return false;
  }
  ports_.done.Push(unit_);
  return true;
}

}  // namespace edgebert::systemc::artifact
