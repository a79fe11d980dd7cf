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
#include "edgebert/text/encode_text.h"

namespace edgebert {

/// A request, read.
struct BenchJob {
  std::vector<BenchSentence> sentences;
  bool batch = false;
  bool exits = false;
  bool tokenize = false;
  bool phases = false;
};

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

Result<BenchJob> ParseRequest(const std::string& line) {
  const Json object = Json::parse(line, nullptr, /*allow_exceptions=*/false);
  const auto sentences = object.is_object() ? object.find("sentences") : object.end();
  if (!object.is_object() || sentences == object.end() || !sentences->is_array()) {
    return InvalidArgument("a request is a JSON object with a list 'sentences'");
  }
  const auto flag = [&](const char* key) {
    const auto found = object.find(key);
    return found != object.end() && found->is_boolean() && found->get<bool>();
  };
  BenchJob request{{}, flag("batch"), flag("exits"), flag("tokenize"), flag("phases")};
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

BenchWorker::BenchWorker(std::shared_ptr<const ClassifierModel> model, double threshold_nats,
                         int threads)
    : model_(std::move(model)),
      threshold_nats_(threshold_nats),
      session_(model_->encoder(), threads) {}

Result<BenchWorker> BenchWorker::Create(std::shared_ptr<const ClassifierModel> model,
                                        std::optional<double> threshold_nats, int threads) {
  if (model->config().off_ramp_layers.empty()) {
    return Unsupported("the model is an encoder without a classifier: it cannot be compared");
  }
  ClassifierOptions options;
  options.threshold_nats = threshold_nats;
  const double threshold = ResolveThreshold(*model, options);
  EDGEBERT_RETURN_IF_ERROR(
      MakeExitRule(Policy::kEarlyExit, Replan::kNever, threshold, model->exits(), model->config())
          .status());
  return BenchWorker(std::move(model), threshold, threads);
}

std::unique_ptr<ExitRule> BenchWorker::NewRule(bool exits) const {
  if (!exits) {
    return std::make_unique<FullDepthExitRule>();
  }
  return std::make_unique<EntropyExitRule>(
      ExitThresholds(threshold_nats_, model_->exits(), model_->config()));
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

Status BenchWorker::RunOneByOne(const BenchJob& job, RunReply& reply) {
  const std::unique_ptr<ExitRule> rule = NewRule(job.exits);
  const auto max_tokens = static_cast<size_t>(model_->config().max_positions);
  EncoderResult result;
  for (const BenchSentence& sentence : job.sentences) {
    const auto start = std::chrono::steady_clock::now();
    if (job.tokenize) {
      EDGEBERT_ASSIGN_OR_RETURN(
          const Encoding encoding,
          EncodeText(model_->tokenizer(), sentence.text, sentence.pair, max_tokens));
      EDGEBERT_RETURN_IF_ERROR(session_.RunInto(encoding.ids, encoding.segment_ids, *rule, result));
    } else {
      EDGEBERT_RETURN_IF_ERROR(session_.RunInto(sentence.ids, sentence.segment_ids, *rule, result));
    }
    reply.milliseconds.push_back(MillisecondsSince(start));
    reply.labels.push_back(LabelOf(result));
    reply.exit_layers.push_back(result.exit_layer);
  }
  return OkStatus();
}

Status BenchWorker::RunBatch(const BenchJob& job, RunReply& reply) {
  std::vector<std::unique_ptr<ExitRule>> rules;
  std::vector<BatchSentence> batch;
  for (const BenchSentence& sentence : job.sentences) {
    rules.push_back(NewRule(job.exits));
    batch.push_back({sentence.ids, sentence.segment_ids, rules.back().get()});
  }
  const auto start = std::chrono::steady_clock::now();
  const std::vector<Result<EncoderResult>> results = session_.RunBatch(batch);
  reply.milliseconds.push_back(MillisecondsSince(start));
  for (const Result<EncoderResult>& result : results) {
    EDGEBERT_RETURN_IF_ERROR(result.status());
    reply.labels.push_back(LabelOf(*result));
    reply.exit_layers.push_back(result->exit_layer);
  }
  return OkStatus();
}

std::string BenchWorker::Answer(const std::string& line) {
  const Result<BenchJob> job = ParseRequest(line);
  if (!job.ok()) {
    return ErrorLine(job.status());
  }
  if (job->batch && (job->tokenize || job->phases)) {
    return ErrorLine(InvalidArgument("a batch is neither tokenized nor timed by its parts"));
  }
  PhaseTimer phases;
  session_.SetOperationTimer(job->phases ? &phases : nullptr);
  RunReply reply;
  const Status status = job->batch ? RunBatch(*job, reply) : RunOneByOne(*job, reply);
  session_.SetOperationTimer(nullptr);
  if (!status.ok()) {
    return ErrorLine(status);
  }
  Json object = {{"ms", reply.milliseconds},
                 {"labels", reply.labels},
                 {"exit_layers", reply.exit_layers},
                 {"peak_bytes", PeakResidentBytes()}};
  if (job->phases) {
    object["phases"] = phases.phases_ms();
  }
  return object.dump();
}

uint64_t PeakResidentBytes() {
  constexpr uint64_t kUnit = 1024;  // Linux counts ru_maxrss in KiB.
  rusage usage = {};
  return getrusage(RUSAGE_SELF, &usage) == 0 ? static_cast<uint64_t>(usage.ru_maxrss) * kUnit : 0;
}

}  // namespace edgebert
