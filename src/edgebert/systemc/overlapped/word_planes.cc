#include "edgebert/systemc/overlapped/word_planes.h"

#include <cstddef>
#include <span>

#include "edgebert/numeric/fixed_layer_norm.h"
#include "edgebert/numeric/fixed_softmax.h"
#include "edgebert/tiler/timing_rules.h"

namespace edgebert::systemc::overlapped {
namespace {

static_assert(kNormInputBits <= kUpdateBits);
static_assert(kScoreBits <= kScoreWordBits);
static_assert(kLogitBits <= 8 * kLogitBytes);

using Words = std::array<uint32_t, kMaxLanes>;
using Bytes = std::array<uint8_t, kMaxPortBytes>;

Words ToBits(const WordLanes& lanes) {
  Words words;
  for (size_t lane = 0; lane < words.size(); ++lane) {
    words[lane] = static_cast<uint32_t>(lanes[lane]);
  }
  return words;
}

WordLanes FromBits(const Words& words, int bits) {
  WordLanes lanes;
  for (size_t lane = 0; lane < words.size(); ++lane) {
    lanes[lane] = SignExtended(words[lane], bits);
  }
  return lanes;
}

Words ReadPlanes(BufferPool& pool, const RegionAccess& region, int planes, int64_t row,
                 int64_t vector, size_t lanes) {
  Words words = {};
  for (int plane = 0; plane < planes; ++plane) {
    Bytes bytes = {};
    pool.Read(region.Address(row, vector) + plane * region.plane_bytes,
              std::span(bytes).first(lanes));
    for (size_t lane = 0; lane < lanes; ++lane) {
      words[lane] |= uint32_t{bytes[lane]} << (8 * plane);
    }
  }
  return words;
}

void WritePlanes(BufferPool& pool, const RegionAccess& region, int planes, int64_t row,
                 int64_t vector, size_t lanes, const Words& words) {
  for (int plane = 0; plane < planes; ++plane) {
    Bytes bytes = {};
    for (size_t lane = 0; lane < lanes; ++lane) {
      bytes[lane] = static_cast<uint8_t>(words[lane] >> (8 * plane));
    }
    pool.Write(region.Address(row, vector) + plane * region.plane_bytes,
               std::span(bytes).first(lanes));
  }
}

/// Adds the four bits from bit `shift` on; those of two neighbours are a byte.
void ReadHalves(BufferPool& buffer, int64_t address, size_t lanes, int shift, Words& words) {
  Bytes bytes = {};
  buffer.Read(address, std::span(bytes).first(lanes / 2));
  for (size_t lane = 0; lane < lanes; ++lane) {
    words[lane] |= (uint32_t{bytes[lane / 2]} >> (lane % 2 * 4) & 0xf) << shift;
  }
}

void WriteHalves(BufferPool& buffer, int64_t address, size_t lanes, int shift, const Words& words) {
  Bytes bytes = {};
  for (size_t lane = 0; lane < lanes; ++lane) {
    bytes[lane / 2] |= static_cast<uint8_t>((words[lane] >> shift & 0xf) << (lane % 2 * 4));
  }
  buffer.Write(address, std::span(bytes).first(lanes / 2));
}

}  // namespace

WordLanes ReadUpdates(Buffers buffers, const RegionAccess& planes, const RegionAccess& halves,
                      int64_t row, int64_t vector, int vector_size) {
  const auto lanes = static_cast<size_t>(vector_size);
  Words words = ReadPlanes(buffers.pool, planes, kUpdateBytes, row, vector, lanes);
  ReadHalves(buffers.auxiliary, halves.Address(row, vector), lanes, 8 * kUpdateBytes, words);
  return FromBits(words, kUpdateBits);
}

void WriteUpdates(Buffers buffers, const RegionAccess& planes, const RegionAccess& halves,
                  int64_t row, int64_t vector, int vector_size, const WordLanes& words) {
  const auto lanes = static_cast<size_t>(vector_size);
  const Words bits = ToBits(words);
  WritePlanes(buffers.pool, planes, kUpdateBytes, row, vector, lanes, bits);
  WriteHalves(buffers.auxiliary, halves.Address(row, vector), lanes, 8 * kUpdateBytes, bits);
}

WordLanes ReadScores(Buffers buffers, const RegionAccess& pairs, const RegionAccess& halves,
                     int64_t row, int64_t vector, int vector_size) {
  const auto lanes = static_cast<size_t>(vector_size);
  Bytes bytes = {};
  buffers.auxiliary.Read(pairs.Address(row, vector), std::span(bytes).first(2 * lanes));
  Words words = {};
  for (size_t lane = 0; lane < lanes; ++lane) {
    words[lane] = uint32_t{bytes[2 * lane]} | uint32_t{bytes[2 * lane + 1]} << 8;
  }
  ReadHalves(buffers.pool, halves.Address(row, vector), lanes, 8 * kScoreBytes, words);
  return FromBits(words, kScoreWordBits);
}

void WriteScores(Buffers buffers, const RegionAccess& pairs, const RegionAccess& halves,
                 int64_t row, int64_t vector, int vector_size, const WordLanes& words) {
  const auto lanes = static_cast<size_t>(vector_size);
  const Words bits = ToBits(words);
  Bytes bytes = {};
  for (size_t lane = 0; lane < lanes; ++lane) {
    bytes[2 * lane] = static_cast<uint8_t>(bits[lane]);
    bytes[2 * lane + 1] = static_cast<uint8_t>(bits[lane] >> 8);
  }
  buffers.auxiliary.Write(pairs.Address(row, vector), std::span(bytes).first(2 * lanes));
  WriteHalves(buffers.pool, halves.Address(row, vector), lanes, 8 * kScoreBytes, bits);
}

WordLanes ReadLogits(BufferPool& pool, const RegionAccess& planes, int64_t vector,
                     int vector_size) {
  return FromBits(
      ReadPlanes(pool, planes, kLogitBytes, 0, vector, static_cast<size_t>(vector_size)),
      8 * kLogitBytes);
}

void WriteLogits(BufferPool& pool, const RegionAccess& planes, int64_t vector, int vector_size,
                 const WordLanes& words) {
  WritePlanes(pool, planes, kLogitBytes, 0, vector, static_cast<size_t>(vector_size),
              ToBits(words));
}

}  // namespace edgebert::systemc::overlapped
