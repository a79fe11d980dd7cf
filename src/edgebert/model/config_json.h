#ifndef EDGEBERT_MODEL_CONFIG_JSON_H_
#define EDGEBERT_MODEL_CONFIG_JSON_H_

#include <string>
#include <string_view>

#include "edgebert/base/status.h"
#include "edgebert/model/config.h"

namespace edgebert {

/// A valid configuration as one line of JSON, keys in alphabetical order.
std::string ConfigToJson(const ModelConfig& config);

/// Reads what ConfigToJson() writes: an object with exactly its keys, each once, in any order.
/// Types are checked, values only as far as they must fit the fields: ValidateConfig() follows.
Result<ModelConfig> ParseConfigJson(std::string_view text);

/// Whether `text` is one well-formed JSON object.
bool IsJsonObject(std::string_view text);

}  // namespace edgebert

#endif  // EDGEBERT_MODEL_CONFIG_JSON_H_
