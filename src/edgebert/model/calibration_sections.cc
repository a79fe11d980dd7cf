#include "edgebert/model/calibration_sections.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "edgebert/base/byte_writer.h"

namespace edgebert {
namespace {

constexpr uint32_t kHasPredictor = 1;
constexpr uint32_t kHasRecord = 2;
constexpr uint32_t kHasScales = 4;
constexpr uint32_t kExitFlags = kHasPredictor | kHasRecord | kHasScales;

template <typename T>
void WriteArray(ByteWriter& writer, const std::vector<T>& values) {
  for (const T value : values) {
    writer.Write(value);
  }
}

Result<PredictorTable> ReadPredictor(SectionReader& reader) {
  EDGEBERT_RETURN_IF_ERROR(reader.Require(8, "size of predictor table"));
  const size_t start = reader.position();
  const auto rows = reader.Read<uint32_t>();
  const auto columns = reader.Read<uint32_t>();
  if (columns == 0 || columns >= static_cast<uint32_t>(kMaxLayers)) {
    return reader.Error(start + 4, fmt::format("{} predictor columns", columns),
                        fmt::format("1 to {}", kMaxLayers - 1));
  }
  EDGEBERT_RETURN_IF_ERROR(reader.RequireEntries(
      rows, kMaxPredictorRows, sizeof(float) * (columns + uint64_t{1}), "predictor rows"));
  PredictorTable table;
  table.num_columns = static_cast<int>(columns);
  table.first_entropy = reader.ReadArray<float>(rows);
  table.later_entropy = reader.ReadArray<float>(size_t{rows} * columns);
  return table;
}

Result<CalibrationRecord> ReadRecord(SectionReader& reader) {
  EDGEBERT_RETURN_IF_ERROR(reader.Require(8, "size of calibration record"));
  const size_t start = reader.position();
  const auto sentences = reader.Read<uint32_t>();
  const auto off_ramps = reader.Read<uint32_t>();
  if (off_ramps > static_cast<uint32_t>(kMaxLayers)) {
    return reader.Error(start + 4, fmt::format("{} off-ramps", off_ramps),
                        fmt::format("at most {}", kMaxLayers));
  }
  EDGEBERT_RETURN_IF_ERROR(reader.RequireEntries(sentences, kMaxRecordSentences,
                                                 sizeof(uint16_t) + sizeof(float) * off_ramps,
                                                 "calibration sentences"));
  CalibrationRecord record;
  record.tokens = reader.ReadArray<uint16_t>(sentences);
  record.entropies = reader.ReadArray<float>(size_t{sentences} * off_ramps);
  return record;
}

}  // namespace

std::vector<uint8_t> EncodeActivationBiases(const ActivationBiases& biases) {
  ByteWriter writer;
  writer.Write(static_cast<uint32_t>(biases.layers.size()));
  writer.Write(uint32_t{kNumActivationSites});
  writer.Write(biases.embedding_norm);
  writer.Write(biases.embedding_output);
  writer.Write(uint16_t{0});
  for (const std::array<int8_t, kNumActivationSites>& layer : biases.layers) {
    for (const int8_t bias : layer) {
      writer.Write(bias);
    }
  }
  return writer.Take();
}

Result<ActivationBiases> ReadActivationBiases(SectionReader reader) {
  EDGEBERT_RETURN_IF_ERROR(reader.Require(12, "fixed fields"));
  const auto layers = reader.Read<uint32_t>();
  const auto sites = reader.Read<uint32_t>();
  if (sites != uint32_t{kNumActivationSites}) {
    return reader.Error(4, fmt::format("{} activation sites", sites),
                        fmt::format("{}", kNumActivationSites));
  }
  ActivationBiases biases;
  biases.embedding_norm = reader.Read<int8_t>();
  biases.embedding_output = reader.Read<int8_t>();
  EDGEBERT_RETURN_IF_ERROR(reader.ReadZeros(2));
  EDGEBERT_RETURN_IF_ERROR(
      reader.RequireEntries(layers, kMaxLayers, kNumActivationSites, "layers"));
  biases.layers.resize(layers);
  for (std::array<int8_t, kNumActivationSites>& layer : biases.layers) {
    const auto values = reader.ReadArray<int8_t>(kNumActivationSites);
    std::copy(values.begin(), values.end(), layer.begin());
  }
  EDGEBERT_RETURN_IF_ERROR(reader.RequireEnd());
  return biases;
}

std::vector<uint8_t> EncodeExits(const ExitSettings& exits) {
  ByteWriter writer;
  writer.Write(exits.threshold_nats);
  writer.Write((exits.predictor ? kHasPredictor : 0) | (exits.record ? kHasRecord : 0) |
               (exits.off_ramp_scales.empty() ? 0 : kHasScales));
  writer.Write(static_cast<uint32_t>(exits.calibration.size()));
  writer.WriteString(exits.calibration);
  if (exits.predictor) {
    writer.Write(static_cast<uint32_t>(exits.predictor->first_entropy.size()));
    writer.Write(static_cast<uint32_t>(exits.predictor->num_columns));
    WriteArray(writer, exits.predictor->first_entropy);
    WriteArray(writer, exits.predictor->later_entropy);
  }
  if (exits.record) {
    const size_t sentences = exits.record->tokens.size();
    writer.Write(static_cast<uint32_t>(sentences));
    writer.Write(
        static_cast<uint32_t>(sentences == 0 ? 0 : exits.record->entropies.size() / sentences));
    WriteArray(writer, exits.record->tokens);
    WriteArray(writer, exits.record->entropies);
  }
  if (!exits.off_ramp_scales.empty()) {
    writer.Write(static_cast<uint32_t>(exits.off_ramp_scales.size()));
    WriteArray(writer, exits.off_ramp_scales);
  }
  return writer.Take();
}

Result<ExitSettings> ReadExits(SectionReader reader) {
  EDGEBERT_RETURN_IF_ERROR(reader.Require(12, "fixed fields"));
  ExitSettings exits;
  exits.threshold_nats = reader.Read<float>();
  const auto flags = reader.Read<uint32_t>();
  if ((flags & ~kExitFlags) != 0) {
    return reader.Error(4, fmt::format("flags {:#x}", flags),
                        fmt::format("at most {:#x}", kExitFlags));
  }
  const auto note_bytes = reader.Read<uint32_t>();
  EDGEBERT_RETURN_IF_ERROR(
      reader.RequireEntries(note_bytes, kMaxProvenanceBytes, 1, "bytes of calibration note"));
  exits.calibration = reader.ReadString(note_bytes);
  if ((flags & kHasPredictor) != 0) {
    EDGEBERT_ASSIGN_OR_RETURN(exits.predictor, ReadPredictor(reader));
  }
  if ((flags & kHasRecord) != 0) {
    EDGEBERT_ASSIGN_OR_RETURN(exits.record, ReadRecord(reader));
  }
  if ((flags & kHasScales) != 0) {
    EDGEBERT_RETURN_IF_ERROR(reader.Require(4, "number of threshold scales"));
    const auto scales = reader.Read<uint32_t>();
    EDGEBERT_RETURN_IF_ERROR(
        reader.RequireEntries(scales, kMaxLayers, sizeof(float), "threshold scales"));
    exits.off_ramp_scales = reader.ReadArray<float>(scales);
  }
  EDGEBERT_RETURN_IF_ERROR(reader.RequireEnd());
  return exits;
}

}  // namespace edgebert
