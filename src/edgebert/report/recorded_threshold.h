#ifndef EDGEBERT_REPORT_RECORDED_THRESHOLD_H_
#define EDGEBERT_REPORT_RECORDED_THRESHOLD_H_

#include <optional>
#include <string>
#include <string_view>

#include "edgebert/base/status.h"

namespace edgebert {

/// An exit threshold that was chosen on held-out rows, and what chose it.
struct RecordedThreshold {
  double nats = 0;
  std::string command;
};

/// The one for a model of that name; nothing where none is listed. `name` stands for the list in
/// messages.
Result<std::optional<RecordedThreshold>> FindRecordedThreshold(std::string_view list,
                                                               const std::string& name,
                                                               std::string_view model);

/// thresholds.yaml as it was when the library was built.
std::string_view BuiltInThresholds();

}  // namespace edgebert

#endif  // EDGEBERT_REPORT_RECORDED_THRESHOLD_H_
