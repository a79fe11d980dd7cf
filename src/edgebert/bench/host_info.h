#ifndef EDGEBERT_BENCH_HOST_INFO_H_
#define EDGEBERT_BENCH_HOST_INFO_H_

#include <optional>
#include <string>
#include <string_view>

namespace edgebert {

/// What a measurement was taken on.
struct HostInfo {
  std::string cpu;                  ///< "Intel(R) Xeon(R) …", or "unknown".
  std::optional<double> clock_mhz;  ///< As the kernel says just now.
  std::string commit;               ///< Of the sources that this program was built from.
};

HostInfo ReadHostInfo();

/// From the text of /proc/cpuinfo; the commit is left empty.
HostInfo ParseCpuInfo(std::string_view cpuinfo);

}  // namespace edgebert

#endif  // EDGEBERT_BENCH_HOST_INFO_H_
