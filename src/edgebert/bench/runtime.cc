#include "edgebert/bench/runtime.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <utility>

namespace edgebert {
namespace {

using Json = nlohmann::json;

constexpr std::chrono::seconds kLoadTimeout{600};
constexpr std::chrono::seconds kRunTimeout{600};

/// The object in a line, or the error that the worker sent instead.
Result<Json> ParseLine(const std::string& line) {
  Json object = Json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (!object.is_object()) {
    return DataLoss(
        fmt::format("the worker answered '{}', expected a JSON object", line.substr(0, 100)));
  }
  const auto error = object.find("error");
  if (error != object.end()) {
    return Unsupported(error->is_string() ? error->get<std::string>() : error->dump());
  }
  return object;
}

std::string Text(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

/// The numbers in the list `key`, of which there must be `count`.
template <typename Number>
Result<std::vector<Number>> Numbers(const Json& object, const char* key, size_t count) {
  const auto found = object.find(key);
  std::vector<Number> numbers;
  if (found != object.end() && found->is_array()) {
    for (const Json& value : *found) {
      if (value.is_number()) {
        numbers.push_back(value.get<Number>());
      }
    }
  }
  if (numbers.size() != count) {
    return DataLoss(fmt::format("the worker answered {} numbers '{}', expected {}", numbers.size(),
                                key, count));
  }
  return numbers;
}

}  // namespace

std::string RequestLine(const RunRequest& request) {
  Json sentences = Json::array();
  for (const BenchSentence& sentence : request.sentences) {
    Json object = {{"ids", sentence.ids}, {"segments", sentence.segment_ids}};
    if (request.tokenize) {
      object["text"] = sentence.text;
      if (sentence.pair) {
        object["pair"] = *sentence.pair;
      }
    }
    sentences.push_back(std::move(object));
  }
  const Json line = {{"sentences", std::move(sentences)},
                     {"batch", request.batch},
                     {"exits", request.exits},
                     {"tokenize", request.tokenize},
                     {"phases", request.phases}};
  return line.dump(-1, ' ', true, Json::error_handler_t::replace);
}

Result<RunReply> ParseReply(const std::string& line, const RunRequest& request) {
  EDGEBERT_ASSIGN_OR_RETURN(const Json object, ParseLine(line));
  const size_t count = request.sentences.size();
  RunReply reply;
  EDGEBERT_ASSIGN_OR_RETURN(reply.milliseconds,
                            Numbers<double>(object, "ms", request.batch ? 1 : count));
  EDGEBERT_ASSIGN_OR_RETURN(reply.labels, Numbers<int>(object, "labels", count));
  if (object.contains("exit_layers")) {
    EDGEBERT_ASSIGN_OR_RETURN(reply.exit_layers, Numbers<int>(object, "exit_layers", count));
  }
  const auto peak = object.find("peak_bytes");
  reply.peak_bytes = peak != object.end() && peak->is_number_unsigned() ? peak->get<uint64_t>() : 0;
  if (const auto phases = object.find("phases"); phases != object.end() && phases->is_object()) {
    for (const auto& [name, value] : phases->items()) {
      if (value.is_number()) {
        reply.phases_ms[name] = value.get<double>();
      }
    }
  }
  return reply;
}

Result<RuntimeInfo> ParseHello(const std::string& line) {
  EDGEBERT_ASSIGN_OR_RETURN(const Json object, ParseLine(line));
  RuntimeInfo info{Text(object, "runtime"), Text(object, "version"), Text(object, "precision"),
                   Text(object, "isa"),     Text(object, "note"),    0};
  if (info.runtime.empty()) {
    return DataLoss("the worker does not say which runtime it is");
  }
  const auto load = object.find("load_ms");
  info.load_ms = load != object.end() && load->is_number() ? load->get<double>() : 0;
  return info;
}

WorkerRuntime::WorkerRuntime(WorkerProcess process, RuntimeInfo info)
    : process_(std::move(process)), info_(std::move(info)) {}

Result<WorkerRuntime> WorkerRuntime::Start(const ProcessOptions& options) {
  EDGEBERT_ASSIGN_OR_RETURN(WorkerProcess process, WorkerProcess::Start(options));
  EDGEBERT_ASSIGN_OR_RETURN(const std::string hello, process.Receive(kLoadTimeout));
  EDGEBERT_ASSIGN_OR_RETURN(RuntimeInfo info, ParseHello(hello));
  return WorkerRuntime(std::move(process), std::move(info));
}

Result<RunReply> WorkerRuntime::Run(const RunRequest& request) {
  EDGEBERT_RETURN_IF_ERROR(process_.Send(RequestLine(request)));
  EDGEBERT_ASSIGN_OR_RETURN(const std::string line, process_.Receive(kRunTimeout));
  return ParseReply(line, request);
}

}  // namespace edgebert
