#include <algorithm>

#include "edgebert/tiler/row_split.h"
#include "edgebert/tiler/section_builder.h"
#include "edgebert/tiler/timing_rules.h"

// How a head's attention is cut into jobs: pairs of query and key at distance < span only, in whole
// key tiles.

namespace edgebert {
namespace {

int Ceil(int64_t dividend, int64_t divisor) {
  return static_cast<int>(CeilDivide(dividend, divisor));
}

/// The tokens at distance < span from any of `tokens`.
Slice Reach(const Slice& tokens, int span, int num_tokens) {
  const int first = std::max(0, tokens.first - span + 1);
  const int last = std::min(num_tokens - 1, tokens.first + tokens.size - 1 + span - 1);
  return {first, last - first + 1};
}

Slice Intersection(const Slice& a, const Slice& b) {
  const int first = std::max(a.first, b.first);
  const int end = std::min(a.first + a.size, b.first + b.size);
  return {first, std::max(0, end - first)};
}

}  // namespace

int SectionBuilder::AddScores(int head, int span, int after_queries, int after_keys) {
  const int n = machine_.vector_size;
  ArrayOperation operation;
  operation.kind = ArrayKind::kScores;
  operation.word = EmittedWord::kScore;
  operation.head = head;
  operation.rows = tokens_;
  operation.columns = tokens_;
  operation.blocks = Ceil(config_.head_size(), n);
  operation.input = TileRegion::kQuery;
  operation.operand = TileRegion::kKey;
  operation.output = TileRegion::kScores;
  operation.first_job = static_cast<int>(section_.jobs.size());
  section_.counts.macs += AttendedPairs(tokens_, span) * config_.head_size();
  for (int tile = 0; tile * n < tokens_; ++tile) {
    const Slice keys = FixedSlice(tokens_, n, tile);
    const Slice queries = Reach(keys, span, tokens_);
    const int groups = Ceil(queries.size, machine_.group_size());
    for (int group = 0; group < groups; ++group) {
      const Slice rows = BalancedSlice(queries.size, groups, group);
      const int first_row = queries.first + rows.first;
      const int first_run = NextRun();
      AddRun(operation, {0, operation.blocks, keys.size, rows.size, first_row, -1, false},
             config_.head_size());
      Job job{};
      job.first_row = first_row;
      job.rows = rows.size;
      job.first_column = keys.first;
      job.columns = keys.size;
      job.panel = -1;
      job.emitted = rows.size;
      job.in_order = true;
      AddJob(operation, job, first_run);
    }
  }
  operation.jobs = static_cast<int>(section_.jobs.size()) - operation.first_job;
  return Append(operation, after_queries, after_keys);
}

int SectionBuilder::AddSoftmax(int head, int span, int after_scores) {
  SpecialOperation operation;
  operation.kind = SpecialKind::kSoftmax;
  operation.rows = tokens_;
  operation.width = tokens_;
  operation.head = head;
  operation.span = span;
  operation.input = TileRegion::kScores;
  operation.output = TileRegion::kScores;
  for (int query = 0; query < tokens_; ++query) {
    const Slice keys = Reach({query, 1}, span, tokens_);
    const int64_t vectors =
        (keys.first + keys.size - 1) / machine_.vector_size - keys.first / machine_.vector_size + 1;
    operation.cycles += kSoftmaxPasses * machine_.PassCycles(vectors) + kSoftmaxLatency;
    section_.counts.function_vectors += kSoftmaxPasses * vectors;
    section_.counts.auxiliary_read_bytes += VectorBytes(kSoftmaxPasses * vectors) * kScoreBytes;
    section_.counts.pool_read_bytes += kSoftmaxPasses * vectors * HalvesBytes(machine_.vector_size);
    section_.counts.auxiliary_write_bytes += VectorBytes(vectors);
  }
  return Append(operation, after_scores);
}

int SectionBuilder::AddContext(int head, int span, int after_softmax, int after_values) {
  const int n = machine_.vector_size;
  ArrayOperation operation;
  operation.kind = ArrayKind::kContext;
  operation.head = head;
  operation.rows = tokens_;
  operation.columns = config_.head_size();
  operation.blocks = Ceil(tokens_, n);
  operation.input = TileRegion::kScores;
  operation.operand = head % 2 == 0 ? TileRegion::kValueEven : TileRegion::kValueOdd;
  operation.output = TileRegion::kContext;
  operation.output_vector = head * Ceil(config_.head_size(), n);
  operation.first_job = static_cast<int>(section_.jobs.size());
  section_.counts.macs += AttendedPairs(tokens_, span) * config_.head_size();
  const int groups = Ceil(tokens_, machine_.group_size());
  for (int tile = 0; tile * n < operation.columns; ++tile) {
    const Slice columns = FixedSlice(operation.columns, n, tile);
    for (int group = 0; group < groups; ++group) {
      const Slice rows = BalancedSlice(tokens_, groups, group);
      const auto streamed_at = [&](int block) {
        return Intersection(Reach(FixedSlice(tokens_, n, block), span, tokens_), rows);
      };
      const int first_run = NextRun();
      for (int block = 0; block < operation.blocks;) {
        const Slice streamed = streamed_at(block);
        int lanes = FixedSlice(tokens_, n, block).size;
        int end = block + 1;
        for (; end < operation.blocks; ++end) {
          const Slice next = streamed_at(end);
          if (next.first != streamed.first || next.size != streamed.size) {
            break;
          }
          lanes += FixedSlice(tokens_, n, end).size;
        }
        if (streamed.size > 0) {
          AddRun(operation,
                 {block, end - block, columns.size, streamed.size, streamed.first, -1, false},
                 lanes);
        }
        block = end;
      }
      Job job{};
      job.first_row = rows.first;
      job.rows = rows.size;
      job.first_column = columns.first;
      job.columns = columns.size;
      job.panel = -1;
      job.emitted = rows.size;
      job.in_order = true;
      AddJob(operation, job, first_run);
    }
  }
  operation.jobs = static_cast<int>(section_.jobs.size()) - operation.first_job;
  return Append(operation, after_softmax, after_values);
}

}  // namespace edgebert
