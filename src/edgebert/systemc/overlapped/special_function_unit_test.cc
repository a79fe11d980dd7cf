// Each special function against plain loops over numeric/, and its cycles against the rules.

#include "edgebert/systemc/overlapped/special_function_unit.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>
#include <memory>
#include <vector>

#include "edgebert/numeric/adaptivfloat.h"
#include "edgebert/numeric/fixed_embedding.h"
#include "edgebert/program/layer_program.h"
#include "edgebert/systemc/bench_testing.h"
#include "edgebert/testing/testing.h"
#include "edgebert/tiler/timing_rules.h"

namespace edgebert::systemc::overlapped {
namespace {

using testing::Sink;
using testing::Source;

constexpr int64_t kPlane = 4096;

/// Writes without ports, before the simulation.
void Poke(BufferPool& pool, int64_t address, uint32_t byte) {
  const uint8_t now = pool.Peek(address, 1)[0];
  for (int bit = 0; bit < 8; ++bit) {
    if (((now ^ byte) >> bit & 1) != 0) {
      pool.FlipDataBit(address, bit);
    }
  }
}

void PokeVector(BufferPool& pool, int64_t address, int n, const Lanes& lanes) {
  Lanes values = {};
  const uint32_t mask = PackLanes(lanes, values);
  for (int lane = 0; lane < n; ++lane) {
    Poke(pool, address + lane, values[static_cast<size_t>(lane)]);
    if ((mask >> lane & 1) != 0) {
      pool.FlipMaskBit(address + lane);
    }
  }
}

Lanes PeekVector(const BufferPool& pool, int64_t address, int n) {
  Lanes values = {};
  const auto bytes = pool.Peek(address, n);
  std::copy(bytes.begin(), bytes.end(), values.begin());
  return ExpandLanes(pool.PeekMask(address, n), values);
}

uint8_t RandomCode(testing::Random& random) {
  return static_cast<uint8_t>(random() % 4 == 0 ? 0 : random());
}

/// The unit with its pipeline, of a random width and pace.
class Bench {
 public:
  explicit Bench(testing::Random& random)
      : n(2 << (random() % 5)), vectors_per_cycle(random() % 3 == 0 ? 0.4 : 1) {}

  int Vectors(int width) const { return (width + n - 1) / n; }
  int64_t Pass(int64_t vectors) const {
    return static_cast<int64_t>(std::ceil(static_cast<double>(vectors) / vectors_per_cycle));
  }
  /// Rows of `row_vectors` vectors.
  RegionAccess Region(int64_t base, int64_t row_vectors, int64_t vector_bytes) const {
    return {.base = base,
            .row_bytes = row_vectors * vector_bytes,
            .vector_bytes = vector_bytes,
            .plane_bytes = kPlane};
  }

  /// Runs a task, whose input `fill` puts into the buffers; `look` sees them after it.
  void Run(const SpecialTask& task, const std::function<void(Buffers, ParameterStore&)>& fill,
           const std::function<void(Buffers)>& look) {
    EventLog events(1);
    EXPECT_OK(InSimulation([&] {
      Clock clock("clock", sc_core::sc_time(1, sc_core::SC_NS));
      BufferPool pool("pool", clock, 8, kPlane);
      BufferPool auxiliary("auxiliary", clock, 1, 8 * kPlane);
      ParameterStore norms;
      fill({pool, auxiliary}, norms);
      Envm envm(clock, tables, n);
      Progress progress;
      Channel<SpecialTask> tasks("tasks");
      Channel<SpecialResult> results("results");
      Channel<SpecialResult> values("values");
      Channel<SpecialResult> codes("codes");
      Channel<SpecialResult> packed("packed");
      Channel<int32_t> entropies("entropies");
      Channel<uint32_t> freed("freed");
      const Buffers buffers{pool, auxiliary};
      Source<SpecialTask> source("source", clock, tasks, {task});
      SpecialFunctionUnit unit("unit", clock, {.tasks = tasks, .results = results},
                               {.buffers = buffers,
                                .envm = envm,
                                .norms = norms,
                                .sentence = sentence,
                                .events = events},
                               {.vector_size = n, .vectors_per_cycle = vectors_per_cycle},
                               progress);
      SpecialArithmetic arithmetic("arithmetic", clock, results, values);
      SpecialRounder rounder("rounder", clock, values, codes);
      SpecialCoder coder("coder", clock, codes, packed);
      SpecialWriter writer("writer", clock,
                           {.results = packed, .entropies = entropies, .freed_panels = freed},
                           buffers, n, progress, events);
      Sink<int32_t> entropy_sink("entropy_sink", clock, entropies);
      if (task.panel != kNoPanel) {
        progress.panels_arrived.Increment();
      }
      EDGEBERT_RETURN_IF_ERROR(RunUntil(clock, [&] {
        complete = static_cast<int64_t>(clock.cycle());
        return progress.special_operations.value() == 1;
      }));
      busy = events.at(0).special_cycles;
      EXPECT_EQ(freed.size() == 1, task.panel != kNoPanel);
      EDGEBERT_RETURN_IF_ERROR(
          RunUntil(clock, [&] { return static_cast<int64_t>(clock.cycle()) == complete + 2; }));
      if (!entropy_sink.items().empty()) {
        entropy = entropy_sink.items().front();
      }
      look(buffers);
      return OkStatus();
    }));
  }

