#ifndef EDGEBERT_PIPELINE_CALIBRATION_H_
#define EDGEBERT_PIPELINE_CALIBRATION_H_

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "edgebert/base/status.h"
#include "edgebert/model/model.h"
#include "edgebert/pipeline/evaluation.h"
#include "edgebert/text/tokenizer.h"

namespace edgebert {

enum class Precision { kFloat32, kAf8 };
Result<Precision> ParsePrecision(std::string_view name);  ///< "fp32", "af8"

/// How a float32 model is calibrated.
struct CalibrationOptions {
  Precision precision = Precision::kAf8;
  /// Entropy threshold to store. Unset: the largest at which early exit gives the same label as
  /// full depth on at least 99 % of the calibration sentences.
  std::optional<double> threshold_nats = std::nullopt;
  size_t bias_sentences = 256;     ///< For the activations' exponent biases.
  size_t record_sentences = 4096;  ///< For the exit record and the predictor table.
};

/// Takes a float32 model that ImportHuggingFace() returned and training sentences (never those it
/// will be judged on), and gives the model to ship: with precision kAf8, weights and embedding in
/// AF8 and an exponent bias for every activation, each found by least squared error; with
/// off-ramps, the exit record, the predictor table (mean later entropies by first-layer entropy)
/// and a threshold. Half of the sentences used have at least 16 tokens where there are enough of
/// them, so that long inputs are represented.
Result<Model> Calibrate(Model model, std::span<const std::string> sentences,
                        const CalibrationOptions& options, const Progress& progress = {});

/// The activations' exponent biases of least squared error on some sentences, found with a float32
/// model.
Result<ActivationBiases> FindActivationBiases(const Model& model,
                                              std::span<const Encoding> sentences,
                                              const Progress& progress = {});

/// The matrices and tables of a float32 model in AF8, each with the exponent bias of least squared
/// error. Vectors stay float32. Activation biases are the caller's to set.
Status QuantizeTensors(Model& model);

/// Mean entropies at layers 2, 3, … of the recorded sentences whose first-layer entropy lies near
/// each multiple of 0.01 nats; sparse rows look further until they have at least 32 sentences (or
/// all). The record must hold at least one sentence, with off-ramps after layers 1 and 2 at least.
PredictorTable BuildPredictor(const CalibrationRecord& record, const ModelConfig& config);

}  // namespace edgebert

#endif  // EDGEBERT_PIPELINE_CALIBRATION_H_
