#include "edgebert/systemc/artifact/memory.h"

#include <fmt/format.h>

namespace edgebert::systemc::artifact {
namespace {

// Of one client: enough for one a cycle, as a load is under way for three cycles.
constexpr size_t kLoadsUnderWay = 4;

/// As deep as there are requesters, as the authors' are. The first is the encoder's: it holds a
/// tile, so that stores that take turns with loads do not hold up the accumulators.
std::vector<size_t> QueueDepths(size_t clients) {
  std::vector<size_t> depths(clients, clients);
  depths.front() = kLanes;
  return depths;
}

}  // namespace

MaskMemory::MaskMemory(sc_core::sc_module_name name, const Clock& clock, size_t words,
                       size_t clients)
    : sc_core::sc_module(name),
      requests_("requests", QueueDepths(clients)),
      responses_("responses", clients, kLoadsUnderWay),
      granted_("granted"),
      stored_("stored"),
      crossbar_("crossbar", clock, requests_, responses_, granted_),
      array_(*this, clock, words) {}

MaskMemory::Array::Array(MaskMemory& memory, const Clock& clock, size_t size)
    : Unit("array", clock), words(size), memory_(memory) {
  Reads({&memory.granted_});
  Writes({&memory.stored_});
}

void MaskMemory::Array::Step() {
  if (!memory_.granted_.CanPop()) {
    return;
  }
  const MaskRequest request = memory_.granted_.Front();
  if (request.address >= words.size()) {
    SC_REPORT_ERROR(
        "memory",
        fmt::format("{}: address {} of {} words", name(), request.address, words.size()).c_str());
  }
  if (request.store) {
    if (request.last) {
      if (!memory_.stored_.CanPush()) {
        return;
      }
      memory_.stored_.Push(true);
    }
    words[request.address] = request.mask;
  } else {
    Channel<Mask>& response = memory_.responses_[request.client];
    if (!response.CanPush()) {
      return;
    }
    response.Push(words[request.address]);
  }
  memory_.granted_.Pop();
}

BankedMemory::BankedMemory(sc_core::sc_module_name name, const Clock& clock, size_t rows,
                           size_t clients)
    : sc_core::sc_module(name),
      requests_("requests", QueueDepths(clients)),
      responses_("responses", clients, kLoadsUnderWay),
      granted_("granted"),
      stored_("stored"),
      crossbar_("crossbar", clock, requests_, responses_, granted_),
      array_(*this, clock, rows) {}

BankedMemory::Array::Array(BankedMemory& memory, const Clock& clock, size_t size)
    : Unit("array", clock), rows(size), memory_(memory) {
  Reads({&memory.granted_});
  Writes({&memory.stored_});
}

void BankedMemory::Array::Check(const DataRequest& request) const {
  for (size_t lane = 0; lane < kLanes; ++lane) {
    if (((request.lanes >> lane) & 1) != 0 && request.rows[lane] >= rows.size()) {
      SC_REPORT_ERROR("memory", fmt::format("{}: row {} of {} in bank {}", name(),
                                            request.rows[lane], rows.size(), lane)
                                    .c_str());
    }
  }
}

void BankedMemory::Array::Store(const DataRequest& request) {
  for (size_t lane = 0; lane < kLanes; ++lane) {
    if (((request.lanes >> lane) & 1) != 0) {
      rows[request.rows[lane]][lane] = request.codes[lane];
    }
  }
}

DataResponse BankedMemory::Array::Load(const DataRequest& request) {
  for (size_t lane = 0; lane < kLanes; ++lane) {
    if (((request.lanes >> lane) & 1) != 0) {
      outputs_[lane] = rows[request.rows[lane]][lane];
    }
  }
  return {.lanes = request.lanes, .codes = outputs_};
}

void BankedMemory::Array::Step() {
  if (!memory_.granted_.CanPop()) {
    return;
  }
  const DataRequest& request = memory_.granted_.Front();
  Check(request);
  if (request.store) {
    if (request.last) {
      if (!memory_.stored_.CanPush()) {
        return;
      }
      memory_.stored_.Push(true);
    }
    Store(request);
  } else {
    Channel<DataResponse>& response = memory_.responses_[request.client];
    if (!response.CanPush()) {
      return;
    }
    response.Push(Load(request));
  }
  memory_.granted_.Pop();
}

}  // namespace edgebert::systemc::artifact
