#include "edgebert/bench/peers.h"

#include <fmt/format.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <map>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>

#include "edgebert/base/file.h"
#include "edgebert/base/text.h"

namespace edgebert {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kMaxRequirementsBytes = 1 << 16;

/// Kept beside the environment: the requirements that it was made from.
fs::path StampOf(const fs::path& venv) { return venv / "edgebert-requirements.txt"; }

fs::path PythonOf(const fs::path& venv) { return venv / "bin" / "python"; }

Status RunStep(const std::vector<std::string>& arguments, const std::string& what,
               const fs::path& log) {
  EDGEBERT_ASSIGN_OR_RETURN(
      const int status,
      RunToEnd(
          {.arguments = arguments, .environment = {}, .cpus = {}, .standard_error = log.string()}));
  if (status == 0) {
    return OkStatus();
  }
  const Result<std::string> text = ReadTextFile(log, uint64_t{1} << 24);
  std::string last = text.ok() ? *text : "";
  while (!last.empty() && (last.back() == '\n' || last.back() == ' ')) {
    last.pop_back();
  }
  last = last.substr(last.rfind('\n') + 1);
  return Unsupported(fmt::format("{} failed with status {}: {} (all of it in {})", what, status,
                                 last, log.string()));
}

Status MakeEnvironment(const PeerOptions& options, const std::string& requirements,
                       const Notice& notice) {
  notice(fmt::format("making the peers' Python environment in {} (once; a few GB, some minutes)",
                     options.venv.string()));
  std::error_code error;
  fs::create_directories(options.venv.parent_path(), error);
  const fs::path log = options.venv.string() + ".log";
  EDGEBERT_RETURN_IF_ERROR(RunStep({"python3", "-m", "venv", options.venv.string()},
                                   "python3 -m venv (Debian: python3-venv)", log));
  for (const std::string& line : RequirementLines(requirements)) {
    std::vector<std::string> install = {
        PythonOf(options.venv).string(), "-m", "pip", "install", "--no-input",
        "--disable-pip-version-check"};
    for (size_t begin = 0; begin < line.size();) {
      const size_t end = std::min(line.find(' ', begin), line.size());
      install.push_back(line.substr(begin, end - begin));
      begin = end + 1;
    }
    if (const Status status = RunStep(install, "pip install " + line, log); !status.ok()) {
      notice(status.message());
    }
  }
  return WriteFileAtomically(StampOf(options.venv), requirements);
}

/// Whether a copy of the package in which CPUID can be answered keeps it to AVX2.
bool IsMaskedByCopy(const std::string& peer) { return peer == "onnxruntime" || peer == "openvino"; }

/// What keeps a runtime that has a switch of its own to AVX2.
std::vector<std::pair<std::string, std::string>> Avx2Switches(const std::string& peer) {
  if (peer == "pytorch") {
    return {{"ATEN_CPU_CAPABILITY", "avx2"},
            {"ONEDNN_MAX_CPU_ISA", "AVX2"},
            {"MKL_ENABLE_INSTRUCTIONS", "AVX2"}};
  }
  if (peer == "ctranslate2") {
    return {{"CT2_FORCE_CPU_ISA", "AVX2"},
            {"ONEDNN_MAX_CPU_ISA", "AVX2"},
            {"MKL_ENABLE_INSTRUCTIONS", "AVX2"}};
  }
  return {};
}

}  // namespace

fs::path CacheFolder(const std::string& name) {
  const char* const cache = std::getenv("XDG_CACHE_HOME");
  const char* const home = std::getenv("HOME");
  const fs::path root = cache != nullptr && *cache != '\0' ? fs::path(cache)
                        : home != nullptr                  ? fs::path(home) / ".cache"
                                                           : fs::temp_directory_path();
  return root / "edgebert" / name;
}

bool HasCpuidFaulting() {
#ifdef SYS_arch_prctl                // x86 only.
  constexpr int kSetCpuid = 0x1012;  // ARCH_SET_CPUID of <asm/prctl.h>, which old headers lack.
  const pid_t pid = fork();
  if (pid == 0) {
    // Off again by itself: it ends with the process.
    _exit(syscall(SYS_arch_prctl, kSetCpuid, 0UL) == 0 ? 0 : 1);
  }
  int status = 1;
  return pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
         WEXITSTATUS(status) == 0;
#else
  return false;
#endif
}

