#ifndef EDGEBERT_DATA_OWN_DATA_H_
#define EDGEBERT_DATA_OWN_DATA_H_

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "edgebert/base/status.h"
#include "edgebert/data/dataset.h"

namespace edgebert {

/// The columns of a table to take.
struct OwnDataColumns {
  std::string text;
  std::optional<std::string> pair = std::nullopt;
  std::string label;
};

/// Reads a user's own table with a header, comma-separated where it is called *.csv, else
/// tab-separated. With `label_names` the labels are those, by index, and each must occur; without,
/// they are the distinct ones of the column in ascending order (of their numbers, where all are
/// whole numbers). Columns that are missing, empty texts and labels, labels that are not expected,
/// and fewer than two classes or more than kMaxOwnClasses are errors.
Result<TaskData> LoadOwnData(const std::filesystem::path& path, const OwnDataColumns& columns,
                             const std::vector<std::string>& label_names = {});

/// More distinct labels than this are taken for a column that holds none.
inline constexpr size_t kMaxOwnClasses = 256;

}  // namespace edgebert

#endif  // EDGEBERT_DATA_OWN_DATA_H_
