#include "edgebert/systemc/overlapped/accumulators.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "edgebert/numeric/fixed_point.h"
#include "edgebert/systemc/bench_testing.h"
#include "edgebert/testing/testing.h"
#include "edgebert/tiler/timing_rules.h"

namespace edgebert::systemc::overlapped {
namespace {

using ::testing::HasSubstr;
using testing::Sink;
using testing::Source;

constexpr int kLanes = 4;
constexpr int kTiles = 3;

/// What the streamer does as far as accumulators see it: a row of sums reaches them a cycle after
/// the array has got its vector; and what it asks of them before a job's first one.
class SumSource : public Unit {
 public:
  struct Item {
    SumRow row;
    bool starts_job = false;
    bool waits_for_emission = false;
  };
  SumSource(sc_core::sc_module_name name, const Clock& clock, std::vector<Item> items,
            Channel<SumRow>& to_array, Progress& progress)
      : Unit(name, clock), items_(std::move(items)), to_array_(to_array), progress_(progress) {}

  /// In which each job's first vector was read.
  const std::vector<uint64_t>& starts() const { return starts_; }

 protected:
  void Step() override {
    if (next_ == items_.size()) {
      return;
    }
    const Item& item = items_[next_];
    if (item.starts_job) {
      const bool may = item.waits_for_emission
                           ? progress_.jobs_emitted.value() >= item.row.job
                           : progress_.jobs_nearly_emitted.value() + 1 >= item.row.job;
      if (!may) {
        return;
      }
      starts_.push_back(clock().cycle());
    }
    to_array_.Push(item.row);
    if (item.row.ends_job) {
      progress_.jobs_streamed.Increment();
    }
    ++next_;
  }

 private:
  std::vector<Item> items_;
  Channel<SumRow>& to_array_;
  Progress& progress_;
  std::vector<uint64_t> starts_;
  size_t next_ = 0;
};

/// The array's register.
class Delay : public Unit {
 public:
  Delay(sc_core::sc_module_name name, const Clock& clock, Channel<SumRow>& input,
        Channel<SumRow>& output)
      : Unit(name, clock), input_(input), output_(output) {}

 protected:
  void Step() override {
    if (input_.CanPop()) {
      output_.Push(input_.Pop());
    }
  }