std::vector<std::string> RequirementLines(const std::string& text) {
  std::vector<std::string> lines;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    std::string line = text.substr(begin, end - begin);
    if (!line.empty() && line[0] != '#') {
      lines.push_back(std::move(line));
    }
    begin = end + 1;
  }
  return lines;
}

Result<Peers> Peers::Create(PeerOptions options, const Notice& notice) {
  EDGEBERT_ASSIGN_OR_RETURN(
      const std::string requirements,
      ReadTextFile(options.scripts / "requirements.txt", kMaxRequirementsBytes));
  const Result<std::string> made = ReadTextFile(StampOf(options.venv), kMaxRequirementsBytes);
  if (!made.ok() || *made != requirements) {
    EDGEBERT_RETURN_IF_ERROR(MakeEnvironment(options, requirements, notice));
  }
  std::error_code error;
  fs::create_directories(options.cache, error);
  if (error) {
    return IoError(
        fmt::format("{}: cannot make the folder: {}", options.cache.string(), error.message()));
  }
  Peers peers(std::move(options));
  if (peers.options_.mask_avx2) {
    const fs::path library = peers.options_.cache / "cpuid_mask.so";
    const fs::path source = peers.options_.scripts / "cpuid_mask.c";
    EDGEBERT_RETURN_IF_ERROR(
        RunStep({"cc", "-O1", "-shared", "-fPIC", "-o", library.string(), source.string()},
                "building the CPUID mask", peers.options_.cache / "cpuid_mask.log"));
    peers.mask_library_ = library;
    if (!HasCpuidFaulting()) {
      notice(
          "this processor or kernel has no CPUID faulting: runtimes without a switch of their own "
          "are kept to AVX2 by copies of their libraries in which CPUID is replaced");
    }
  }
  return peers;
}

Status Peers::Prepare(const std::vector<std::string>& arguments, const fs::path& output) const {
  std::error_code ignored;
  if (fs::exists(output, ignored)) {
    return OkStatus();
  }
  std::vector<std::string> command = {PythonOf(options_.venv).string(),
                                      (options_.scripts / "prepare.py").string()};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return RunStep(command, fmt::format("prepare.py {}", arguments[0]), output.string() + ".log");
}

Result<WorkerRuntime> Peers::Start(const std::string& peer, const fs::path& model,
                                   const std::string& precision) const {
  ProcessOptions process;
  process.arguments = {PythonOf(options_.venv).string(),
                       (options_.scripts / (peer + "_peer.py")).string(),
                       "--model",
                       model.string(),
                       "--precision",
                       precision,
                       "--threads",
                       std::to_string(options_.threads)};
  process.environment = {{"OMP_NUM_THREADS", std::to_string(options_.threads)},
                         {"PYTHONDONTWRITEBYTECODE", "1"}};
  process.cpus = options_.cpus;
  process.standard_error = (options_.cache / (peer + "-" + precision + ".log")).string();
  if (options_.mask_avx2) {
    EDGEBERT_RETURN_IF_ERROR(KeepToAvx2(peer, process));
  }
  return WorkerRuntime::Start(process);
}

Status Peers::KeepToAvx2(const std::string& peer, ProcessOptions& process) const {
  if (HasCpuidFaulting()) {
    process.environment.emplace_back("LD_PRELOAD", mask_library_.string());
    return OkStatus();
  }
  if (IsMaskedByCopy(peer)) {
    const fs::path copy = options_.cache / ("masked-" + peer);
    EDGEBERT_RETURN_IF_ERROR(
        RunStep({PythonOf(options_.venv).string(), (options_.scripts / "mask_package.py").string(),
                 peer, copy.string()},
                "mask_package.py " + peer, copy.string() + ".log"));
    process.environment.insert(process.environment.end(), {{"LD_PRELOAD", mask_library_.string()},
                                                           {"CPUID_MASK_REPLACED", "1"},
                                                           {"PYTHONPATH", copy.string()}});
    return OkStatus();
  }
  const auto switches = Avx2Switches(peer);
  if (switches.empty()) {
    return Unsupported("it has no switch to AVX2, and CPUID cannot be masked here");
  }
  process.environment.insert(process.environment.end(), switches.begin(), switches.end());
  return OkStatus();
}

std::string CalibrationJson(std::span<const BenchSentence> sentences) {
  nlohmann::json list = nlohmann::json::array();
  for (const BenchSentence& sentence : sentences) {
    list.push_back({{"ids", sentence.ids}, {"segments", sentence.segment_ids}});
  }
  return list.dump();
}

}  // namespace edgebert
