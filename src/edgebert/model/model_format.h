#ifndef EDGEBERT_MODEL_MODEL_FORMAT_H_
#define EDGEBERT_MODEL_MODEL_FORMAT_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "edgebert/base/status.h"
#include "edgebert/model/byte_source.h"
#include "edgebert/model/model_base.h"

/// The outer shape of model files: header, section table and sections. docs/model-file.md
/// describes it byte by byte. What lies within the sections is the matter of config_json,
/// tokenizer_section, tensor_section and calibration_sections.
namespace edgebert::model_format {

/// A byte above 127, CR LF, Ctrl-Z and LF show transfers that took the file for text.
inline constexpr std::array<uint8_t, 8> kMagic = {0x89, 'E', 'B', 'M', '\r', '\n', 0x1A, '\n'};
inline constexpr uint32_t kVersion = 1;

inline constexpr uint64_t kAlignment = 64;
inline constexpr size_t kHeaderBytes = 64;
inline constexpr size_t kHeaderChecksumOffset = 56;
inline constexpr size_t kSectionRecordBytes = 32;

/// Limits on what a file may hold; one that exceeds them is refused.
inline constexpr uint32_t kMaxSections = 64;
inline constexpr uint64_t kMaxFileBytes = uint64_t{1} << 40;
inline constexpr uint64_t kMaxConfigBytes = 2u << 20;

/// In the order of the file.
enum class SectionKind : uint32_t {
  kConfig = 1,
  kTokenizer = 2,
  kTensorDirectory = 3,
  kTensorData = 4,
  kActivationBiases = 5,
  kExits = 6,
  kProvenance = 7,
  kBaseReference = 8,
  kBase = 9,
};

/// "configuration", "tokenizer", …; "kind 99" for a kind that this version does not know.
std::string SectionName(uint32_t kind);

/// The only flag of a section: a reader that does not know its kind must refuse the file.
inline constexpr uint32_t kRequired = 1;

/// The flags that a known kind of section carries; nothing for an unknown kind.
std::optional<uint32_t> FlagsOf(uint32_t kind);

struct SectionRecord {
  uint32_t kind = 0;
  uint32_t flags = 0;
  uint64_t offset = 0;  ///< From the start of the file.
  uint64_t length = 0;
  uint64_t checksum = 0;  ///< Checksum() of the section's bytes.

  bool required() const { return (flags & kRequired) != 0; }
};

struct Layout {
  uint32_t version = 0;
  uint64_t file_size = 0;
  std::vector<SectionRecord> sections;  ///< Ascending by kind and by offset.

  ModelFileKind file_kind() const;  ///< Which sections there are tells it.

  const SectionRecord* Find(SectionKind kind) const;
};

/// Gives each section its offset; kinds, flags, lengths and checksums are there already.
/// Fails when the file would be larger than kMaxFileBytes.
Status AssignOffsets(Layout& layout);

/// Header and section table; [offset of the first section].
std::vector<uint8_t> EncodeLayout(const Layout& layout);

/// Reads and checks header and table: everything but what the sections hold. Every section that it
/// returns lies within the source.
Result<Layout> ReadLayout(const ByteSource& source);

/// "section 'exits'", as errors call it.
std::string SectionPart(const SectionRecord& section);

/// Fails unless the section's bytes have the checksum that the table says.
Status CheckSectionChecksum(const SectionRecord& section, uint64_t found);

/// The bytes of a section of at most `max_bytes`, with their checksum verified.
Result<std::vector<uint8_t>> ReadSection(const ByteSource& source, const SectionRecord& section,
                                         uint64_t max_bytes);

}  // namespace edgebert::model_format

#endif  // EDGEBERT_MODEL_MODEL_FORMAT_H_
