#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <vector>

#include "edgebert/numeric/bitmask.h"
#include "edgebert/systemc/bench_testing.h"
#include "edgebert/systemc/bitmask_decoder.h"
#include "edgebert/systemc/bitmask_encoder.h"
#include "edgebert/testing/testing.h"

namespace edgebert::systemc {
namespace {

using testing::Sink;
using testing::Source;

/// Zeros with probability `zeros`, of both signs.
std::vector<uint8_t> RandomArray(testing::Random& random, size_t count, double zeros) {
  std::vector<uint8_t> codes(count);
  for (uint8_t& code : codes) {
    const bool zero = std::uniform_real_distribution<>(0, 1)(random) < zeros;
    const auto any = static_cast<uint8_t>(random());
    code = zero ? static_cast<uint8_t>(any & 0x80) : any;
  }
  return codes;
}

void AppendWords(const std::vector<uint8_t>& bytes, size_t port_bytes,
                 std::vector<PortWord>& words) {
  for (size_t start = 0; start < bytes.size(); start += port_bytes) {
    PortWord word;
    std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(start),
                std::min(port_bytes, bytes.size() - start), word.bytes.begin());
    words.push_back(word);
  }
}

/// The vectors of an array, both zero codes as 0.
std::vector<LaneVector> VectorsOf(const std::vector<uint8_t>& codes, size_t lanes) {
  std::vector<LaneVector> vectors((codes.size() + lanes - 1) / lanes);
  for (size_t i = 0; i < codes.size(); ++i) {
    vectors[i / lanes].codes[i % lanes] = codes[i] == 0x80 ? uint8_t{0} : codes[i];
    vectors[i / lanes].index = static_cast<uint32_t>(i / lanes);
  }
  return vectors;
}

bool IsZero(const LaneVector& vector) {
  return std::all_of(vector.codes.begin(), vector.codes.end(),
                     [](uint8_t code) { return code == 0; });
}

/// What a decoder is fed with.
struct DecoderInput {
  std::vector<BitmaskDecodeTask> tasks;
  std::vector<PortWord> masks;
  std::vector<PortWord> values;

