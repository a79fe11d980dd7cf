#ifndef EDGEBERT_BENCH_PEERS_H_
#define EDGEBERT_BENCH_PEERS_H_

#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "edgebert/base/status.h"
#include "edgebert/bench/runtime.h"
#include "edgebert/bench/workload.h"

namespace edgebert {

/// Where the peers' programs and packages are, and what they run on.
struct PeerOptions {
  std::filesystem::path scripts;  ///< Folder with requirements.txt and the workers (bench/peers).
  std::filesystem::path venv;     ///< Python environment; made where it is missing.
  std::filesystem::path cache;    ///< Folder for converted and quantised models, kept between runs.
  int threads = 1;
  std::vector<int> cpus;   ///< That workers may run on.
  bool mask_avx2 = false;  ///< Hide AVX-512 and VNNI from them.
};

/// Called with what the user should know of: what takes long, what is skipped and why.
using Notice = std::function<void(const std::string&)>;

/// Where the environment lies unless told: $XDG_CACHE_HOME, or ~/.cache, and edgebert/NAME.
std::filesystem::path CacheFolder(const std::string& name);

/// Whether CPUID can be made to fault on this machine. Where it cannot, the AVX2 mask needs copies
/// of the peers' libraries.
bool HasCpuidFaulting();

/// The peers: other runtimes in a Python environment of their own.
class Peers {
 public:
  /// Makes the environment from requirements.txt unless the same requirements made it already; a
  /// package that cannot be installed is named and left out. With the mask, builds its library.
  static Result<Peers> Create(PeerOptions options, const Notice& notice);

  /// Runs a step of prepare.py unless `output` is there already; paths are taken as they are.
  Status Prepare(const std::vector<std::string>& arguments,
                 const std::filesystem::path& output) const;

  /// Starts a worker such as "onnxruntime" on a model file. Errors: the package is not installed,
  /// the model does not load, the mask cannot be had for it.
  Result<WorkerRuntime> Start(const std::string& peer, const std::filesystem::path& model,
                              const std::string& precision) const;

  const PeerOptions& options() const { return options_; }

 private:
  explicit Peers(PeerOptions options) : options_(std::move(options)) {}

  /// Sets the environment in which the peer finds no more than AVX2.
  Status KeepToAvx2(const std::string& peer, ProcessOptions& process) const;

  PeerOptions options_;
  std::filesystem::path mask_library_;  ///< Empty without the mask.
};

/// The lines of requirements.txt that name a package.
std::vector<std::string> RequirementLines(const std::string& text);

/// The JSON list of token ids that prepare.py calibrates on.
std::string CalibrationJson(std::span<const BenchSentence> sentences);

}  // namespace edgebert

#endif  // EDGEBERT_BENCH_PEERS_H_