  /// The task reaches the unit in cycle 1.
  void ExpectCycles(int64_t cycles) const {
    EXPECT_EQ(busy, cycles);
    EXPECT_EQ(complete, 1 + cycles + kSfuDepth);
  }

  int n;
  double vectors_per_cycle;
  EmbeddingTables tables;
  SentenceInput sentence;
  int64_t complete = 0;
  int64_t busy = 0;
  int32_t entropy = 0;
};

int64_t Integer(uint8_t code) { return DecodeInteger(kAf8, code); }

uint8_t Canonical(uint32_t code) { return (code & 0x7f) == 0 ? 0 : static_cast<uint8_t>(code); }

/// LayerNorm of a row's words as codes.
std::vector<uint8_t> Normalised(const std::vector<int32_t>& words, const FixedNormWeights& norm,
                                const SpecialConstants& constants) {
  NormMoments moments;
  for (const int32_t word : words) {
    moments.Add(word);
  }
  const NormRow row = FinishMoments(moments, constants.norm_shape);
  std::vector<uint8_t> codes;
  for (size_t i = 0; i < words.size(); ++i) {
    codes.push_back(
        Canonical(EncodeAccumulator(kAf8, Normalise(words[i], row, norm.gain[i], norm.bias[i]),
                                    norm.unit_exponent, constants.output_bias)));
  }
  return codes;
}

FixedNormWeights RandomNorm(testing::Random& random, int width) {
  std::normal_distribution<float> normal;
  std::vector<float> gain;
  std::vector<float> bias;
  for (int i = 0; i < width; ++i) {
    gain.push_back(1 + 0.2F * normal(random));
    bias.push_back(0.3F * normal(random));
  }
  return MakeFixedNormWeights(gain, bias);
}

void ExpectRow(const BufferPool& pool, const RegionAccess& region, int row, int n,
               const std::vector<uint8_t>& expected) {
  const int vectors = (static_cast<int>(expected.size()) + n - 1) / n;
  for (int vector = 0; vector < vectors; ++vector) {
    const Lanes lanes = PeekVector(pool, region.Address(row, vector), n);
    for (int lane = 0; lane < n; ++lane) {
      const auto element = static_cast<size_t>(vector * n + lane);
      EXPECT_EQ(lanes[static_cast<size_t>(lane)], element < expected.size() ? expected[element] : 0)
          << "row " << row << ", element " << element;
    }
  }
}

TEST(SpecialFunctionUnitTest, AddNorm) {
  testing::Random random(1);
  for (int trial = 0; trial < 60; ++trial) {
    Bench bench(random);
    const int n = bench.n;
    const int rows = 1 + static_cast<int>(random() % 4);
    const int width = 1 + static_cast<int>(random() % 60);
    const int vectors = bench.Vectors(width);
    const FixedNormWeights norm = RandomNorm(random, width);
    SpecialConstants constants;
    constants.norm_shape = MakeNormShape(width, 1e-12F, -9);
    constants.norm_exponent = norm.unit_exponent;
    constants.output_bias = -6;
    SpecialTask task;
    task.kind = SpecialKind::kAddNorm;
    task.panel = 0;
    task.rows = rows;
    task.width = width;
    task.input = bench.Region(0, vectors, n);
    task.input_halves = bench.Region(0, vectors, n / 2);
    task.residual = task.output = bench.Region(2 * kPlane, vectors, n);
    task.constants = &constants;
    std::vector<std::vector<int32_t>> words(static_cast<size_t>(rows));
    bench.Run(
        task,
        [&](Buffers buffers, ParameterStore& norms) {
          for (int row = 0; row < rows; ++row) {
            for (int vector = 0; vector < vectors; ++vector) {
              Lanes residual = {};
              for (int lane = 0; lane < n; ++lane) {
                const int32_t update =
                    SignExtended(static_cast<uint32_t>(random()) >> 4, kUpdateBits - 3);
                const auto bits = static_cast<uint32_t>(update);
                const int64_t place = task.input.Address(row, vector) + lane;
                Poke(buffers.pool, place, bits & 0xff);
                Poke(buffers.pool, place + kPlane, bits >> 8 & 0xff);
                const int64_t half = task.input_halves.Address(row, vector) + lane / 2;
                const uint32_t pair = buffers.auxiliary.Peek(half, 1)[0];
                Poke(buffers.auxiliary, half, pair | (bits >> 16 & 0xf) << (lane % 2 * 4));
                if (vector * n + lane < width) {
                  const uint8_t code = RandomCode(random);
                  residual[static_cast<size_t>(lane)] = code;
                  words[static_cast<size_t>(row)].push_back(
                      AddResidual(update, static_cast<int32_t>(Integer(code))));
                }
              }
              PokeVector(buffers.pool, task.residual.Address(row, vector), n, residual);
            }
          }
          for (const auto& list : {norm.gain, norm.bias}) {
            for (const int32_t value : list) {
              for (int byte = 0; byte < 4; ++byte) {
                norms.Append(0, static_cast<uint8_t>(static_cast<uint32_t>(value) >> (8 * byte)));
              }
            }
          }
        },
        [&](Buffers buffers) {
          for (int row = 0; row < rows; ++row) {
            ExpectRow(buffers.pool, task.output, row, n,
                      Normalised(words[static_cast<size_t>(row)], norm, constants));
          }
        });
    bench.ExpectCycles(rows * (2 * bench.Pass(vectors) + kNormLatency));
  }
}

TEST(SpecialFunctionUnitTest, Embedding) {
  testing::Random random(2);
  for (int trial = 0; trial < 60; ++trial) {
    Bench bench(random);
    const int n = bench.n;
    const int tokens = 1 + static_cast<int>(random() % 5);
    const int width = 1 + static_cast<int>(random() % 60);
    const int vectors = bench.Vectors(width);
    EmbeddingTables& tables = bench.tables;
    tables.width = width;
    tables.word_bias = -8;
    tables.unit_exponent = -13;
    for (int i = 0; i < 10 * width; ++i) {
      tables.words.push_back(RandomCode(random));
      tables.positions.push_back(static_cast<int32_t>(random() % 10000) - 5000);
      tables.segments.push_back(static_cast<int32_t>(random() % 10000) - 5000);
    }
    tables.norm = RandomNorm(random, width);
    for (int token = 0; token < tokens; ++token) {
      bench.sentence.ids.push_back(static_cast<int32_t>(random() % 10));
      bench.sentence.segment_ids.push_back(static_cast<int32_t>(random() % 2));
    }
    SpecialConstants constants;
    constants.norm_shape = MakeNormShape(width, 1e-12F, tables.unit_exponent);
    constants.output_bias = -5;
    SpecialTask task;
    task.kind = SpecialKind::kEmbeddingLookup;
    task.rows = tokens;
    task.width = width;
    task.output = bench.Region(0, vectors, n);
    task.constants = &constants;
    bench.Run(
        task, [](Buffers, ParameterStore&) {},
        [&](Buffers buffers) {
          for (int token = 0; token < tokens; ++token) {
            const auto row = [&](const auto& table, int index) {
              return table.begin() + index * width;
            };
            const auto word = row(tables.words, bench.sentence.ids[static_cast<size_t>(token)]);
            const auto position = row(tables.positions, token);
            const auto segment =
                row(tables.segments, bench.sentence.segment_ids[static_cast<size_t>(token)]);
            std::vector<int32_t> words;
            for (int i = 0; i < width; ++i) {
              words.push_back(EmbeddingSum(
                  EmbeddingWord(Integer(word[i]), tables.word_bias, tables.unit_exponent),
                  position[i], segment[i]));
            }
            ExpectRow(buffers.pool, task.output, token, n,
                      Normalised(words, tables.norm, constants));
          }
        });
    bench.ExpectCycles(tokens * (bench.Pass(3 * vectors) + kNormLatency + bench.Pass(vectors)));
  }
}

TEST(SpecialFunctionUnitTest, Softmax) {
  testing::Random random(3);
  for (int trial = 0; trial < 60; ++trial) {
    Bench bench(random);
    const int n = bench.n;
    const int tokens = 1 + static_cast<int>(random() % 40);
    const int vectors = bench.Vectors(tokens);
    SpecialConstants constants;
    constants.output_bias = -10;
    SpecialTask task;
    task.kind = SpecialKind::kSoftmax;
    task.rows = tokens;
    task.width = tokens;
    task.span = 1 + static_cast<int>(random() % 45);
    task.input = task.output = bench.Region(0, vectors, 2 * n);
    task.input_halves = bench.Region(0, vectors, n / 2);
    task.constants = &constants;
    const auto size = static_cast<size_t>(tokens);
    std::vector<std::vector<int32_t>> scores(size, std::vector<int32_t>(size));
    int64_t cycles = 0;
    bench.Run(
        task,
        [&](Buffers buffers, ParameterStore&) {
          for (int query = 0; query < tokens; ++query) {
            for (int key = 0; key < vectors * n; ++key) {
              const int32_t score = SignExtended(static_cast<uint32_t>(random()) >> 8, 17);
              const auto bits = static_cast<uint32_t>(score);
              const int64_t pair = task.input.Address(query, key / n) + 2 * (key % n);
              Poke(buffers.auxiliary, pair, bits & 0xff);
              Poke(buffers.auxiliary, pair + 1, bits >> 8 & 0xff);
              const int64_t half = task.input_halves.Address(query, key / n) + key % n / 2;
              const uint32_t other = buffers.pool.Peek(half, 1)[0];
              Poke(buffers.pool, half, other | (bits >> 16 & 0xf) << (key % 2 * 4));
              if (key < tokens) {
                scores[static_cast<size_t>(query)][static_cast<size_t>(key)] = score;
              }
            }
          }
        },
        [&](Buffers buffers) {
          for (int query = 0; query < tokens; ++query) {
            const auto& row = scores[static_cast<size_t>(query)];
            const auto [first, end] = KeysInSpan(query, task.span, tokens);
            const int32_t largest = *std::max_element(row.begin() + first, row.begin() + end);
            SumOfExponentials sum;
            for (int key = first; key < end; ++key) {
              sum.Add(ScoreDistance(largest, row[static_cast<size_t>(key)]));
            }
            for (int key = first / n * n; key < (end - 1) / n * n + n; ++key) {
              uint32_t expected = 0;
              if (key >= first && key < end) {
                const uint32_t probability =
                    Probability(ScoreDistance(largest, row[static_cast<size_t>(key)]), sum.Log());
                expected =
                    EncodeAccumulator(kAf8, probability, -kExpFractionBits, constants.output_bias);
              }
              // Codes lie in the first half of the scores' places, without bitmask coding.
              const int64_t place = task.output.Address(query, key / n) + key % n;
              EXPECT_EQ(buffers.auxiliary.Peek(place, 1)[0], expected)
                  << "query " << query << ", key " << key;
            }
            cycles += bench.Pass(3 * ((end - 1) / n - first / n + 1)) + kSoftmaxLatency;
          }
        });
    bench.ExpectCycles(cycles);
  }
}

TEST(SpecialFunctionUnitTest, Pool) {
  testing::Random random(4);
  for (int trial = 0; trial < 60; ++trial) {
    Bench bench(random);
    const int n = bench.n;
    const int tokens = 1 + static_cast<int>(random() % 9);
    const int width = 1 + static_cast<int>(random() % 60);
    const int vectors = bench.Vectors(width);
    SpecialConstants constants;
    constants.unit_exponent = -10;
    constants.output_bias = -7;
    constants.pooling = trial % 3 == 0   ? std::vector<Pooling>{Pooling::kMean}
                        : trial % 3 == 1 ? std::vector<Pooling>{Pooling::kCls, Pooling::kMean}
                                         : std::vector<Pooling>{Pooling::kCls};
    SpecialTask task;
    task.kind = SpecialKind::kPool;
    task.rows = tokens;
    task.width = width;
    task.input = bench.Region(0, vectors, n);
    task.output = bench.Region(3 * kPlane, 2 * vectors, n);
    task.constants = &constants;
    std::vector<int64_t> first(static_cast<size_t>(width));
    std::vector<int64_t> sums(static_cast<size_t>(width));
    bench.Run(
        task,
        [&](Buffers buffers, ParameterStore&) {
          for (int row = 0; row < tokens; ++row) {
            for (int vector = 0; vector < vectors; ++vector) {
              Lanes lanes = {};
              for (int lane = 0; lane < n && vector * n + lane < width; ++lane) {
                const auto element = static_cast<size_t>(vector * n + lane);
                lanes[static_cast<size_t>(lane)] = RandomCode(random);
                const int64_t integer = Integer(lanes[static_cast<size_t>(lane)]);
                sums[element] += integer;
                first[element] = row == 0 ? integer : first[element];
              }
              PokeVector(buffers.pool, task.input.Address(row, vector), n, lanes);
            }
          }
        },
        [&](Buffers buffers) {
          for (size_t part = 0; part < constants.pooling.size(); ++part) {
            const bool mean = constants.pooling[part] == Pooling::kMean;
            const Reciprocal share = MakeReciprocal(mean ? tokens : 1);
            std::vector<uint8_t> expected;
            for (const int64_t sum : mean ? sums : first) {
              expected.push_back(Canonical(EncodeAccumulator(kAf8, sum * share.multiplier,
                                                             constants.unit_exponent - share.shift,
                                                             constants.output_bias)));
            }
            RegionAccess place = task.output;
            place.base = task.output.Address(0, static_cast<int64_t>(part) * vectors);
            ExpectRow(buffers.pool, place, 0, n, expected);
          }
        });
    int64_t cycles = 0;
    for (const Pooling pooling : constants.pooling) {
      cycles += (pooling == Pooling::kMean ? tokens + 1 : 1) * bench.Pass(vectors);
    }
    bench.ExpectCycles(cycles);
  }
}

TEST(SpecialFunctionUnitTest, Entropy) {
  testing::Random random(5);
  for (int trial = 0; trial < 60; ++trial) {
    Bench bench(random);
    const int n = bench.n;
    const int classes = 2 + static_cast<int>(random() % 20);
    SpecialTask task;
    task.kind = SpecialKind::kEntropy;
    task.rows = 1;
    task.width = classes;
    task.input = bench.Region(0, bench.Vectors(classes), n);
    std::vector<int32_t> logits;
    bench.Run(
        task,
        [&](Buffers buffers, ParameterStore&) {
          for (int i = 0; i < classes; ++i) {
            logits.push_back(static_cast<int32_t>(random() % 400'000) - 200'000);
            for (int byte = 0; byte < kLogitBytes; ++byte) {
              Poke(buffers.pool, task.input.Address(0, i / n) + i % n + byte * kPlane,
                   static_cast<uint32_t>(logits.back()) >> (8 * byte) & 0xff);
            }
          }
        },
        [](Buffers) {});
    const int32_t largest = *std::max_element(logits.begin(), logits.end());
    SumOfExponentials sum;
    for (const int32_t logit : logits) {
      sum.Add(LogitDistance(largest, logit));
    }
    FixedEntropy expected;
    for (const int32_t logit : logits) {
      expected.Add(LogitDistance(largest, logit), sum.Log());
    }
    EXPECT_EQ(bench.entropy, expected.Nats());
    bench.ExpectCycles(bench.Pass(kEntropyPasses * bench.Vectors(classes)) + kEntropyLatency);
  }
}

}  // namespace
}  // namespace edgebert::systemc::overlapped
