#include "edgebert/bench/worker.h"

#include <sys/resource.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "edgebert/base/text.h"
#include "edgebert/bench/host_info.h"
#include "edgebert/bench/phase_timer.h"
#include "edgebert/kernels/dispatch.h"
#include "edgebert/pipeline/classifier.h"

namespace edgebert {
namespace {

using Json = nlohmann::json;

std::string ErrorLine(const Status& status) {
  return Json{{"error", status.message()}}.dump(-1, ' ', true, Json::error_handler_t::replace);
}

Result<std::vector<int32_t>> Ids(const Json& sentence, const char* key) {
  const auto found = sentence.find(key);
  std::vector<int32_t> ids;
  if (found == sentence.end() || !found->is_array()) {
    return InvalidArgument(std::string("a sentence lacks the list ") + key);
  }
  for (const Json& id : *found) {
    if (!id.is_number_integer()) {
      return InvalidArgument(std::string("a member is no integer in the list ") + key);
    }
    ids.push_back(id.get<int32_t>());
  }
  return ids;
}

struct Request {
  std::vector<BenchSentence> sentences;
  bool batch = false;
  bool exits = false;
  bool tokenize = false;
  bool phases = false;
};

Result<Request> ParseRequest(const std::string& line) {
  const Json object = Json::parse(line, nullptr, /*allow_exceptions=*/false);
  const auto sentences = object.is_object() ? object.find("sentences") : object.end();
  if (!object.is_object() || sentences == object.end() || !sentences->is_array()) {
    return InvalidArgument("a request is a JSON object with a list 'sentences'");
  }
  const auto flag = [&](const char* key) {
    const auto found = object.find(key);
    return found != object.end() && found->is_boolean() && found->get<bool>();
  };
  Request request{{}, flag("batch"), flag("exits"), flag("tokenize"), flag("phases")};
  for (const Json& each : *sentences) {
    BenchSentence sentence;
    EDGEBERT_ASSIGN_OR_RETURN(sentence.ids, Ids(each, "ids"));
    EDGEBERT_ASSIGN_OR_RETURN(sentence.segment_ids, Ids(each, "segments"));
    if (const auto text = each.find("text"); text != each.end() && text->is_string()) {
      sentence.text = text->get<std::string>();
    }
    if (const auto pair = each.find("pair"); pair != each.end() && pair->is_string()) {
      sentence.pair = pair->get<std::string>();
    }
    request.sentences.push_back(std::move(sentence));
  }
  return request;
}

double MillisecondsSince(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start)
      .count();
}

int LabelOf(const EncoderResult& result) {
  const auto& logits = result.logits;
  return static_cast<int>(std::max_element(logits.begin(), logits.end()) - logits.begin());
}

}  // namespace

BenchWorker::BenchWorker(std::shared_ptr<const ClassifierModel> model,
                         std::unique_ptr<ExitRule> early)
    : model_(std::move(model)),
      session_(model_->encoder()),
      early_(std::move(early)),
      never_(std::make_unique<FullDepthExitRule>()) {}

Result<BenchWorker> BenchWorker::Create(std::shared_ptr<const ClassifierModel> model,
                                        std::optional<double> threshold_nats) {
  if (model->config().off_ramp_layers.empty()) {
    return Unsupported("the model is an encoder without a classifier: it cannot be compared");
  }
  ClassifierOptions options;
  options.threshold_nats = threshold_nats;
  EDGEBERT_ASSIGN_OR_RETURN(
      std::unique_ptr<ExitRule> early,
      MakeExitRule(Policy::kEarlyExit, Replan::kNever, ResolveThreshold(*model, options),
                   model->exits(), model->config()));
  return BenchWorker(std::move(model), std::move(early));
}

std::string BenchWorker::Hello(std::chrono::nanoseconds load_time) const {
  const Arithmetic arithmetic = model_->encoder()->arithmetic();
  const Json hello = {{"runtime", "edgebert"},
                      {"version", ReadHostInfo().commit},
                      {"precision", arithmetic == Arithmetic::kFloat32 ? "fp32" : "af8"},
                      {"isa", InstructionSet()},
                      {"load_ms", std::chrono::duration<double, std::milli>(load_time).count()}};
  return hello.dump();
}

std::string BenchWorker::Answer(const std::string& line) {
  const Result<Request> request = ParseRequest(line);
  if (!request.ok()) {
    return ErrorLine(request.status());
  }
  ExitRule& rule = request->exits ? *early_ : *never_;
  PhaseTimer phases;
  session_.SetOperationTimer(request->phases ? &phases : nullptr);
  std::vector<double> times;
  std::vector<int> labels;
  std::vector<int> exit_layers;
  const auto max_tokens = static_cast<size_t>(model_->config().max_positions);
  for (const BenchSentence& sentence : request->sentences) {
    const auto start = std::chrono::steady_clock::now();
    Encoding encoding;
    if (request->tokenize) {
      Result<Encoding> encoded =
          EncodeText(model_->tokenizer(), sentence.text, sentence.pair, max_tokens);
      if (!encoded.ok()) {
        return ErrorLine(encoded.status());
      }
      encoding = std::move(encoded).value();
    }
    const bool given = !request->tokenize;
    const Result<EncoderResult> result =
        session_.Run(given ? sentence.ids : encoding.ids,
                     given ? sentence.segment_ids : encoding.segment_ids, rule);
    if (!result.ok()) {
      return ErrorLine(result.status());
    }
    times.push_back(MillisecondsSince(start));
    labels.push_back(LabelOf(*result));
    exit_layers.push_back(result->exit_layer);
  }
  session_.SetOperationTimer(nullptr);
  if (request->batch) {
    double total = 0;
    for (const double time : times) {
      total += time;
    }
    times = {total};
  }
  Json reply = {{"ms", times},
                {"labels", labels},
                {"exit_layers", exit_layers},
                {"peak_bytes", PeakResidentBytes()}};
  if (request->phases) {
    reply["phases"] = phases.phases_ms();
  }
  return reply.dump();
}

uint64_t PeakResidentBytes() {
  constexpr uint64_t kUnit = 1024;  // Linux counts ru_maxrss in KiB.
  rusage usage = {};
  return getrusage(RUSAGE_SELF, &usage) == 0 ? static_cast<uint64_t>(usage.ru_maxrss) * kUnit : 0;
}

}  // namespace edgebert
