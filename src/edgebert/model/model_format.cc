#include "edgebert/model/model_format.h"

#include <fmt/format.h>

#include <algorithm>

#include "edgebert/base/byte_writer.h"
#include "edgebert/base/checked_math.h"
#include "edgebert/model/checksum.h"
#include "edgebert/model/section_reader.h"

namespace edgebert::model_format {
namespace {

constexpr size_t kVersionOffset = 8;
constexpr size_t kHeaderReservedBytes = 24;

enum class Presence : uint8_t { kNever, kOptional, kAlways };

struct KindInfo {
  SectionKind kind;
  const char* name;
  uint32_t flags;
  std::array<Presence, 3> presence;  ///< By ModelFileKind.
};

constexpr std::array<Presence, 3> kNotInBases = {Presence::kAlways, Presence::kNever,
                                                 Presence::kAlways};
constexpr std::array<Presence, 3> kNotInTasks = {Presence::kAlways, Presence::kAlways,
                                                 Presence::kNever};
constexpr std::array<Presence, 3> kEverywhere = {Presence::kAlways, Presence::kAlways,
                                                 Presence::kAlways};

constexpr KindInfo kKinds[] = {
    {SectionKind::kConfig, "configuration", kRequired, kNotInBases},
    {SectionKind::kTokenizer, "tokenizer", kRequired, kNotInTasks},
    {SectionKind::kTensorDirectory, "tensor directory", kRequired, kEverywhere},
    {SectionKind::kTensorData, "tensor data", kRequired, kEverywhere},
    {SectionKind::kActivationBiases,
     "activation biases",
     kRequired,
     {Presence::kOptional, Presence::kNever, Presence::kOptional}},
    {SectionKind::kExits, "exits", kRequired, kNotInBases},
    {SectionKind::kProvenance,
     "provenance",
     0,
     {Presence::kOptional, Presence::kOptional, Presence::kOptional}},
    {SectionKind::kBaseReference,
     "base reference",
     kRequired,
     {Presence::kNever, Presence::kNever, Presence::kAlways}},
    {SectionKind::kBase,
     "base",
     kRequired,
     {Presence::kNever, Presence::kAlways, Presence::kNever}},
};

const KindInfo* FindKind(uint32_t kind) {
  for (const KindInfo& info : kKinds) {
    if (static_cast<uint32_t>(info.kind) == kind) {
      return &info;
    }
  }
  return nullptr;
}

struct Header {
  uint32_t version = 0;
  uint32_t section_count = 0;
  uint64_t file_size = 0;
  uint64_t table_checksum = 0;
};

Result<Header> ReadHeader(const ByteSource& source) {
  if (source.size() < kHeaderBytes) {
    return DataLoss(fmt::format("header, offset 0: found a file of {} bytes, expected at least {}",
                                source.size(), kHeaderBytes));
  }
  std::vector<uint8_t> bytes(kHeaderBytes);
  EDGEBERT_RETURN_IF_ERROR(source.ReadAt(0, bytes));
  SectionReader reader("header", 0, bytes);

  const auto magic = reader.ReadArray<uint8_t>(kMagic.size());
  if (!std::equal(magic.begin(), magic.end(), kMagic.begin(), kMagic.end())) {
    return reader.Error(0, fmt::format("the bytes {:02x}", fmt::join(magic, " ")),
                        fmt::format("{:02x}, an EdgeBERT model file", fmt::join(kMagic, " ")));
  }
  // Before the checksum, so that a newer file is called newer, wherever its checksum lies.
  const auto version = reader.Read<uint32_t>();
  if (version > kVersion) {
    return Unsupported(fmt::format(
        "header, offset {}: found version {}, expected at most {}: this build reads versions up "
        "to {}; update EdgeBERT, or write the model again with this one",
        kVersionOffset, version, kVersion, kVersion));
  }
  if (version == 0) {
    return reader.Error(kVersionOffset, "version 0", fmt::format("1 to {}", kVersion));
  }
  Header header;
  header.version = version;
  header.section_count = reader.Read<uint32_t>();
  header.file_size = reader.Read<uint64_t>();
  header.table_checksum = reader.Read<uint64_t>();
  const Status zeros = reader.ReadZeros(kHeaderReservedBytes);
  const auto checksum = reader.Read<uint64_t>();
  const uint64_t expected = Checksum(std::span(bytes).first(kHeaderChecksumOffset));
  if (checksum != expected) {
    return reader.Error(kHeaderChecksumOffset, fmt::format("checksum {:016x}", checksum),
                        fmt::format("{:016x}: the header is damaged", expected));
  }
  EDGEBERT_RETURN_IF_ERROR(zeros);
  if (header.file_size != source.size()) {
    return reader.Error(16, fmt::format("a size of {} in the header", header.file_size),
                        fmt::format("the file's own size, {}: it is cut short or has more appended",
                                    source.size()));
  }
  if (header.file_size > kMaxFileBytes) {
    return reader.Error(16, fmt::format("a size of {}", header.file_size),
                        fmt::format("at most {}", kMaxFileBytes));
  }
  if (header.section_count == 0 || header.section_count > kMaxSections) {
    return reader.Error(12, fmt::format("{} sections", header.section_count),
                        fmt::format("1 to {}", kMaxSections));
  }
  return header;
}

/// Where a section begins that comes after `end`.
std::optional<uint64_t> NextOffset(uint64_t end) { return CheckedAlignUp(end, kAlignment); }

uint64_t TableEnd(size_t section_count) {
  return kHeaderBytes + section_count * kSectionRecordBytes;
}

Status CheckKind(const SectionReader& reader, size_t at, const SectionRecord& section,
                 uint32_t previous_kind) {
  if (section.kind <= previous_kind) {
    return reader.Error(at,
                        fmt::format("section kind {} after kind {}", section.kind, previous_kind),
                        "ascending kinds, each once");
  }
  if ((section.flags & ~kRequired) != 0) {
    return reader.Error(at + 4, fmt::format("flags {:#x}", section.flags),
                        fmt::format("{:#x} or none", kRequired));
  }
  const std::optional<uint32_t> flags = FlagsOf(section.kind);
  if (!flags && section.required()) {
    return Unsupported(
        reader
            .Error(at, fmt::format("a required section of the unknown kind {}", section.kind),
                   fmt::format("kinds 1 to {}: a newer EdgeBERT wrote this file",
                               static_cast<uint32_t>(std::end(kKinds)[-1].kind)))
            .message());
  }
  if (flags && section.flags != *flags) {
    return reader.Error(at + 4, fmt::format("flags {:#x}", section.flags),
                        fmt::format("{:#x} for {}", *flags, SectionName(section.kind)));
  }
  return OkStatus();
}

Status CheckPresence(const Layout& layout) {
  const ModelFileKind file_kind = layout.file_kind();
  for (const KindInfo& info : kKinds) {
    const Presence presence = info.presence[static_cast<size_t>(file_kind)];
    const bool present = layout.Find(info.kind) != nullptr;
    if (present && presence == Presence::kNever) {
      return DataLoss(
          fmt::format("section table, offset {}: found a section '{}', expected none in {}",
                      kHeaderBytes, info.name, ModelFileKindName(file_kind)));
    }
    if (!present && presence == Presence::kAlways) {
      return DataLoss(fmt::format("section table, offset {}: found no section '{}', expected one",
                                  kHeaderBytes, info.name));
    }
  }
  return OkStatus();
}

/// Checks that the sections follow each other without gaps from the table's end to the file's.
Status CheckExtents(const SectionReader& reader, const Layout& layout) {
  uint64_t end = TableEnd(layout.sections.size());
  size_t at = 0;
  for (const SectionRecord& section : layout.sections) {
    const std::optional<uint64_t> expected = NextOffset(end);
    if (!expected || section.offset != *expected) {
      return reader.Error(
          at + 8,
          fmt::format("offset {} of section '{}'", section.offset, SectionName(section.kind)),
          expected ? fmt::format("{}, the next multiple of {}", *expected, kAlignment)
                   : "an offset within the file");
    }
    const std::optional<uint64_t> section_end = CheckedAdd(section.offset, section.length);
    if (section.length == 0 || !section_end || *section_end > layout.file_size) {
      return reader.Error(
          at + 16,
          fmt::format("length {} of section '{}' at {}", section.length, SectionName(section.kind),
                      section.offset),
          fmt::format("at least 1, and an end within the file's {} bytes", layout.file_size));
    }
    end = *section_end;
    at += kSectionRecordBytes;
  }
  if (end != layout.file_size) {
    return reader.Error(at, fmt::format("{} bytes after the last section", layout.file_size - end),
                        "none");
  }
  return OkStatus();
}

}  // namespace

std::string SectionName(uint32_t kind) {
  const KindInfo* info = FindKind(kind);
  return info != nullptr ? info->name : fmt::format("kind {}", kind);
}

std::optional<uint32_t> FlagsOf(uint32_t kind) {
  const KindInfo* info = FindKind(kind);
  return info != nullptr ? std::optional(info->flags) : std::nullopt;
}

ModelFileKind Layout::file_kind() const {
  if (Find(SectionKind::kBase) != nullptr) {
    return ModelFileKind::kBase;
  }
  return Find(SectionKind::kBaseReference) != nullptr ? ModelFileKind::kTask
                                                      : ModelFileKind::kModel;
}

const SectionRecord* Layout::Find(SectionKind kind) const {
  const auto found = std::find_if(sections.begin(), sections.end(), [kind](const auto& section) {
    return section.kind == static_cast<uint32_t>(kind);
  });
  return found != sections.end() ? &*found : nullptr;
}

Status AssignOffsets(Layout& layout) {
  std::optional<uint64_t> end = TableEnd(layout.sections.size());
  for (SectionRecord& section : layout.sections) {
    const std::optional<uint64_t> offset = NextOffset(*end);
    end = offset ? CheckedAdd(*offset, section.length) : std::nullopt;
    if (!end || *end > kMaxFileBytes) {
      return InvalidArgument(
          fmt::format("model file would be larger than {} bytes", kMaxFileBytes));
    }
    section.offset = *offset;
  }
  layout.file_size = *end;
  return OkStatus();
}

std::vector<uint8_t> EncodeLayout(const Layout& layout) {
  ByteWriter table;
  for (const SectionRecord& section : layout.sections) {
    table.Write(section.kind);
    table.Write(section.flags);
    table.Write(section.offset);
    table.Write(section.length);
    table.Write(section.checksum);
  }
  ByteWriter writer;
  writer.WriteBytes(kMagic);
  writer.Write(layout.version);
  writer.Write(static_cast<uint32_t>(layout.sections.size()));
  writer.Write(layout.file_size);
  writer.Write(Checksum(table.bytes()));
  writer.WriteBytes(std::array<uint8_t, kHeaderReservedBytes>{});
  writer.Write(Checksum(writer.bytes()));
  writer.WriteBytes(table.bytes());
  while (writer.size() % kAlignment != 0) {
    writer.Write(uint8_t{0});
  }
  return writer.Take();
}

Result<Layout> ReadLayout(const ByteSource& source) {
  EDGEBERT_ASSIGN_OR_RETURN(const Header header, ReadHeader(source));
  const uint64_t table_bytes = header.section_count * uint64_t{kSectionRecordBytes};
  if (table_bytes > source.size() - kHeaderBytes) {
    return DataLoss(fmt::format(
        "section table, offset {}: found {} bytes, expected {} records of "
        "{} bytes each",
        kHeaderBytes, source.size() - kHeaderBytes, header.section_count, kSectionRecordBytes));
  }
  std::vector<uint8_t> bytes(table_bytes);
  EDGEBERT_RETURN_IF_ERROR(source.ReadAt(kHeaderBytes, bytes));
  SectionReader reader("section table", kHeaderBytes, bytes);
  if (Checksum(bytes) != header.table_checksum) {
    return reader.Error(0, fmt::format("checksum {:016x}", Checksum(bytes)),
                        fmt::format("{:016x}: the table is damaged", header.table_checksum));
  }

  Layout layout{header.version, header.file_size, {}};
  uint32_t previous_kind = 0;
  for (uint32_t index = 0; index < header.section_count; ++index) {
    const size_t at = reader.position();
    SectionRecord section;
    section.kind = reader.Read<uint32_t>();
    section.flags = reader.Read<uint32_t>();
    section.offset = reader.Read<uint64_t>();
    section.length = reader.Read<uint64_t>();
    section.checksum = reader.Read<uint64_t>();
    EDGEBERT_RETURN_IF_ERROR(CheckKind(reader, at, section, previous_kind));
    previous_kind = section.kind;
    layout.sections.push_back(section);
  }
  EDGEBERT_RETURN_IF_ERROR(CheckExtents(reader, layout));
  EDGEBERT_RETURN_IF_ERROR(CheckPresence(layout));
  return layout;
}

std::string SectionPart(const SectionRecord& section) {
  return fmt::format("section '{}'", SectionName(section.kind));
}

Status CheckSectionChecksum(const SectionRecord& section, uint64_t found) {
  if (found != section.checksum) {
    return SectionReader(SectionPart(section), section.offset, {})
        .Error(0, fmt::format("checksum {:016x}", found),
               fmt::format("{:016x}: the section is damaged", section.checksum));
  }
  return OkStatus();
}

Result<std::vector<uint8_t>> ReadSection(const ByteSource& source, const SectionRecord& section,
                                         uint64_t max_bytes) {
  if (section.length > max_bytes) {
    return SectionReader(SectionPart(section), section.offset, {})
        .Error(0, fmt::format("a length of {}", section.length),
               fmt::format("at most {}", max_bytes));
  }
  std::vector<uint8_t> bytes(section.length);
  EDGEBERT_RETURN_IF_ERROR(source.ReadAt(section.offset, bytes));
  EDGEBERT_RETURN_IF_ERROR(CheckSectionChecksum(section, Checksum(bytes)));
  return bytes;
}

}  // namespace edgebert::model_format
