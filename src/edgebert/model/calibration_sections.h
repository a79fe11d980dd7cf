#ifndef EDGEBERT_MODEL_CALIBRATION_SECTIONS_H_
#define EDGEBERT_MODEL_CALIBRATION_SECTIONS_H_

#include <cstdint>
#include <vector>

#include "edgebert/base/status.h"
#include "edgebert/model/model.h"
#include "edgebert/model/section_reader.h"

namespace edgebert {

/// The largest sections: all that the limits of config.h and model.h allow.
inline constexpr uint64_t kMaxActivationBiasesBytes =
    12 + uint64_t{kMaxLayers} * kNumActivationSites;
inline constexpr uint64_t kMaxExitsBytes = 32 + 4 * uint64_t{kMaxLayers} + kMaxProvenanceBytes +
                                           uint64_t{kMaxPredictorRows} * 4 * kMaxLayers +
                                           uint64_t{kMaxRecordSentences} * (2 + 4 * kMaxLayers);

/// The bytes of the sections for valid values.
std::vector<uint8_t> EncodeActivationBiases(const ActivationBiases& biases);
std::vector<uint8_t> EncodeExits(const ExitSettings& exits);

/// Check counts and lengths; ValidateModel() follows.
Result<ActivationBiases> ReadActivationBiases(SectionReader reader);
Result<ExitSettings> ReadExits(SectionReader reader);

}  // namespace edgebert

#endif  // EDGEBERT_MODEL_CALIBRATION_SECTIONS_H_
