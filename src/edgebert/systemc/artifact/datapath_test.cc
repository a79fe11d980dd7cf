#include "edgebert/systemc/artifact/datapath.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "edgebert/numeric/adaptivfloat.h"
#include "edgebert/systemc/artifact/accumulator.h"
#include "edgebert/systemc/bench_testing.h"
#include "edgebert/testing/testing.h"

namespace edgebert::systemc::artifact {
namespace {

using testing::Sink;
using testing::Source;

std::vector<Codes> RandomVectors(testing::Random& random, size_t count) {
  std::vector<Codes> vectors(count);
  for (Codes& codes : vectors) {
    for (uint8_t& code : codes) {
      code = static_cast<uint8_t>(random() % 3 == 0 ? 0 : random());
    }
  }
  return vectors;
}

int32_t DotProduct(const Codes& left, const Codes& right) {
  int64_t sum = 0;
  for (size_t lane = 0; lane < kLanes; ++lane) {
    sum += DecodeInteger(kAf8, left[lane]) * DecodeInteger(kAf8, right[lane]);
  }
  return static_cast<int32_t>(sum);
}

TEST(DatapathTest, GivesTheProductsOfABlockEvery33Cycles) {
  testing::Random random(1);
  constexpr uint32_t kBlocks = 6;
  const std::vector<Codes> left = RandomVectors(random, kBlocks * kLanes);
  const std::vector<Codes> right = RandomVectors(random, kBlocks * kLanes);
  EXPECT_OK(InSimulation([&] {
    Clock clock("clock", sc_core::sc_time(1, sc_core::SC_NS));
    Channel<MatmulShape> shapes("shapes");
    Channel<Codes> lefts("lefts");
    Channel<Codes> rights("rights");
    Channel<PartialRow> rows("rows");
    Channel<bool> ends("ends");
    Datapath datapath(
        "datapath", clock,
        {.shapes = shapes, .left = lefts, .right = rights, .rows = rows, .block_ends = ends});
    Source<MatmulShape> shape_source("shape_source", clock, shapes,
                                     {{.tiles = 2, .blocks_a_tile = kBlocks / 2}});
    Source<Codes> left_source("left_source", clock, lefts, left);
    Source<Codes> right_source("right_source", clock, rights, right);
    Sink<PartialRow> row_sink("row_sink", clock, rows);
    Sink<bool> end_sink("end_sink", clock, ends);
    EDGEBERT_RETURN_IF_ERROR(RunUntil(clock, [&] { return end_sink.items().size() == kBlocks; }));
    EXPECT_THAT(end_sink.items(), ::testing::ElementsAre(false, false, true, false, false, true));
    for (size_t i = 1; i < kBlocks; ++i) {
      EXPECT_EQ(end_sink.cycles()[i] - end_sink.cycles()[i - 1], 33u);
    }
    for (size_t i = 0; i < row_sink.items().size(); ++i) {
      for (size_t column = 0; column < kLanes; ++column) {
        EXPECT_EQ(row_sink.items()[i][column],
                  DotProduct(left[i / kLanes * kLanes + column], right[i]));
      }
    }
    EXPECT_EQ(row_sink.items().size(), kBlocks * kLanes);
    return OkStatus();
  }));
}

TEST(AccumulatorTest, AddsExactlyAndEmitsATileThroughItsPipeline) {
  testing::Random random(2);
  constexpr size_t kBlocks = 3;
  std::vector<PartialRow> rows(2 * kBlocks * kLanes);
  for (PartialRow& row : rows) {
    for (int32_t& sum : row) {
      sum = static_cast<int32_t>(random() % 500'000'000) - 250'000'000;
    }
  }
  const Requantization setting{
      .unit_exponent = -28, .addend = 12'345, .relu = true, .output_bias = -3};
  EXPECT_OK(InSimulation([&] {
    Clock clock("clock", sc_core::sc_time(1, sc_core::SC_NS));
    Channel<Requantization> settings("settings");
    Channel<PartialRow> row_channel("rows");
    Channel<bool> ends("ends", 8);
    Channel<Codes> outputs("outputs");
    const Accumulator accumulator(
        "accumulator", clock,
        {.settings = settings, .rows = row_channel, .block_ends = ends, .outputs = outputs});
    Source<Requantization> setting_source("setting_source", clock, settings, {setting});
    Source<PartialRow> row_source("row_source", clock, row_channel, rows);
    Source<bool> end_source("end_source", clock, ends, {false, false, true, false, false, true});
    Sink<Codes> output_sink("output_sink", clock, outputs);
    EDGEBERT_RETURN_IF_ERROR(RunUntil(clock, [&] { return output_sink.items().size() == 32; }));
    // Rows from cycle 1 on, with a cycle for each block's end, then the stages and the channel.
    EXPECT_EQ(output_sink.cycles().front(), kBlocks * 17 + Accumulator::kStages + 1);
    EXPECT_EQ(output_sink.cycles()[15] - output_sink.cycles()[0], 15u);
    for (size_t i = 0; i < output_sink.items().size(); ++i) {
      for (size_t lane = 0; lane < kLanes; ++lane) {
        int64_t sum = setting.addend;
        for (size_t block = 0; block < kBlocks; ++block) {
          sum += rows[(i / kLanes * kBlocks + block) * kLanes + i % kLanes][lane];
        }
        EXPECT_EQ(output_sink.items()[i][lane],
                  EncodeAccumulator(kAf8, std::max<int64_t>(sum, 0), -28, -3));
      }
    }
    return OkStatus();
  }));
}

}  // namespace
}  // namespace edgebert::systemc::artifact
