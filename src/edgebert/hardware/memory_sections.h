#ifndef EDGEBERT_HARDWARE_MEMORY_SECTIONS_H_
#define EDGEBERT_HARDWARE_MEMORY_SECTIONS_H_

#include "edgebert/base/status.h"
#include "edgebert/base/yaml_document.h"
#include "edgebert/hardware/hardware.h"

namespace edgebert {

/// The keys vector_size and, where it is there, accumulator_tiles of a description.
Status ReadArray(const YamlSection& document, HardwareDescription& hardware);

/// The keys buffers, envm, dram_port and weights, where they are there. After ReadArray(): buffers
/// must divide into banks of whole vectors, have a mask bit for every byte and hold a tile.
Status ReadMemories(const YamlSection& document, HardwareDescription& hardware);

}  // namespace edgebert

#endif  // EDGEBERT_HARDWARE_MEMORY_SECTIONS_H_