  void Add(const BitmaskCode& code, const BitmaskWidth& width, bool skip) {
    tasks.push_back(
        {.elements = code.num_elements, .values = code.values.size(), .skip_zero_vectors = skip});
    AppendWords(code.mask, width.mask_bytes, masks);
    AppendWords(code.values, width.value_bytes, values);
  }
};

struct Decoded {
  std::vector<LaneVector> vectors;
  std::vector<uint64_t> cycles;
  std::vector<uint64_t> finished;
  std::vector<uint64_t> finish_cycles;
  uint64_t skipped = 0;
  uint64_t zero_lanes = 0;
};

Result<Decoded> Decode(const DecoderInput& input, const BitmaskWidth& width,
                       const testing::Willing& source = testing::Always(),
                       const testing::Willing& sink = testing::Always()) {
  Decoded result;
  const Status simulated = InSimulation([&] {
    Clock clock("clock", sc_core::sc_time(1, sc_core::SC_NS));
    Channel<BitmaskDecodeTask> tasks("tasks");
    Channel<PortWord> masks("masks");
    Channel<PortWord> values("values");
    Channel<LaneVector> vectors("vectors");
    Channel<uint64_t> finished("finished");
    BitmaskDecoder decoder("decoder", clock,
                           {.tasks = tasks,
                            .masks = masks,
                            .values = values,
                            .vectors = vectors,
                            .finished = finished},
                           width);
    Source<BitmaskDecodeTask> task_source("task_source", clock, tasks, input.tasks);
    Source<PortWord> mask_source("mask_source", clock, masks, input.masks, source);
    Source<PortWord> value_source("value_source", clock, values, input.values, source);
    Sink<LaneVector> vector_sink("vector_sink", clock, vectors, sink);
    Sink<uint64_t> finished_sink("finished_sink", clock, finished);
    EDGEBERT_RETURN_IF_ERROR(RunUntil(clock, [&] {
      return finished_sink.items().size() == input.tasks.size() && vectors.size() == 0;
    }));
    EXPECT_EQ(masks.size() + values.size(), 0u);
    result = {.vectors = vector_sink.items(),
              .cycles = vector_sink.cycles(),
              .finished = finished_sink.items(),
              .finish_cycles = finished_sink.cycles(),
              .skipped = decoder.skipped_vectors(),
              .zero_lanes = decoder.zero_lanes()};
    return OkStatus();
  });
  EDGEBERT_RETURN_IF_ERROR(simulated);
  return result;
}

BitmaskWidth RandomWidth(testing::Random& random) {
  BitmaskWidth width;
  width.lanes = size_t{2} << (random() % 5);
  const size_t least_mask = (width.lanes + 7) / 8;
  width.mask_bytes = std::min(kMaxPortBytes, least_mask << (random() % 4));
  width.value_bytes = std::min(kMaxPortBytes, width.lanes << (random() % 3));
  return width;
}

testing::Willing Now(uint64_t pattern) {
  return [pattern](uint64_t cycle) { return (pattern >> (cycle % 64)) % 2 == 1; };
}

TEST(BitmaskDecoderTest, ExpandsWhatTheReferenceCodes) {
  testing::Random random(1);
  for (int trial = 0; trial < 300; ++trial) {
    const BitmaskWidth width = RandomWidth(random);
    DecoderInput input;
    std::vector<LaneVector> expected;
    std::vector<uint64_t> finished;
    uint64_t skipped = 0;
    const size_t arrays = 1 + random() % 4;
    for (size_t i = 0; i < arrays; ++i) {
      const double zeros = static_cast<double>(random() % 5) / 4;
      const std::vector<uint8_t> codes = RandomArray(random, random() % 600, zeros);
      const bool skip = random() % 2 == 0;
      input.Add(EncodeBitmask(codes), width, skip);
      std::vector<LaneVector> vectors = VectorsOf(codes, width.lanes);
      if (skip) {
        skipped += std::erase_if(vectors, IsZero);
      }
      finished.push_back(vectors.size());
      expected.insert(expected.end(), vectors.begin(), vectors.end());
    }
    const auto decoded = Decode(input, width, Now(random() | 1), Now(random() | 1));
    ASSERT_OK(decoded);
    ASSERT_EQ(decoded->vectors, expected);
    ASSERT_EQ(decoded->finished, finished);
    ASSERT_EQ(decoded->skipped, skipped);
    uint64_t zero_lanes = 0;
    for (const LaneVector& vector : expected) {
      zero_lanes += width.lanes - kMaxLanes +
                    static_cast<uint64_t>(std::count(vector.codes.begin(), vector.codes.end(), 0));
    }
    ASSERT_EQ(decoded->zero_lanes, zero_lanes);
  }
}

TEST(BitmaskDecoderTest, GivesAVectorACycle) {
  testing::Random random(2);
  for (const size_t lanes : {2u, 4u, 8u, 16u, 32u}) {
    for (const double zeros : {0.0, 0.5, 0.95}) {
      const BitmaskWidth width{.lanes = lanes, .mask_bytes = (lanes + 7) / 8, .value_bytes = lanes};
      DecoderInput input;
      input.Add(EncodeBitmask(RandomArray(random, 100 * lanes, zeros)), width, false);
      const auto decoded = Decode(input, width);
      ASSERT_OK(decoded);
      ASSERT_EQ(decoded->vectors.size(), 100u);
      // Task and words are seen in cycle 1, the vector leaves in 2 and arrives in 3.
      EXPECT_EQ(decoded->cycles.front(), 3u);
      EXPECT_EQ(decoded->cycles.back(), 102u) << lanes << " lanes, " << zeros;
    }
  }
}

TEST(BitmaskDecoderTest, ZeroVectorsTakeNoCycle) {
  const BitmaskWidth width{.lanes = 16, .mask_bytes = 16, .value_bytes = 16};
  std::vector<uint8_t> codes;
  for (int vector = 0; vector < 200; ++vector) {
    codes.insert(codes.end(), 16, vector % 4 == 1 ? uint8_t{7} : uint8_t{0});
  }
  DecoderInput input;
  input.Add(EncodeBitmask(codes), width, true);
  const auto decoded = Decode(input, width);
  ASSERT_OK(decoded);
  EXPECT_EQ(decoded->vectors.size(), 50u);
  EXPECT_EQ(decoded->cycles.back() - decoded->cycles.front(), 49u);
  // The zeros behind the last one take none either.
  EXPECT_EQ(decoded->finish_cycles.back(), decoded->cycles.back());
  EXPECT_EQ(decoded->skipped, 150u);
}

TEST(BitmaskDecoderTest, ADamagedMaskDoesNotHangIt) {
  testing::Random random(3);
  const BitmaskWidth width{.lanes = 8, .mask_bytes = 4, .value_bytes = 8};
  for (int trial = 0; trial < 200; ++trial) {
    const std::vector<uint8_t> codes = RandomArray(random, 1 + random() % 300, 0.5);
    BitmaskCode code = EncodeBitmask(codes);
    const size_t bit = random() % codes.size();
    if (std::all_of(codes.begin() + static_cast<std::ptrdiff_t>(bit), codes.end(),
                    [](uint8_t element) { return element % 0x80 == 0; })) {
      continue;  // There is no value from there on that could move.
    }
    code.mask[bit / 8] = static_cast<uint8_t>(code.mask[bit / 8] ^ (1u << (bit % 8)));
    DecoderInput input;
    input.Add(code, width, trial % 2 == 0);
    input.Add(EncodeBitmask(codes), width, false);
    const auto decoded = Decode(input, width);
    ASSERT_OK(decoded);
    const std::vector<LaneVector> expected = VectorsOf(codes, width.lanes);
    // The damage stays in its own array.
    ASSERT_TRUE(std::equal(expected.rbegin(), expected.rend(), decoded->vectors.rbegin()));
    std::vector<LaneVector> first(
        decoded->vectors.begin(),
        decoded->vectors.end() - static_cast<std::ptrdiff_t>(expected.size()));
    std::vector<LaneVector> undamaged = expected;
    if (trial % 2 == 0) {
      std::erase_if(undamaged, IsZero);
    }
    ASSERT_NE(first, undamaged);
  }
}

struct Encoded {
  std::vector<PortWord> masks;
  std::vector<PortWord> values;
  std::vector<uint64_t> finished;
  uint64_t cycles = 0;
};

Result<Encoded> Encode(const std::vector<uint64_t>& sizes, const std::vector<LaneVector>& input,
                       const BitmaskWidth& width,
                       const testing::Willing& source = testing::Always(),
                       const testing::Willing& sink = testing::Always()) {
  Encoded result;
  const Status simulated = InSimulation([&] {
    Clock clock("clock", sc_core::sc_time(1, sc_core::SC_NS));
    Channel<uint64_t> tasks("tasks");
    Channel<LaneVector> vectors("vectors");
    Channel<PortWord> masks("masks");
    Channel<PortWord> values("values");
    Channel<uint64_t> finished("finished");
    BitmaskEncoder encoder("encoder", clock,
                           {.tasks = tasks,
                            .vectors = vectors,
                            .masks = masks,
                            .values = values,
                            .finished = finished},
                           width);
    Source<uint64_t> task_source("task_source", clock, tasks, sizes);
    Source<LaneVector> vector_source("vector_source", clock, vectors, input, source);
    Sink<PortWord> mask_sink("mask_sink", clock, masks, sink);
    Sink<PortWord> value_sink("value_sink", clock, values, sink);
    Sink<uint64_t> finished_sink("finished_sink", clock, finished);
    EDGEBERT_RETURN_IF_ERROR(RunUntil(clock, [&] {
      return finished_sink.items().size() == sizes.size() && masks.size() + values.size() == 0;
    }));
    result = {.masks = mask_sink.items(),
              .values = value_sink.items(),
              .finished = finished_sink.items(),
              .cycles = clock.cycle()};
    return OkStatus();
  });
  EDGEBERT_RETURN_IF_ERROR(simulated);
  return result;
}

TEST(BitmaskEncoderTest, CodesAsTheReferenceDoes) {
  testing::Random random(4);
  for (int trial = 0; trial < 300; ++trial) {
    const BitmaskWidth width = RandomWidth(random);
    std::vector<uint64_t> sizes;
    std::vector<LaneVector> vectors;
    Encoded expected;
    const size_t arrays = 1 + random() % 4;
    for (size_t i = 0; i < arrays; ++i) {
      const double zeros = static_cast<double>(random() % 5) / 4;
      const std::vector<uint8_t> codes = RandomArray(random, random() % 600, zeros);
      const BitmaskCode code = EncodeBitmask(codes);
      sizes.push_back(codes.size());
      std::vector<LaneVector> lanes((codes.size() + width.lanes - 1) / width.lanes);
      for (size_t k = 0; k < codes.size(); ++k) {
        lanes[k / width.lanes].codes[k % width.lanes] = codes[k];
      }
      vectors.insert(vectors.end(), lanes.begin(), lanes.end());
      AppendWords(code.mask, width.mask_bytes, expected.masks);
      AppendWords(code.values, width.value_bytes, expected.values);
      expected.finished.push_back(code.values.size());
    }
    const auto encoded = Encode(sizes, vectors, width, Now(random() | 1), Now(random() | 1));
    ASSERT_OK(encoded);
    ASSERT_EQ(encoded->masks, expected.masks);
    ASSERT_EQ(encoded->values, expected.values);
    ASSERT_EQ(encoded->finished, expected.finished);
  }
}

TEST(BitmaskEncoderTest, TakesAVectorACycle) {
  testing::Random random(5);
  for (const size_t lanes : {2u, 4u, 8u, 16u, 32u}) {
    for (const double zeros : {0.0, 0.5, 1.0}) {
      const BitmaskWidth width{.lanes = lanes, .mask_bytes = (lanes + 7) / 8, .value_bytes = lanes};
      const auto encoded =
          Encode({100 * lanes}, VectorsOf(RandomArray(random, 100 * lanes, zeros), lanes), width);
      ASSERT_OK(encoded);
      // The last vector is taken in cycle 100, its words leave in 101 and arrive, like the end, in
      // 102 or 103: a part of a word may have to wait for a whole one.
      EXPECT_GE(encoded->cycles, 103u);
      EXPECT_LE(encoded->cycles, 104u) << lanes << " lanes, " << zeros;
    }
  }
}

}  // namespace
}  // namespace edgebert::systemc
