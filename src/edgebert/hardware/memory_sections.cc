#include "edgebert/hardware/memory_sections.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <string_view>
#include <utility>

#include "edgebert/hardware/technology.h"

namespace edgebert {
namespace {

constexpr Dimension kElements = {"elements", 0, 1024};
constexpr Dimension kTiles = {"tiles", 1, 8};
constexpr Dimension kBanks = {"banks", 1, 4096};
constexpr Dimension kBytesPerCycle = {"B/cycle", 1, 4096};
constexpr Dimension kBytes = {"B", 0, 1e12};

/// A constant that must be whole.
Status ReadWhole(const YamlValue& field, const Dimension& dimension, Constant<int>& destination) {
  EDGEBERT_ASSIGN_OR_RETURN(Constant<double> constant, ResolveConstant(field, dimension));
  if (constant.value != std::floor(constant.value)) {
    return field.Error(
        fmt::format("{} is {}, expected a whole number", field.what(), constant.value));
  }
  destination = ConstantAs<int>(std::move(constant));
  return OkStatus();
}

Status ReadWholeIfGiven(const YamlSection& section, std::string_view key,
                        const Dimension& dimension, Constant<int>& destination) {
  const YamlValue* field = section.Find(key);
  return field == nullptr ? OkStatus() : ReadWhole(*field, dimension, destination);
}

/// The smallest work of the array: two tiles of operands and one of results.
Status CheckHoldsTiles(const YamlValue& where, const BufferDescription& buffers, int n) {
  const double data = 3.0 * n * n;
  if (buffers.data.value.value() < data) {
    return where.Error(
        fmt::format("the data buffers hold {} bytes, too little for one tile: two operands and a "
                    "result of {} x {} elements take {}",
                    buffers.data.value.value(), n, n, data));
  }
  const double scores = 2.0 * n * n;
  if (buffers.auxiliary.value.value() < scores) {
    return where.Error(
        fmt::format("the auxiliary buffer holds {} bytes, too little for one tile: {} x {} "
                    "attention scores take {}",
                    buffers.auxiliary.value.value(), n, n, scores));
  }
  return OkStatus();
}

Status CheckBanks(const YamlValue& where, const BufferDescription& buffers, int n) {
  const double bank = buffers.data.value.value() / buffers.banks.value;
  if (std::fmod(bank, n) != 0) {
    return where.Error(
        fmt::format("{} bytes of data in {} banks are {:.6g} bytes a bank, expected a multiple of "
                    "vector_size, {}",
                    buffers.data.value.value(), buffers.banks.value, bank, n));
  }
  if (buffers.mask.value.value() * 8 < buffers.data.value.value()) {
    return where.Error(
        fmt::format("{} bytes of mask are too few: {} bytes of data need a bit each, {} bytes",
                    buffers.mask.value.value(), buffers.data.value.value(),
                    std::ceil(buffers.data.value.value() / 8)));
  }
  return OkStatus();
}

Status ReadBuffers(const YamlValue& value, int vector_size, BufferDescription& buffers) {
  EDGEBERT_ASSIGN_OR_RETURN(const YamlSection section,
                            value.Section({"data", "mask", "auxiliary"}, {"banks"}));
  EDGEBERT_RETURN_IF_ERROR(ResolveInto(section.at("data"), kBytes, buffers.data));
  EDGEBERT_RETURN_IF_ERROR(ResolveInto(section.at("mask"), kBytes, buffers.mask));
  EDGEBERT_RETURN_IF_ERROR(ResolveInto(section.at("auxiliary"), kBytes, buffers.auxiliary));
  EDGEBERT_RETURN_IF_ERROR(ReadWholeIfGiven(section, "banks", kBanks, buffers.banks));
  EDGEBERT_RETURN_IF_ERROR(CheckHoldsTiles(value, buffers, vector_size));
  return CheckBanks(value, buffers, vector_size);
}

Status ReadWeights(const YamlValue& value, WeightStorageDescription& weights) {
  constexpr std::array<std::string_view, 2> kKinds = {"streamed", "resident"};
  EDGEBERT_ASSIGN_OR_RETURN(const YamlSection section, value.Section({"kind"}, {"capacity"}));
  EDGEBERT_ASSIGN_OR_RETURN(const size_t kind, section.at("kind").OneOf(kKinds));
  weights.resident = kind == 1;
  if (weights.resident != section.Has("capacity")) {
    return value.Error(weights.resident
                           ? "resident weights need a memory: key 'capacity' is missing in weights"
                           : "streamed weights have no memory on the chip: remove 'capacity', or "
                             "set kind: resident");
  }
  return weights.resident ? ResolveInto(section.at("capacity"), kBytes, weights.capacity)
                          : OkStatus();
}

}  // namespace

Status ReadArray(const YamlSection& document, HardwareDescription& hardware) {
  const YamlValue& field = document.at("vector_size");
  EDGEBERT_RETURN_IF_ERROR(ReadWhole(field, kElements, hardware.vector_size));
  const int n = hardware.vector_size.value;
  if (!IsVectorSize(n)) {
    return field.Error(fmt::format("{} is {}, expected 2, 4, 8, 16 or 32", field.what(), n));
  }
  return ReadWholeIfGiven(document, "accumulator_tiles", kTiles, hardware.accumulator_tiles);
}

Status ReadMemories(const YamlSection& document, HardwareDescription& hardware) {
  if (const YamlValue* buffers = document.Find("buffers")) {
    EDGEBERT_RETURN_IF_ERROR(ReadBuffers(*buffers, hardware.vector_size.value, hardware.buffers));
  }
  if (const YamlValue* envm = document.Find("envm")) {
    EDGEBERT_RETURN_IF_ERROR(ResolveInto(*envm, kBytes, hardware.envm));
  }
  EDGEBERT_RETURN_IF_ERROR(
      ReadWholeIfGiven(document, "dram_port", kBytesPerCycle, hardware.dram_port));
  const YamlValue* weights = document.Find("weights");
  return weights == nullptr ? OkStatus() : ReadWeights(*weights, hardware.weights);
}

}  // namespace edgebert
