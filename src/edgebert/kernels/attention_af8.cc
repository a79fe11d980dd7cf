// Attention with AF8 operands: both of its products are panel products, with a head's keys or
// values as the panel.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstring>
#include <limits>

#include "edgebert/kernels/attention.h"
#include "edgebert/kernels/elementwise.h"
#include "edgebert/kernels/panel_multiplier.h"
#include "edgebert/kernels/panel_product.h"
#include "edgebert/kernels/panel_sums.h"
#include "edgebert/kernels/powers_of_two.h"
#include "edgebert/kernels/quantize.h"
#include "edgebert/numeric/adaptivfloat.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "edgebert/kernels/attention_af8.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "edgebert/kernels/blocks-inl.h"
#include "edgebert/kernels/elementwise-inl.h"
#include "edgebert/kernels/quantize-inl.h"

HWY_BEFORE_NAMESPACE();
namespace edgebert::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

/// A vector of products as scores, each rounded to double and then to float.
HWY_INLINE BlockVector ScoresOf(const int32_t* products, double scale) {
  const BlockFloats floats;
  const hn::RebindToSigned<BlockFloats> ints;
#if HWY_TARGET == HWY_SCALAR
  const hn::Rebind<double, BlockFloats> doubles;
  const auto exact = hn::PromoteTo(doubles, hn::LoadU(ints, products));
  return hn::DemoteTo(floats, hn::Mul(exact, hn::Set(doubles, scale)));
#else
  const hn::Half<BlockFloats> half_floats;
  const hn::Half<decltype(ints)> half_ints;
  const hn::Rebind<double, decltype(half_floats)> doubles;
  const auto scales = hn::Set(doubles, scale);
  const auto all = hn::LoadU(ints, products);
  const auto lower = hn::PromoteTo(doubles, hn::LowerHalf(half_ints, all));
  const auto upper = hn::PromoteTo(doubles, hn::UpperHalf(half_ints, all));
  return hn::Combine(floats, hn::DemoteTo(half_floats, hn::Mul(upper, scales)),
                     hn::DemoteTo(half_floats, hn::Mul(lower, scales)));
#endif
}

