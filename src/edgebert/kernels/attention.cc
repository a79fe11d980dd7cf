#include "edgebert/kernels/attention.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>

#include "edgebert/kernels/elementwise.h"
#include "edgebert/numeric/adaptivfloat.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "edgebert/kernels/attention.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "edgebert/kernels/blocks-inl.h"

HWY_BEFORE_NAMESPACE();
namespace edgebert::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

/// scores[j] = scale · query · keys[j]; element i of a product goes into partial i mod 16.
void ScoreF32(const float* query, const float* keys, size_t width, size_t num_keys,
              size_t head_size, float scale, float* scores) {
  const BlockFloats tag;
  const size_t whole = head_size / kBlock * kBlock;
  for (size_t j = 0; j < num_keys; ++j) {
    const float* key = keys + j * width;
    HWY_ALIGN float partials[kBlock];
    for (size_t lane = 0; lane < kBlock; lane += hn::Lanes(tag)) {
      BlockVector partial = hn::Zero(tag);
      for (size_t i = lane; i < whole; i += kBlock) {
        partial = hn::Add(partial, hn::Mul(hn::LoadU(tag, query + i), hn::LoadU(tag, key + i)));
      }
      hn::Store(partial, tag, partials + lane);
    }
    for (size_t i = whole; i < head_size; ++i) {
      partials[i - whole] += query[i] * key[i];
    }
    scores[j] = SumOfPartials(partials) * scale;
  }
}

/// context = Σ_j weights[j] · values[j] for `kVectors` vectors of columns.
template <size_t kVectors>
void WeighColumnsF32(const float* weights, const float* values, size_t width, size_t num_keys,
                     float* context) {
  const BlockFloats tag;
  const size_t lanes = hn::Lanes(tag);
  BlockVector sums[kVectors];
  for (BlockVector& sum : sums) {
    sum = hn::Zero(tag);
  }
  for (size_t j = 0; j < num_keys; ++j, values += width) {
    const BlockVector weight = hn::Set(tag, weights[j]);
    for (size_t v = 0; v < kVectors; ++v) {
      sums[v] = hn::Add(sums[v], hn::Mul(weight, hn::LoadU(tag, values + v * lanes)));
    }
  }
  for (size_t v = 0; v < kVectors; ++v) {
    hn::StoreU(sums[v], tag, context + v * lanes);
  }
}

void WeighF32(const float* weights, const float* values, size_t width, size_t num_keys,
              size_t head_size, float* context) {
  const size_t lanes = hn::Lanes(BlockFloats());
  size_t column = 0;
  for (; column + 4 * lanes <= head_size; column += 4 * lanes) {
    WeighColumnsF32<4>(weights, values + column, width, num_keys, context + column);
  }
  for (; column + lanes <= head_size; column += lanes) {
    WeighColumnsF32<1>(weights, values + column, width, num_keys, context + column);
  }
  for (; column < head_size; ++column) {
    float sum = 0;
    for (size_t j = 0; j < num_keys; ++j) {
      sum += weights[j] * values[j * width + column];
    }
    context[column] = sum;
  }
}

/// Any sum of so many products of AF8 integers fits in 32 bits.
constexpr size_t kSafeProducts = 128;
static_assert(int64_t{kSafeProducts} * kAf8MaxInteger * kAf8MaxInteger <=
              std::numeric_limits<int32_t>::max());

/// Exactly a · b.
int64_t DotAf8(const int16_t* a, const int16_t* b, size_t size) {
  int64_t total = 0;
  size_t i = 0;
#if HWY_TARGET != HWY_SCALAR
  const hn::CappedTag<int32_t, kBlock> ints;
  const hn::Repartition<int16_t, decltype(ints)> shorts;
  const size_t lanes = hn::Lanes(shorts);
  const size_t whole = size / lanes * lanes;
  while (i < whole) {
    const size_t end = std::min(whole, i + kSafeProducts);
    auto sum = hn::Zero(ints);
    auto spare = hn::Zero(ints);
    for (; i < end; i += lanes) {
      sum = hn::ReorderWidenMulAccumulate(ints, hn::LoadU(shorts, a + i), hn::LoadU(shorts, b + i),
                                          sum, spare);
    }
    total += hn::GetLane(hn::SumOfLanes(ints, hn::RearrangeToOddPlusEven(sum, spare)));
  }
#endif
  for (; i < size; ++i) {
    total += int32_t{a[i]} * b[i];
  }
  return total;
}

void ProductsAf8(const int16_t* query, const int16_t* keys, size_t width, size_t num_keys,
                 size_t head_size, int64_t* products) {
  for (size_t j = 0; j < num_keys; ++j) {
    products[j] = DotAf8(query, keys + j * width, head_size);
  }
}

