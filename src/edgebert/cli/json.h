#ifndef EDGEBERT_CLI_JSON_H_
#define EDGEBERT_CLI_JSON_H_

#include <fmt/core.h>

#include <nlohmann/json.hpp>

namespace edgebert::cli {

using OrderedJson = nlohmann::ordered_json;

/// Prints one object on a line of its own. Text that is not UTF-8 is shown with replacements.
inline void PrintJsonLine(const OrderedJson& object) {
  fmt::print("{}\n", object.dump(-1, ' ', false, OrderedJson::error_handler_t::replace));
}

}  // namespace edgebert::cli

#endif  // EDGEBERT_CLI_JSON_H_