/// probabilities = AF8(softmax(scale · products)), as AF8 integers; `probability_scale` is how many
/// of them make 1. All three arrays have room for `size` rounded up to a block; the last entries of
/// `probabilities` become 0.
void SoftmaxOfProducts(const int32_t* products, size_t size, double scale, float probability_scale,
                       float* scores, int16_t* probabilities) {
  const BlockFloats floats;
  const size_t lanes = hn::Lanes(floats);
  const size_t padded = (size + kBlock - 1) / kBlock * kBlock;
  // What is no key has no share: exp(-∞) is 0.
  const BlockVector none = hn::Set(floats, -std::numeric_limits<float>::infinity());
  BlockVector largest = none;
  for (size_t i = 0; i < padded; i += lanes) {
    BlockVector score = none;
    if (i < size) {
      score = ScoresOf(products + i, scale);
      if (size - i < lanes) {
        score = hn::IfThenElse(hn::FirstN(floats, size - i), score, none);
      }
    }
    hn::StoreU(score, floats, scores + i);
    largest = hn::Max(largest, score);
  }
  const auto most = hn::MaxOfLanes(floats, largest);

  HWY_ALIGN float partials[kBlock];
  for (size_t lane = 0; lane < kBlock; lane += hn::Lanes(floats)) {
    BlockVector partial = hn::Zero(floats);
    for (size_t i = lane; i < padded; i += kBlock) {
      const auto power = elementwise::ExpOfNegative(hn::Sub(hn::LoadU(floats, scores + i), most));
      hn::StoreU(power, floats, scores + i);
      partial = hn::Add(partial, power);
    }
    hn::Store(partial, floats, partials + lane);
  }
  const auto total = hn::Set(floats, SumOfPartials(partials));
  const auto unit = hn::Set(floats, probability_scale);
  const hn::RebindToSigned<BlockFloats> float_ints;
  const hn::Rebind<int16_t, BlockFloats> shorts;
  for (size_t i = 0; i < padded; i += hn::Lanes(floats)) {
    const auto probability = hn::Div(hn::LoadU(floats, scores + i), total);
    const auto rounded = RoundToAf8(floats, probability, unit);
    hn::StoreU(hn::DemoteTo(shorts, hn::ConvertTo(float_ints, rounded)), shorts, probabilities + i);
  }
}

}  // namespace
}  // namespace edgebert::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace edgebert {
namespace {

HWY_EXPORT(SoftmaxOfProducts);

constexpr size_t kSoftmaxBlock = 16;

/// So many queries are worked on at a time: enough to use each key often, few enough for a span to
/// leave keys out.
constexpr size_t kQueriesAtATime = 36;

/// Any sum of so many products of AF8 integers fits in 32 bits.
constexpr size_t kSafeProducts = 128;
static_assert(int64_t{kSafeProducts} * kAf8MaxInteger * kAf8MaxInteger <=
              std::numeric_limits<int32_t>::max());

alignas(kCacheLineBytes) constexpr int32_t kZeros[kPanelColumns] = {};

constexpr size_t RoundUp(size_t value, size_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

/// What a head's attention needs to know of its layer.
struct Scales {
  double score;
  float probability;  ///< How many units of a probability make 1.
  int probability_bias;
  int context_unit_exponent;
  int context_bias;
};

/// One head: columns [first, first + size) of arrays `width` wide.
struct Head {
  size_t first;
  size_t size;
  size_t width;
  size_t tokens;
  int span;
};

/// Whether both products are sure to fit in 32 bits. A probability is rounded up by less than
/// itself and probabilities add up to 1 (to within roundings), or there are few of them.
bool IsNarrow(const Head& head, const Scales& scales) {
  const double total = 2.5 * static_cast<double>(scales.probability);
  const bool probabilities_fit =
      head.tokens <= kSafeProducts || total * kAf8MaxInteger < std::numeric_limits<int32_t>::max();
  return head.size % 2 == 0 && head.size <= kSafeProducts && probabilities_fit;
}

/// Keys become columns: [panel of keys][pair of head columns][key][2].
void PackKeys(const Head& head, std::span<const int16_t> key, AttentionScratch& scratch) {
  const size_t panel_size = head.size * kPanelColumns;
  int16_t* keys = AtLeast(scratch.keys, NumPanels(head.tokens) * panel_size);
  for (size_t token = 0; token < head.tokens; ++token) {
    const int16_t* from = &key[token * head.width + head.first];
    int16_t* to = keys + token / kPanelColumns * panel_size + token % kPanelColumns * 2;
    for (size_t pair = 0; pair < head.size / 2; ++pair) {
      std::memcpy(to + pair * 2 * kPanelColumns, from + 2 * pair, 2 * sizeof(int16_t));
    }
  }
}

/// Values of two keys are interleaved: [panel of head columns][pair of keys][column][2].
void PackValues(const Head& head, std::span<const int16_t> value, AttentionScratch& scratch) {
  const size_t panel_size = RoundUp(head.tokens, 2) * kPanelColumns;
  int16_t* values = AtLeast(scratch.values, NumPanels(head.size) * panel_size);
  for (size_t panel = 0; panel < NumPanels(head.size); ++panel) {
    const size_t first = head.first + panel * kPanelColumns;
    const size_t columns = std::min(kPanelColumns, head.size - panel * kPanelColumns);
    int16_t* to = values + panel * panel_size;
    for (size_t token = 0; token < head.tokens; token += 2, to += 2 * kPanelColumns) {
      const int16_t* even = &value[token * head.width + first];
      // Past the last key anything will do: its probability is 0.
      const int16_t* odd = token + 1 < head.tokens ? even + head.width : even;
      for (size_t column = 0; column < columns; ++column) {
        to[2 * column] = even[column];
        to[2 * column + 1] = odd[column];
      }
    }
  }
}

/// Queries [first_query, first_query + count) of a packed head.
void AttendBlock(const Head& head, const Scales& scales, std::span<const int16_t> query,
                 size_t first_query, size_t count, AttentionScratch& scratch,
                 std::span<int16_t> context) {
  const int tokens = static_cast<int>(head.tokens);
  const auto keys_of = [&](size_t token) {
    return KeysInSpan(static_cast<int>(token), head.span, tokens);
  };
  const auto first_key = static_cast<size_t>(keys_of(first_query).first);
  const auto end_key = static_cast<size_t>(keys_of(first_query + count - 1).end);
  const size_t first_panel = first_key / kPanelColumns;
  const size_t num_panels = NumPanels(end_key) - first_panel;

  // A row's products, and one panel of sums of values, which come when the products are done with.
  const size_t products_stride = num_panels * kPanelColumns;
  int32_t* sums = AtLeast(scratch.sums, count * products_stride + kSoftmaxBlock);
  for (size_t panel = 0; panel < num_panels; ++panel) {
    MultiplyPanel({&query[first_query * head.width + head.first], head.width, count, head.size / 2,
                   &scratch.keys[(first_panel + panel) * head.size * kPanelColumns], kZeros,
                   sums + panel * kPanelColumns, products_stride});
  }

  const size_t even_key = first_key / 2 * 2;
  const size_t used = RoundUp(end_key - even_key, 2);
  const size_t stride = used + kSoftmaxBlock;
  int16_t* probabilities = AtLeast(scratch.probabilities, count * stride);
  float* scores = AtLeast(scratch.scores, RoundUp(head.tokens, kSoftmaxBlock));
  for (size_t row = 0; row < count; ++row) {
    const KeyRange range = keys_of(first_query + row);
    const auto first = static_cast<size_t>(range.first);
    const size_t size = static_cast<size_t>(range.end) - first;
    int16_t* to = probabilities + row * stride;
    const size_t before = first - even_key;
    std::fill_n(to, before, int16_t{0});
    HWY_DYNAMIC_DISPATCH(SoftmaxOfProducts)
    (sums + row * products_stride + (first - first_panel * kPanelColumns), size, scales.score,
     scales.probability, scores, to + before);
    const size_t written = before + RoundUp(size, kSoftmaxBlock);
    if (written < used) {
      std::fill_n(to + written, used - written, int16_t{0});
    }
  }

  const size_t values_size = RoundUp(head.tokens, 2) * kPanelColumns;
  for (size_t panel = 0; panel < NumPanels(head.size); ++panel) {
    const size_t column = panel * kPanelColumns;
    MultiplyPanel({probabilities, stride, count, used / 2,
                   &scratch.values[panel * values_size + even_key * kPanelColumns], kZeros, sums,
                   kPanelColumns});
    RoundPanelToAf8({sums, count, 0, std::min(kPanelColumns, head.size - column)},
                    scales.context_unit_exponent, scales.context_bias, head.width,
                    &context[first_query * head.width + head.first + column]);
  }
}

/// A head whose sums may need 64 bits, query by query.
void AttendWide(const Head& head, const Scales& scales, std::span<const int16_t> query,
                std::span<const int16_t> key, std::span<const int16_t> value,
                AttentionScratch& scratch, std::span<int16_t> context) {
  constexpr size_t kSumsAtATime = 64;
  for (size_t token = 0; token < head.tokens; ++token) {
    const KeyRange range =
        KeysInSpan(static_cast<int>(token), head.span, static_cast<int>(head.tokens));
    const auto num_keys = static_cast<size_t>(range.end - range.first);
    const std::span<float> scores(AtLeast(scratch.scores, num_keys), num_keys);
    const std::span<int16_t> weights(AtLeast(scratch.probabilities, num_keys), num_keys);
    const size_t here = token * head.width + head.first;
    const size_t keys = static_cast<size_t>(range.first) * head.width + head.first;
    int64_t sums[kSumsAtATime];
    for (size_t done = 0; done < num_keys; done += kSumsAtATime) {
      const std::span<int64_t> part(sums, std::min(kSumsAtATime, num_keys - done));
      QueryKeyProductsAf8(query.subspan(here, head.size), &key[keys + done * head.width],
                          head.width, part);
      for (size_t j = 0; j < part.size(); ++j) {
        scores[done + j] = static_cast<float>(static_cast<double>(part[j]) * scales.score);
      }
    }
    SoftmaxInPlace(scores);
    QuantizeAf8(scores, scales.probability_bias, weights);
    for (size_t done = 0; done < head.size; done += kSumsAtATime) {
      const std::span<int64_t> part(sums, std::min(kSumsAtATime, head.size - done));
      SumWeightedValuesAf8(weights, &value[keys + done], head.width, part);
      RequantizeAf8(part, scales.context_unit_exponent, scales.context_bias,
                    context.subspan(here + done, part.size()));
    }
  }
}

}  // namespace

void AttentionAf8(const Attention& attention, int tokens, HeadRange heads,
                  const AttentionBiases& biases, std::span<const int16_t> query,
                  std::span<const int16_t> key, std::span<const int16_t> value,
                  AttentionScratch& scratch, std::span<int16_t> context) {
  const auto head_size = static_cast<size_t>(attention.head_size);
  const Scales scales{DoublePowerOfTwo(biases.query + biases.key - 2 * kAf8MantissaBits) /
                          std::sqrt(static_cast<double>(head_size)),
                      FloatPowerOfTwo(kAf8MantissaBits - biases.probability), biases.probability,
                      biases.probability + biases.value - 2 * kAf8MantissaBits, biases.context};
  for (size_t index = heads.first; index < heads.end; ++index) {
    const Head head{index * head_size, head_size, attention.heads.size() * head_size,
                    static_cast<size_t>(tokens), attention.heads[index].span};
    if (!IsNarrow(head, scales)) {
      AttendWide(head, scales, query, key, value, scratch, context);
      continue;
    }
    PackKeys(head, key, scratch);
    PackValues(head, value, scratch);
    ForEachRowBlock(head.tokens, kQueriesAtATime, [&](size_t first, size_t count) {
      AttendBlock(head, scales, query, first, count, scratch, context);
    });
  }
}

}  // namespace edgebert
#endif
