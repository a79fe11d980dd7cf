#include "edgebert/systemc/artifact/memory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "edgebert/systemc/bench_testing.h"
#include "edgebert/testing/testing.h"

namespace edgebert::systemc::artifact {
namespace {

using testing::Sink;
using testing::Source;

std::vector<MaskRequest> Loads(uint32_t count, size_t client) {
  std::vector<MaskRequest> requests;
  for (uint32_t i = 0; i < count; ++i) {
    requests.push_back({.store = false, .address = i, .mask = 0, .client = client});
  }
  return requests;
}

TEST(MaskMemoryTest, AnswersALoadACycleThreeCyclesAfterIt) {
  EXPECT_OK(InSimulation([] {
    Clock clock("clock", sc_core::sc_time(1, sc_core::SC_NS));
    MaskMemory memory("memory", clock, 64, 2);
    for (uint32_t i = 0; i < 64; ++i) {
      memory.words()[i] = static_cast<Mask>(i * 1'001);
    }
    Source<MaskRequest> source("source", clock, memory.requests(1), Loads(40, 1));
    Sink<Mask> sink("sink", clock, memory.responses(1));
    EDGEBERT_RETURN_IF_ERROR(RunUntil(clock, [&] { return sink.items().size() == 40; }));
    for (uint32_t i = 0; i < 40; ++i) {
      EXPECT_EQ(sink.items()[i], static_cast<Mask>(i * 1'001));
      EXPECT_EQ(sink.cycles()[i], i + 3);
    }
    return OkStatus();
  }));
}

TEST(MaskMemoryTest, ClientsTakeTurns) {
  EXPECT_OK(InSimulation([] {
    Clock clock("clock", sc_core::sc_time(1, sc_core::SC_NS));
    MaskMemory memory("memory", clock, 64, 2);
    Source<MaskRequest> first("first", clock, memory.requests(0), Loads(20, 0));
    Source<MaskRequest> second("second", clock, memory.requests(1), Loads(20, 1));
    Sink<Mask> first_sink("first_sink", clock, memory.responses(0));
    Sink<Mask> second_sink("second_sink", clock, memory.responses(1));
    EDGEBERT_RETURN_IF_ERROR(RunUntil(clock, [&] { return second_sink.items().size() == 20; }));
    EXPECT_EQ(first_sink.cycles().back(), 3u + 38);
    EXPECT_EQ(second_sink.cycles().back(), 3u + 39);
    return OkStatus();
  }));
}

TEST(MaskMemoryTest, AClientThatTakesNoAnswersDoesNotBlockStores) {
  EXPECT_OK(InSimulation([] {
    Clock clock("clock", sc_core::sc_time(1, sc_core::SC_NS));
    MaskMemory memory("memory", clock, 64, 2);
    std::vector<MaskRequest> stores;
    for (uint32_t i = 0; i < 30; ++i) {
      stores.push_back(
          {.store = true, .address = i, .mask = Mask{7}, .client = 0, .last = i == 29});
    }
    Source<MaskRequest> loader("loader", clock, memory.requests(1), Loads(40, 1));
    Source<MaskRequest> storer("storer", clock, memory.requests(0), stores);
    Sink<bool> stored("stored", clock, memory.stored());
    EDGEBERT_RETURN_IF_ERROR(RunUntil(clock, [&] { return stored.items().size() == 1; }));
    EXPECT_EQ(memory.words()[29], Mask{7});
    EXPECT_EQ(memory.responses(1).size(), memory.responses(1).capacity());
    return OkStatus();
  }));
}

TEST(BankedMemoryTest, EachLaneHasItsOwnRow) {
  EXPECT_OK(InSimulation([] {
    Clock clock("clock", sc_core::sc_time(1, sc_core::SC_NS));
    BankedMemory memory("memory", clock, 32, 1);
    DataRequest store{.store = true, .rows = {}, .lanes = Mask{0b1010}, .codes = {}, .client = 0};
    store.rows[1] = 5;
    store.rows[3] = 30;
    store.codes.fill(9);
    DataRequest load = store;
    load.store = false;
    load.lanes = Mask{0b0010};
    Source<DataRequest> source("source", clock, memory.requests(0), {store, load});
    Sink<DataResponse> sink("sink", clock, memory.responses(0));
    EDGEBERT_RETURN_IF_ERROR(RunUntil(clock, [&] { return sink.items().size() == 1; }));
    EXPECT_EQ(sink.items()[0].lanes, Mask{0b0010});
    EXPECT_EQ(sink.items()[0].codes[1], 9);
    EXPECT_EQ(memory.rows()[30][3], 9);
    EXPECT_EQ(memory.rows()[5][3], 0);
    EXPECT_EQ(memory.rows()[0][0], 0);
    return OkStatus();
  }));
}

}  // namespace
}  // namespace edgebert::systemc::artifact
