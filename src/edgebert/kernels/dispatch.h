#ifndef EDGEBERT_KERNELS_DISPATCH_H_
#define EDGEBERT_KERNELS_DISPATCH_H_

#include <string>
#include <string_view>
#include <vector>

#include "edgebert/base/status.h"

// Every kernel is compiled once for each instruction set and picks one as it is called. All of them
// give the same bits; they differ in speed alone.

namespace edgebert {

/// The instruction sets that this processor has and this build was compiled for, best first, e.g.
/// "AVX3" (AVX-512), "AVX2", "SSE4", "SSSE3", "SCALAR".
std::vector<std::string> SupportedInstructionSets();

/// The one that kernels use now.
std::string InstructionSet();

/// While alive, all kernels of the process use one instruction set: for tests and benchmarks, while
/// no other thread runs a kernel.
class ScopedInstructionSet {
 public:
  /// `name` is one of SupportedInstructionSets(); status() says so where it is not, and nothing is
  /// changed then.
  explicit ScopedInstructionSet(std::string_view name);
  ~ScopedInstructionSet();
  ScopedInstructionSet(const ScopedInstructionSet&) = delete;
  ScopedInstructionSet& operator=(const ScopedInstructionSet&) = delete;

  const Status& status() const { return status_; }

 private:
  Status status_;
};

}  // namespace edgebert

#endif  // EDGEBERT_KERNELS_DISPATCH_H_
