#ifndef EDGEBERT_TILER_BUFFER_PLAN_H_
#define EDGEBERT_TILER_BUFFER_PLAN_H_

#include "edgebert/base/status.h"
#include "edgebert/model/config.h"
#include "edgebert/tiler/machine_shape.h"
#include "edgebert/tiler/tile_program.h"

namespace edgebert {

/// Row passes of `rows` rows when none may have more than `most`.
constexpr int RowPasses(int rows, int most) { return static_cast<int>(CeilDivide(rows, most)); }

/// How many chunks along K panels of `blocks` blocks are cut into, so that two of them fit into the
/// ring: 1 where whole panels do. Each block takes `block_bytes`. Only panels that one job alone
/// uses can be cut; others are needed again by every job. 0: they do not fit.
int PanelChunks(int64_t block_bytes, int blocks, bool one_job, int64_t ring_bytes);

/// Shares the pool out for sentences of `tokens` tokens. Regions that are alive at the same time
/// get banks of their own:
///   embedding     layer input, embedded
///   attention     layer input, context, query, key, values (twice where there are two heads)
///   projection    layer input, context, update of a row pass
///   feed-forward  layer input, hidden and update of a row pass
///   off-ramp      layer input, pooled, hidden, logits
/// and the ring of weight panels all that is left in the phase that leaves least. Row passes are as
/// few as make the fewest bytes of weights, and let two panels of every matrix product fit.
/// Where not even passes of one row fit, or scores exceed the auxiliary buffer, kInvalidArgument
/// names the buffer and the missing bytes.
Result<BufferPlan> PlanBuffers(const ModelConfig& config, const MachineShape& machine, int tokens);

}  // namespace edgebert

#endif  // EDGEBERT_TILER_BUFFER_PLAN_H_
