#ifndef EDGEBERT_POWER_SYSFS_FILE_H_
#define EDGEBERT_POWER_SYSFS_FILE_H_

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "edgebert/base/status.h"

namespace edgebert {

/// The text of a sysfs attribute, blanks at its end removed. These files do not know their length
/// beforehand, so that ReadTextFile() does not fit. Missing: kNotFound; longer than a page:
/// kDataLoss; otherwise kIoError, which says how to mend a lack of permission.
Result<std::string> ReadSysfs(const std::filesystem::path& path);

/// The whole number, from 0 up, that an attribute holds; anything else is kDataLoss.
Result<uint64_t> ReadSysfsCount(const std::filesystem::path& path);

/// Writes an attribute in one call, as drivers expect. Errors as of ReadSysfs(); a value that the
/// driver refuses is kIoError.
Status WriteSysfs(const std::filesystem::path& path, std::string_view text);

}  // namespace edgebert

#endif  // EDGEBERT_POWER_SYSFS_FILE_H_
