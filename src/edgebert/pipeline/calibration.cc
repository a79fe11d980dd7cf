#include "edgebert/pipeline/calibration.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>

#include "edgebert/engine/encoder.h"
#include "edgebert/numeric/adaptivfloat.h"
#include "edgebert/pipeline/activation_sampler.h"
#include "edgebert/pipeline/classifier.h"
#include "edgebert/pipeline/full_depth.h"
#include "edgebert/text/encode_text.h"

namespace edgebert {
namespace {

constexpr size_t kLongSentenceTokens = 16;
constexpr double kRequiredAgreement = 0.99;
constexpr int kPredictorRowsPerNat = 100;
constexpr size_t kPredictorSentencesPerRow = 32;

/// `count` of `items`, evenly spaced; all of them when there are no more.
template <typename T>
std::vector<T> TakeEvenly(const std::vector<T>& items, size_t count) {
  if (items.size() <= count) {
    return items;
  }
  std::vector<T> taken;
  for (size_t i = 0; i < count; ++i) {
    taken.push_back(items[i * items.size() / count]);
  }
  return taken;
}

/// Tokenizes all sentences that can be classified, and takes up to half of `count` evenly from the
/// long ones, the others evenly from the short ones.
Result<std::vector<Encoding>> ChooseSentences(const Model& model,
                                              std::span<const std::string> sentences,
                                              size_t count) {
  EDGEBERT_ASSIGN_OR_RETURN(const std::unique_ptr<const Tokenizer> tokenizer,
                            Tokenizer::Create(model.tokenizer));
  const auto max_tokens = static_cast<size_t>(model.config.max_positions);
  std::vector<Encoding> short_ones;
  std::vector<Encoding> long_ones;
  for (const std::string& sentence : sentences) {
    Result<Encoding> encoding = EncodeText(*tokenizer, sentence, std::nullopt, max_tokens);
    if (encoding.ok()) {  // A blank line in the data is no reason to stop.
      const bool is_long = encoding->ids.size() >= kLongSentenceTokens;
      (is_long ? long_ones : short_ones).push_back(std::move(encoding).value());
    }
  }
  const size_t num_long = std::max(count / 2, count - std::min(count, short_ones.size()));
  std::vector<Encoding> chosen = TakeEvenly(long_ones, num_long);
  const std::vector<Encoding> more = TakeEvenly(short_ones, count - chosen.size());
  chosen.insert(chosen.end(), more.begin(), more.end());
  if (chosen.empty()) {
    return InvalidArgument("the calibration text holds no sentence");
  }
  return chosen;
}

/// Counts steps over several stages for one progress report.
class ProgressCounter {
 public:
  ProgressCounter(const Progress& progress, size_t total) : progress_(progress), total_(total) {}
  Status Step() {
    ++done_;
    if (progress_ && !progress_(done_, total_)) {
      return Cancelled("stopped");
    }
    return OkStatus();
  }

