#include "edgebert/report/recorded_threshold.h"

#include "edgebert/base/yaml_document.h"

namespace edgebert {

Result<std::optional<RecordedThreshold>> FindRecordedThreshold(std::string_view list,
                                                               const std::string& name,
                                                               std::string_view model) {
  constexpr uint64_t kMaxBytes = 64 * 1024;
  constexpr double kMostNats = 100;
  EDGEBERT_ASSIGN_OR_RETURN(const YamlValue document,
                            ParseYaml(list, name, "the list of thresholds", kMaxBytes));
  EDGEBERT_ASSIGN_OR_RETURN(const std::vector<YamlValue> items, document.Sequence());
  std::optional<RecordedThreshold> found;
  for (const YamlValue& item : items) {
    EDGEBERT_ASSIGN_OR_RETURN(const YamlSection section,
                              item.Section({"model", "nats", "command"}));
    std::string listed;
    RecordedThreshold threshold;
    EDGEBERT_RETURN_IF_ERROR(section.Read("model", listed));
    EDGEBERT_RETURN_IF_ERROR(section.Read("nats", 0.0, kMostNats, threshold.nats));
    EDGEBERT_RETURN_IF_ERROR(section.Read("command", threshold.command));
    if (listed == model) {
      found = std::move(threshold);
    }
  }
  return found;
}

}  // namespace edgebert
