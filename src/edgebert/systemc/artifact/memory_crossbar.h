#ifndef EDGEBERT_SYSTEMC_ARTIFACT_MEMORY_CROSSBAR_H_
#define EDGEBERT_SYSTEMC_ARTIFACT_MEMORY_CROSSBAR_H_

#include <cstddef>
#include <cstdint>
#include <systemc>
#include <vector>

#include "edgebert/systemc/channel_array.h"
#include "edgebert/systemc/unit.h"

namespace edgebert::systemc::artifact {

/// Passes one request a cycle to a memory, round robin. A load goes on only when there will be room
/// for its answer: one that waits in front of the memory would block the stores behind it.
template <typename Request, typename Response>
class MemoryCrossbar : public Unit {
 public:
  MemoryCrossbar(sc_core::sc_module_name name, const Clock& clock, ChannelArray<Request>& requests,
                 ChannelArray<Response>& responses, Channel<Request>& granted)
      : Unit(name, clock),
        requests_(requests),
        responses_(responses),
        granted_(granted),
        loads_(responses.size()) {
    for (size_t i = 0; i < requests.size(); ++i) {
      Reads({&requests[i]});
      Writes({&responses[i]});
    }
  }

 protected:
  void Step() override {
    if (!granted_.CanPush()) {
      return;
    }
    for (size_t i = 0; i < requests_.size(); ++i) {
      const size_t candidate = (next_ + i) % requests_.size();
      if (requests_[candidate].CanPop() && MayPass(requests_[candidate].Front())) {
        const Request request = requests_[candidate].Pop();
        loads_[request.client] += request.store ? 0 : 1;
        granted_.Push(request);
        next_ = (candidate + 1) % requests_.size();
        return;
      }
    }
  }

 private:
  bool MayPass(const Request& request) {
    const Channel<Response>& response = responses_[request.client];
    return request.store || loads_[request.client] - response.total() < response.capacity();
  }

  ChannelArray<Request>& requests_;
  ChannelArray<Response>& responses_;
  Channel<Request>& granted_;
  std::vector<uint64_t> loads_;  ///< That have gone on, by client.
  size_t next_ = 0;
};

}  // namespace edgebert::systemc::artifact

#endif  // EDGEBERT_SYSTEMC_ARTIFACT_MEMORY_CROSSBAR_H_
