#ifndef EDGEBERT_KERNELS_DISPATCH_H_
#define EDGEBERT_KERNELS_DISPATCH_H_

#include <string>
#include <string_view>
#include <vector>

#include "edgebert/base/status.h"

// Every kernel is compiled once for each instruction set and picks one as it is called. All of them
// give the same bits; they differ in speed alone.

namespace edgebert {

/// The instruction sets that this processor has and this build was compiled for, best first: of
/// "amx", "avx512vnni", "avx512", "avxvnni", "avx2", "sse4", "ssse3", "neon", "scalar".
std::vector<std::string> SupportedInstructionSets();

/// The one that kernels use now.
std::string InstructionSet();

/// Makes all kernels of the process use one from now on; not while another thread runs a kernel. An
/// error where it is not one of SupportedInstructionSets().
Status UseInstructionSet(std::string_view name);

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
  std::string before_;
  Status status_;
};

}  // namespace edgebert

#endif  // EDGEBERT_KERNELS_DISPATCH_H_