 private:
  const Progress& progress_;
  size_t done_ = 0;
  size_t total_;
};

/// The number of sentences on which early exit gives the same label as full depth.
size_t CountAgreeing(const std::vector<FullDepthRecord>& records, float threshold_nats) {
  EntropyExitRule rule(threshold_nats);
  size_t agreeing = 0;
  for (const FullDepthRecord& record : records) {
    agreeing += record.labels[record.ReplayExit(rule)] == record.labels.back();
  }
  return agreeing;
}

/// The largest threshold, in steps of 0.01 nats, with enough agreement between early exit and full
/// depth.
float ChooseThreshold(const std::vector<FullDepthRecord>& records, int num_classes) {
  const int steps = static_cast<int>(std::log(num_classes) * 100);
  for (int step = steps; step > 0; --step) {
    const float threshold = static_cast<float>(step) / 100;
    if (static_cast<double>(CountAgreeing(records, threshold)) >=
        kRequiredAgreement * static_cast<double>(records.size())) {
      return threshold;
    }
  }
  return 0;
}

/// Fills in the model's exit settings from what its own arithmetic shows on the sentences.
Status CalibrateExits(Model& model, std::span<const Encoding> sentences,
                      std::optional<double> threshold, ProgressCounter& progress) {
  const Arithmetic arithmetic = model.is_af8() ? Arithmetic::kHost : Arithmetic::kFloat32;
  EDGEBERT_ASSIGN_OR_RETURN(std::shared_ptr<const Encoder> encoder,
                            Encoder::Create(model, arithmetic));
  EncoderSession session(std::move(encoder));
  std::vector<FullDepthRecord> records;
  for (const Encoding& sentence : sentences) {
    EDGEBERT_ASSIGN_OR_RETURN(FullDepthRecord full, RecordFullDepth(session, sentence));
    records.push_back(std::move(full));
    EDGEBERT_RETURN_IF_ERROR(progress.Step());
  }
  CalibrationRecord record = MakeCalibrationRecord(records);
  model.exits.threshold_nats = threshold ? static_cast<float>(*threshold)
                                         : ChooseThreshold(records, model.config.num_classes());
  model.exits.calibration =
      fmt::format("{}; the label equals full depth's on {} of {} calibration sentences",
                  threshold ? "threshold given by hand" : "largest threshold with 99 % agreement",
                  CountAgreeing(records, model.exits.threshold_nats), records.size());
  model.exits.predictor.reset();
  if (model.config.HasOffRamp(1) && model.config.off_ramp_layers.size() > 1) {
    model.exits.predictor = BuildPredictor(record, model.config);
  }
  model.exits.record = std::move(record);
  return OkStatus();
}

}  // namespace

Result<Precision> ParsePrecision(std::string_view name) {
  if (name == "fp32") {
    return Precision::kFloat32;
  }
  if (name == "af8") {
    return Precision::kAf8;
  }
  return InvalidArgument(fmt::format("unknown precision '{}' (fp32 or af8)", name));
}

Result<ActivationBiases> FindActivationBiases(const Model& model,
                                              std::span<const Encoding> sentences,
                                              const Progress& progress) {
  EDGEBERT_ASSIGN_OR_RETURN(std::shared_ptr<const Encoder> encoder,
                            Encoder::Create(model, Arithmetic::kFloat32));
  EncoderSession session(std::move(encoder));
  ActivationSampler sampler(model.config);
  EntropyExitRule never(0.0);
  for (size_t i = 0; i < sentences.size(); ++i) {
    EDGEBERT_RETURN_IF_ERROR(
        session.Run(sentences[i].ids, sentences[i].segment_ids, never, &sampler).status());
    if (progress && !progress(i + 1, sentences.size())) {
      return Cancelled("stopped");
    }
  }
  return sampler.ChooseBiases();
}

Status QuantizeTensors(Model& model) {
  const std::vector<TensorSpec> specs = ExpectedTensors(model.config);
  for (size_t i = 0; i < specs.size(); ++i) {
    if (specs[i].role == TensorRole::kVector) {
      continue;
    }
    Tensor& tensor = model.tensors[i];
    const std::vector<float> values = FloatValues(tensor);
    const int bias = SearchBias(kAf8, values);
    std::vector<uint8_t> codes(values.size());
    const Status status = EncodeTensor(kAf8, values, bias, codes);
    if (!status.ok()) {
      return status.WithContext("tensor '" + tensor.name + "'");
    }
    tensor = MakeAf8Tensor(tensor.name, tensor.shape, bias, codes);
  }
  return OkStatus();
}

PredictorTable BuildPredictor(const CalibrationRecord& record, const ModelConfig& config) {
  const size_t off_ramps = config.off_ramp_layers.size();
  const size_t sentences = record.tokens.size();
  // Sentences by first-layer entropy, so that the nearest ones of a row are neighbours.
  std::vector<size_t> order(sentences);
  for (size_t i = 0; i < sentences; ++i) {
    order[i] = i;
  }
  const auto first_entropy = [&](size_t sentence) {
    return double{record.entropies[sentence * off_ramps]};
  };
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return first_entropy(a) < first_entropy(b); });

  PredictorTable table;
  table.num_columns = config.num_layers - 1;
  const double maximum = std::log(config.num_classes());
  const int rows = static_cast<int>(std::ceil(maximum * kPredictorRowsPerNat)) + 1;
  for (int row = 0; row < rows; ++row) {
    const double center = static_cast<double>(row) / kPredictorRowsPerNat;
    table.first_entropy.push_back(static_cast<float>(center));
    // All sentences within half a step, and beyond them the nearest until there are enough.
    const auto nearer = [&](size_t position, double value) {
      return first_entropy(order[position]) < value;
    };
    size_t begin = 0;
    while (begin < sentences && nearer(begin, center - 0.5 / kPredictorRowsPerNat)) {
      ++begin;
    }
    size_t end = begin;
    while (end < sentences && nearer(end, center + 0.5 / kPredictorRowsPerNat)) {
      ++end;
    }
    while (end - begin < std::min(kPredictorSentencesPerRow, sentences)) {
      const bool take_lower =
          end == sentences || (begin > 0 && center - first_entropy(order[begin - 1]) <=
                                                first_entropy(order[end]) - center);
      take_lower ? --begin : ++end;
    }
    size_t off_ramp = 0;
    for (int layer = 2; layer <= config.num_layers; ++layer) {
      // A layer without an off-ramp takes the prediction of the next one that has it.
      while (config.off_ramp_layers[off_ramp] < layer) {
        ++off_ramp;
      }
      double total = 0;
      for (size_t position = begin; position < end; ++position) {
        total += record.entropies[order[position] * off_ramps + off_ramp];
      }
      table.later_entropy.push_back(
          static_cast<float>(std::min(total / static_cast<double>(end - begin), maximum)));
    }
  }
  return table;
}

Result<Model> Calibrate(Model model, std::span<const std::string> sentences,
                        const CalibrationOptions& options, const Progress& progress) {
  if (model.is_af8()) {
    return InvalidArgument("the model is quantised already: calibrate its float32 original");
  }
  if (options.threshold_nats &&
      (!std::isfinite(*options.threshold_nats) || *options.threshold_nats < 0)) {
    return InvalidArgument(
        fmt::format("the exit threshold is {} nats, expected 0 or more", *options.threshold_nats));
  }
  EDGEBERT_ASSIGN_OR_RETURN(
      const std::vector<Encoding> for_exits,
      ChooseSentences(model, sentences, std::max<size_t>(options.record_sentences, 1)));
  const std::vector<Encoding> for_biases =
      options.precision == Precision::kAf8
          ? TakeEvenly(for_exits, std::max<size_t>(options.bias_sentences, 1))
          : std::vector<Encoding>();
  const bool has_off_ramps = !model.config.off_ramp_layers.empty();
  ProgressCounter counter(progress, for_biases.size() + (has_off_ramps ? for_exits.size() : 0));
  if (options.precision == Precision::kAf8) {
    const auto step = [&](size_t /*done*/, size_t /*total*/) { return counter.Step().ok(); };
    EDGEBERT_ASSIGN_OR_RETURN(model.activation_biases,
                              FindActivationBiases(model, for_biases, step));
    EDGEBERT_RETURN_IF_ERROR(QuantizeTensors(model));
  }
  if (has_off_ramps) {
    EDGEBERT_RETURN_IF_ERROR(CalibrateExits(model, for_exits, options.threshold_nats, counter));
  }
  EDGEBERT_RETURN_IF_ERROR(ValidateModel(model));
  return model;
}

}  // namespace edgebert