/// sums[c] += Σ_j weights[j] · values[j][c], exactly, where Σ_j weights[j] · 3968 fits in 32 bits.
void WeighAf8(const int16_t* weights, const int16_t* values, size_t width, size_t num_keys,
              size_t columns, int64_t* sums) {
  size_t column = 0;
#if HWY_TARGET != HWY_SCALAR
  const hn::CappedTag<int32_t, kBlock> ints;
  const hn::Repartition<int16_t, decltype(ints)> shorts;
  const size_t lanes = hn::Lanes(shorts);
  for (; column + lanes <= columns; column += lanes) {
    // Values of two keys are interleaved, so that one instruction multiplies both and adds them.
    auto lower = hn::Zero(ints);
    auto upper = hn::Zero(ints);
    auto lower_spare = hn::Zero(ints);
    auto upper_spare = hn::Zero(ints);
    const int16_t* even_row = values + column;
    for (size_t j = 0; j < num_keys; j += 2, even_row += 2 * width) {
      const bool has_odd = j + 1 < num_keys;
      const auto even = hn::LoadU(shorts, even_row);
      const auto odd = has_odd ? hn::LoadU(shorts, even_row + width) : hn::Zero(shorts);
      const auto pair = hn::OddEven(hn::Set(shorts, has_odd ? weights[j + 1] : int16_t{0}),
                                    hn::Set(shorts, weights[j]));
      lower = hn::ReorderWidenMulAccumulate(ints, pair, hn::InterleaveLower(shorts, even, odd),
                                            lower, lower_spare);
      upper = hn::ReorderWidenMulAccumulate(ints, pair, hn::InterleaveUpper(shorts, even, odd),
                                            upper, upper_spare);
    }
    HWY_ALIGN int32_t halves[2][kBlock];
    hn::Store(hn::RearrangeToOddPlusEven(lower, lower_spare), ints, halves[0]);
    hn::Store(hn::RearrangeToOddPlusEven(upper, upper_spare), ints, halves[1]);
    // Interleaving took place within 8 columns, the lower 4 of them and the upper 4.
    for (size_t i = 0; i < lanes; ++i) {
      sums[column + i] += halves[i / 4 % 2][i / 8 * 4 + i % 4];
    }
  }
#endif
  for (; column < columns; ++column) {
    for (size_t j = 0; j < num_keys; ++j) {
      sums[column] += int32_t{weights[j]} * values[j * width + column];
    }
  }
}

}  // namespace
}  // namespace edgebert::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace edgebert {
namespace {

HWY_EXPORT(ScoreF32);
HWY_EXPORT(WeighF32);
HWY_EXPORT(ProductsAf8);
HWY_EXPORT(WeighAf8);

static_assert(int64_t{128} * kAf8MaxInteger * kAf8MaxInteger < std::numeric_limits<int32_t>::max());

/// Calls function(query, first_key, num_keys, first_column) for each query of each head.
template <typename Function>
void ForEachQuery(const Attention& attention, Function function) {
  const auto head_size = static_cast<size_t>(attention.head_size);
  for (size_t head = 0; head < attention.heads.size(); ++head) {
    for (int query = 0; query < attention.tokens; ++query) {
      const auto [first, end] = KeysInSpan(query, attention.heads[head].span, attention.tokens);
      function(static_cast<size_t>(query), static_cast<size_t>(first),
               static_cast<size_t>(end - first), head * head_size);
    }
  }
}

}  // namespace

void QueryKeyProductsAf8(std::span<const int16_t> query, const int16_t* keys, size_t width,
                         std::span<int64_t> products) {
  HWY_DYNAMIC_DISPATCH(ProductsAf8)
  (query.data(), keys, width, products.size(), query.size(), products.data());
}

void SumWeightedValuesAf8(std::span<const int16_t> weights, const int16_t* values, size_t width,
                          std::span<int64_t> sums) {
  constexpr int64_t kMaxTotal = std::numeric_limits<int32_t>::max() / kAf8MaxInteger;
  std::fill(sums.begin(), sums.end(), 0);
  size_t begin = 0;
  while (begin < weights.size()) {
    // As many keys as are sure to fit in 32-bit sums: nearly always all, as probabilities sum to 1.
    int64_t total = 0;
    size_t end = begin;
    while (end < weights.size() && total + weights[end] <= kMaxTotal) {
      total += weights[end++];
    }
    HWY_DYNAMIC_DISPATCH(WeighAf8)
    (&weights[begin], values + begin * width, width, end - begin, sums.size(), sums.data());
    begin = end;
  }
}

void AttentionF32(const Attention& attention, std::span<const float> query,
                  std::span<const float> key, std::span<const float> value,
                  std::span<float> scratch, std::span<float> context) {
  const auto head_size = static_cast<size_t>(attention.head_size);
  const size_t width = attention.heads.size() * head_size;
  const float scale = 1.0f / std::sqrt(static_cast<float>(head_size));
  ForEachQuery(attention, [&](size_t token, size_t first, size_t num_keys, size_t column) {
    const std::span<float> scores = scratch.first(num_keys);
    const size_t here = token * width + column;
    const size_t keys = first * width + column;
    HWY_DYNAMIC_DISPATCH(ScoreF32)
    (&query[here], &key[keys], width, num_keys, head_size, scale, scores.data());
    SoftmaxInPlace(scores);
    HWY_DYNAMIC_DISPATCH(WeighF32)
    (scores.data(), &value[keys], width, num_keys, head_size, &context[here]);
  });
}

}  // namespace edgebert
#endif