 private:
  Channel<SumRow>& input_;
  Channel<SumRow>& output_;
};

struct JobCase {
  EmitJob job;
  int blocks;
  std::vector<std::vector<int64_t>> sums;  ///< [streamed][stationary]
};

std::vector<JobCase> RandomJobs(testing::Random& random, int count) {
  std::vector<JobCase> jobs;
  for (int i = 0; i < count; ++i) {
    JobCase test;
    test.job.job = static_cast<uint32_t>(i);
    test.job.order = random() % 2 == 0 ? Emission::kRowOrder : Emission::kTransposed;
    test.job.streamed = 1 + static_cast<int>(random() % (kLanes * kTiles));
    test.job.stationary = 1 + static_cast<int>(random() % kLanes);
    test.blocks = 1 + static_cast<int>(random() % 3);
    jobs.push_back(test);
  }
  return jobs;
}

/// Sums of random rows, block by block.
std::vector<SumSource::Item> RandomSums(testing::Random& random, std::vector<JobCase>& jobs) {
  std::vector<SumSource::Item> items;
  for (size_t j = 0; j < jobs.size(); ++j) {
    JobCase& test = jobs[j];
    test.sums.assign(static_cast<size_t>(test.job.streamed),
                     std::vector<int64_t>(static_cast<size_t>(test.job.stationary)));
    for (int block = 0; block < test.blocks; ++block) {
      for (int row = 0; row < test.job.streamed; ++row) {
        SumSource::Item item;
        item.row.row = row;
        item.row.job = test.job.job;
        item.starts_job = block == 0 && row == 0;
        item.waits_for_emission = j > 0 && jobs[j - 1].job.order == Emission::kTransposed;
        item.row.ends_job = block + 1 == test.blocks && row + 1 == test.job.streamed;
        for (size_t lane = 0; lane < static_cast<size_t>(test.job.stationary); ++lane) {
          item.row.sums[lane] = static_cast<int32_t>(random() % 1'000'000'000) - 500'000'000;
          test.sums[static_cast<size_t>(row)][lane] += item.row.sums[lane];
        }
        items.push_back(item);
      }
    }
  }
  return items;
}

TEST(AccumulatorsTest, JobsFollowOneAnotherAsCloselyAsTheirEmissionAllows) {
  testing::Random random(1);
  for (int trial = 0; trial < 100; ++trial) {
    std::vector<JobCase> jobs = RandomJobs(random, 12);
    const std::vector<SumSource::Item> items = RandomSums(random, jobs);
    int vectors = 0;
    std::vector<EmitJob> settings;
    for (const JobCase& test : jobs) {
      vectors += test.job.emitted(kLanes);
      settings.push_back(test.job);
    }
    EXPECT_OK(InSimulation([&] {
      Clock clock("clock", sc_core::sc_time(1, sc_core::SC_NS));
      Progress progress;
      Channel<EmitJob> job_channel("jobs");
      Channel<SumRow> to_array("to_array");
      Channel<SumRow> sums("sums");
      Channel<EmittedVector> emitted("emitted");
      Accumulators accumulators("accumulators", clock,
                                {.jobs = job_channel, .sums = sums, .vectors = emitted}, kLanes,
                                kTiles, progress);
      Source<EmitJob> job_source("job_source", clock, job_channel, settings);
      SumSource source("source", clock, items, to_array, progress);
      Delay array("array", clock, to_array, sums);
      Sink<EmittedVector> sink("sink", clock, emitted);
      EDGEBERT_RETURN_IF_ERROR(
          RunUntil(clock, [&] { return sink.items().size() == static_cast<size_t>(vectors); }));
      // The rules of docs/accelerator.md.
      size_t next = 0;
      int64_t computed = 0;
      int64_t emit_start = 0;
      int64_t emit_end = 0;
      for (size_t j = 0; j < jobs.size(); ++j) {
        const JobCase& test = jobs[j];
        const bool transposed = j > 0 && jobs[j - 1].job.order == Emission::kTransposed;
        const int64_t start = std::max(computed, transposed ? emit_end : emit_start - kMacDepth);
        EXPECT_EQ(static_cast<int64_t>(source.starts()[j]), start) << "job " << j;
        computed = start + int64_t{test.blocks} * test.job.streamed;
        emit_start = std::max(computed + kMacDepth, emit_end);
        emit_end = emit_start + test.job.emitted(kLanes);
        for (int64_t cycle = emit_start; cycle < emit_end; ++cycle, ++next) {
          EXPECT_EQ(static_cast<int64_t>(sink.cycles()[next]), cycle + 1) << "job " << j;
          const EmittedVector& vector = sink.items()[next];
          EXPECT_EQ(vector.ends_job, cycle + 1 == emit_end);
          for (int lane = 0; lane < kLanes; ++lane) {
            const bool row_order = test.job.order == Emission::kRowOrder;
            const auto streamed =
                static_cast<size_t>(row_order ? vector.row : vector.vector * kLanes + lane);
            const auto stationary = static_cast<size_t>(row_order ? lane : vector.row);
            EXPECT_EQ(vector.values[static_cast<size_t>(lane)],
                      lane < vector.lanes ? test.sums[streamed][stationary] : 0);
          }
        }
      }
      return OkStatus();
    }));
  }
}

/// Feeds rows without asking.
Status Feed(const std::vector<EmitJob>& jobs, const std::vector<SumRow>& rows) {
  return InSimulation([&] {
    Clock clock("clock", sc_core::sc_time(1, sc_core::SC_NS));
    Progress progress;
    Channel<EmitJob> job_channel("jobs");
    Channel<SumRow> sums("sums");
    Channel<EmittedVector> emitted("emitted");
    Accumulators accumulators("accumulators", clock,
                              {.jobs = job_channel, .sums = sums, .vectors = emitted}, kLanes,
                              kTiles, progress);
    Source<EmitJob> job_source("job_source", clock, job_channel, jobs);
    Source<SumRow> source("source", clock, sums, rows);
    Sink<EmittedVector> sink("sink", clock, emitted);
    return RunUntil(clock, [&] { return clock.cycle() == 200; });
  });
}

TEST(AccumulatorsTest, SumsThatMeetAResultAreAnError) {
  EmitJob job;
  job.order = Emission::kTransposed;
  job.streamed = 1;
  job.stationary = kLanes;
  SumRow row;
  row.ends_job = true;
  EXPECT_OK(Feed({job}, {row}));
  SumRow early = row;
  early.job = 1;
  EXPECT_THAT(Feed({job}, {row, early}).message(), HasSubstr("a sum of job 1 meets one of job 0"));
}

TEST(AccumulatorsTest, MoreThan40BitsAreAnError) {
  SumRow row;
  row.sums[0] = -2'000'000'000;
  EXPECT_OK(Feed({}, std::vector<SumRow>(100, row)));
  const size_t rows = static_cast<size_t>(kAccumulatorLimit / 2'000'000'000);
  ASSERT_LT(rows, 300u);
  EXPECT_THAT(
      [&] {
        return InSimulation([&] {
          Clock clock("clock", sc_core::sc_time(1, sc_core::SC_NS));
          Progress progress;
          Channel<EmitJob> jobs("jobs");
          Channel<SumRow> sums("sums");
          Channel<EmittedVector> emitted("emitted");
          Accumulators accumulators("accumulators", clock,
                                    {.jobs = jobs, .sums = sums, .vectors = emitted}, kLanes,
                                    kTiles, progress);
          Source<SumRow> source("source", clock, sums, std::vector<SumRow>(rows + 1, row));
          return RunUntil(clock, [&] { return clock.cycle() == 400; });
        });
      }()
          .message(),
      HasSubstr("exceeds 40 bits"));
}

}  // namespace
}  // namespace edgebert::systemc::overlapped
