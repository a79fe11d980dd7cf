#include "edgebert/systemc/overlapped/emission_path.h"

#include <gtest/gtest.h>

#include <bit>
#include <functional>
#include <vector>

#include "edgebert/numeric/adaptivfloat.h"
#include "edgebert/systemc/bench_testing.h"
#include "edgebert/systemc/overlapped/vector_coding.h"
#include "edgebert/testing/testing.h"
#include "edgebert/tiler/timing_rules.h"

namespace edgebert::systemc::overlapped {
namespace {

using testing::Source;

constexpr int kLanes = 8;
constexpr float kBiases[] = {0.5F, -3.25F, 0.0371F, -0.F, 17.F, 2.5e-4F, -1.1F, 8.F};

/// Sends vectors through the whole path; `look` sees the buffers after it.
void Emit(const std::vector<EmittedVector>& vectors, uint64_t& complete,
          const std::function<void(Buffers)>& look) {
  EventLog events(1);
  EXPECT_OK(InSimulation([&] {
    Clock clock("clock", sc_core::sc_time(1, sc_core::SC_NS));
    BufferPool pool("pool", clock, 8, 256);
    BufferPool auxiliary("auxiliary", clock, 1, 512);
    ParameterStore biases;
    for (const float bias : kBiases) {
      for (int byte = 0; byte < 4; ++byte) {
        biases.Append(0, static_cast<uint8_t>(std::bit_cast<uint32_t>(bias) >> (8 * byte)));
      }
    }
    Progress progress;
    Channel<EmittedVector> emitted("emitted");
    Channel<EmittedVector> biased("biased");
    Channel<EmittedVector> scaled("scaled");
    Channel<EmittedVector> activated("activated");
    Source<EmittedVector> source("source", clock, emitted, vectors);
    BiasAdder adder("adder", clock, emitted, biased, biases);
    WordScaler scaler("scaler", clock, biased, scaled);
    ActivationUnit activation("activation", clock, scaled, activated);
    ResultWriter writer("writer", clock, activated, {.pool = pool, .auxiliary = auxiliary}, kLanes,
                        progress, events);
    EDGEBERT_RETURN_IF_ERROR(
        RunUntil(clock, [&] { return progress.array_operations.value() == 1; }));
    complete = clock.cycle();
    look({pool, auxiliary});
    return OkStatus();
  }));
}

EmittedVector RandomVector(testing::Random& random, const EmitJob& job) {
  EmittedVector vector;
  vector.job = job;
  vector.lanes = kLanes;
  for (size_t lane = 0; lane < kLanes; ++lane) {
    // Where functions bend, else of all magnitudes, so that roundings show.
    const ArrayConstants& constants = *job.constants;
    vector.values[lane] =
        constants.function
            ? static_cast<int64_t>(random() % (uint64_t{8} << -constants.unit_exponent)) -
                  (int64_t{4} << -constants.unit_exponent)
            : (static_cast<int64_t>(random() % 2'000'000'000) - 1'000'000'000) >> (random() % 28);
  }
  return vector;
}

TEST(EmissionPathTest, WritesWhatTheArithmeticMakesOfSumsAndBiases) {
  testing::Random random(1);
  for (int trial = 0; trial < 4000; ++trial) {
    ArrayConstants constants;
    constants.unit_exponent = -8 - static_cast<int>(random() % 22);
    constants.output_bias = -6 + static_cast<int>(random() % 6);
    constants.residual_bias = -7 + static_cast<int>(random() % 6);
    constants.score_scale = MakeScoreScale(32, constants.unit_exponent);
    EmitJob job;
    job.word = static_cast<EmittedWord>(random() % 4);
    if (job.word == EmittedWord::kCode && random() % 2 == 0) {
      constants.function = static_cast<FixedActivation>(random() % 4);
    }
    job.bias_panel = job.word == EmittedWord::kScore ? kNoPanel : 0;
    job.constants = &constants;
    job.ends_operation = true;
    const bool in_auxiliary = job.word == EmittedWord::kScore;
    job.region = {.base = in_auxiliary ? 64 : 256,
                  .row_bytes = in_auxiliary ? 4 * kLanes : 2 * kLanes,
                  .vector_bytes = in_auxiliary ? 2 * kLanes : kLanes,
                  .plane_bytes = 256};
    job.halves = {.base = 1024, .row_bytes = kLanes, .vector_bytes = kLanes / 2, .plane_bytes = 0};
    if (job.word == EmittedWord::kUpdate) {
      job.halves.base = 256;
    }
    // Row 0 is emitted with columns on the lanes, row 1 of column 5 alone and with 6 lanes.
    std::vector<EmittedVector> vectors = {RandomVector(random, job), RandomVector(random, job)};
    if (job.word == EmittedWord::kLogit) {
      vectors.resize(1);
    } else {
      vectors[1].row = 1;
      vectors[1].vector = 1;
      vectors[1].lanes = 6;
      vectors[1].values[6] = vectors[1].values[7] = 0;
      vectors[1].first_column = 5;
      vectors[1].columns_on_lanes = false;
    }
    vectors.back().ends_job = true;
    uint64_t complete = 0;
    Emit(vectors, complete, [&](Buffers buffers) {
      for (const EmittedVector& vector : vectors) {
        WordLanes expected = {};
        Lanes codes = {};
        for (size_t lane = 0; lane < static_cast<size_t>(vector.lanes); ++lane) {
          int64_t sum = vector.values[lane];
          if (!in_auxiliary) {
            const size_t column = vector.columns_on_lanes ? lane : 5;
            sum += ToFixed(double{kBiases[column]}, constants.unit_exponent, kAccumulatorLimit);
          }
          switch (job.word) {
            case EmittedWord::kCode: {
              int unit = constants.unit_exponent;
              if (constants.function) {
                sum = ApplyFixedActivation(*constants.function, ActivationInput(sum, unit));
                unit = -kActivationOutputFractionBits;
              }
              codes[lane] =
                  static_cast<uint8_t>(EncodeAccumulator(kAf8, sum, unit, constants.output_bias));
              break;
            }
            case EmittedWord::kUpdate:
              expected[lane] = UpdateWord(sum, constants.unit_exponent, constants.residual_bias);
              break;
            case EmittedWord::kScore:
              expected[lane] = ScoreWord(sum, constants.score_scale);
              break;
            case EmittedWord::kLogit:
              expected[lane] = LogitWord(sum, constants.unit_exponent);
              break;
          }
        }
        const int64_t place = job.region.Address(vector.row, vector.vector);
        if (job.word == EmittedWord::kCode) {
          Lanes values = {};
          const uint32_t mask = PackLanes(codes, values);
          EXPECT_EQ(buffers.pool.PeekMask(place, kLanes), mask);
          const auto bytes = buffers.pool.Peek(place, std::popcount(mask));
          EXPECT_TRUE(std::equal(bytes.begin(), bytes.end(), values.begin()));
          continue;
        }
        for (size_t lane = 0; lane < kLanes; ++lane) {
          const auto at = static_cast<int64_t>(lane);
          uint32_t word = 0;
          int bits = 0;
          for (int byte = 0; byte < (job.word == EmittedWord::kLogit ? 3 : 2); ++byte, bits += 8) {
            word |= uint32_t{in_auxiliary ? buffers.auxiliary.Peek(place + 2 * at + byte, 1)[0]
                                          : buffers.pool.Peek(place + 256 * byte + at, 1)[0]}
                    << bits;
          }
          if (job.word != EmittedWord::kLogit) {
            BufferPool& halves = in_auxiliary ? buffers.pool : buffers.auxiliary;
            const uint8_t pair =
                halves.Peek(job.halves.Address(vector.row, vector.vector) + at / 2, 1)[0];
            word |= (uint32_t{pair} >> (lane % 2 * 4) & 0xf) << bits;
            bits += 4;
          }
          EXPECT_EQ(SignExtended(word, bits), expected[lane]);
        }
      }
    });
    // The last vector is pushed where the accumulators would emit it, in cycle vectors - 1.
    EXPECT_EQ(complete, vectors.size() + kEmitDepth);
  }
}

}  // namespace
}  // namespace edgebert::systemc::overlapped
