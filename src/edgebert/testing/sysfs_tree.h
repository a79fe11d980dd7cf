#ifndef EDGEBERT_TESTING_SYSFS_TREE_H_
#define EDGEBERT_TESTING_SYSFS_TREE_H_

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "edgebert/testing/testing.h"

namespace edgebert::testing {

/// A temporary tree of attributes, in the place of /sys.
class SysfsTree {
 public:
  const std::filesystem::path& root() const { return directory_.path(); }

  void Write(const std::filesystem::path& name, const std::string& text) const {
    std::filesystem::create_directories((root() / name).parent_path());
    std::ofstream(root() / name) << text;
  }
  std::string Read(const std::filesystem::path& name) const {
    std::ifstream file(root() / name);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  void Remove(const std::filesystem::path& name) const {
    std::filesystem::remove_all(root() / name);
  }

  /// A CPU 0 with governor userspace and three frequencies.
  void AddUserspaceCpu() const {
    AddLimits();
    Write(Cpu("scaling_available_governors"), "performance powersave userspace schedutil \n");
    Write(Cpu("scaling_available_frequencies"), "2400000 1600000 800000 \n");
    Write(Cpu("scaling_setspeed"), "<unsupported>\n");
  }
  /// A CPU 0 whose limits alone can be set, from 800 to 2400 MHz.
  void AddLimits() const {
    Write(Cpu("scaling_governor"), "schedutil\n");
    Write(Cpu("scaling_available_governors"), "performance powersave\n");
    Write(Cpu("cpuinfo_min_freq"), "800000\n");
    Write(Cpu("cpuinfo_max_freq"), "2400000\n");
    Write(Cpu("scaling_min_freq"), "800000\n");
    Write(Cpu("scaling_max_freq"), "2400000\n");
  }
  static std::filesystem::path Cpu(const std::string& name) {
    return std::filesystem::path("devices/system/cpu/cpu0/cpufreq") / name;
  }
  /// A RAPL zone.
  void AddZone(const std::string& zone, const std::string& name, const std::string& microjoules,
               const std::string& range = "262143328850") const {
    const std::filesystem::path directory = std::filesystem::path("class/powercap") / zone;
    Write(directory / "name", name + "\n");
    Write(directory / "energy_uj", microjoules + "\n");
    Write(directory / "max_energy_range_uj", range + "\n");
  }

 private:
  TemporaryDirectory directory_;
};

/// Gives up the rights of root, who may read and write everything, for a while.
class WithoutRoot {
 public:
  WithoutRoot() : was_root_(::geteuid() == 0) {
    constexpr uid_t kNobody = 65534;
    given_up_ = !was_root_ || ::seteuid(kNobody) == 0;
  }
  ~WithoutRoot() {
    if (was_root_ && given_up_) {
      [[maybe_unused]] const int result = ::seteuid(0);
    }
  }
  WithoutRoot(const WithoutRoot&) = delete;
  WithoutRoot& operator=(const WithoutRoot&) = delete;

  bool given_up() const { return given_up_; }

 private:
  bool was_root_;
  bool given_up_ = false;
};

}  // namespace edgebert::testing

#endif  // EDGEBERT_TESTING_SYSFS_TREE_H_
