#include <algorithm>

#include "edgebert/tiler/buffer_plan.h"
#include "edgebert/tiler/row_split.h"
#include "edgebert/tiler/section_builder.h"
#include "edgebert/tiler/timing_rules.h"

// How a matrix product with weights is cut into panels and jobs.

namespace edgebert {
namespace {

int Ceil(int64_t dividend, int64_t divisor) {
  return static_cast<int>(CeilDivide(dividend, divisor));
}

/// Values are wanted with tokens along the lanes: rows must be split where vectors begin.
bool IsTransposed(const ArrayOperation& operation) {
  return operation.matrix == MatrixRole::kValue;
}

/// Rows that stream past the same stationary columns.
Slice RowGroup(const ArrayOperation& operation, const MachineShape& machine, int groups,
               int group) {
  if (!IsTransposed(operation)) {
    return BalancedSlice(operation.rows, groups, group);
  }
  const int n = machine.vector_size;
  const Slice tiles = BalancedSlice(Ceil(operation.rows, n), groups, group);
  const int first = tiles.first * n;
  return {first, std::min(tiles.size * n, operation.rows - first)};
}

/// Rows that stay while columns stream.
Slice RowTile(const ArrayOperation& operation, const MachineShape& machine, int tiles, int tile) {
  return IsTransposed(operation) ? FixedSlice(operation.rows, machine.vector_size, tile)
                                 : BalancedSlice(operation.rows, tiles, tile);
}

/// The columns of a group whose weight vectors in `block` are not all zero.
int StreamedColumns(const MatrixMask& mask, int first_column, int columns, int block) {
  int streamed = 0;
  for (int column = first_column; column < first_column + columns; ++column) {
    streamed += mask.At(column, block) != 0 ? 1 : 0;
  }
  return streamed;
}

int64_t CyclesWithStationaryColumns(const ArrayOperation& operation, const MachineShape& machine) {
  const int groups = Ceil(operation.rows, machine.group_size());
  int64_t cycles = 0;
  for (int tile = 0; tile * machine.vector_size < operation.columns; ++tile) {
    const int columns = FixedSlice(operation.columns, machine.vector_size, tile).size;
    for (int group = 0; group < groups; ++group) {
      cycles += std::max(columns, RowGroup(operation, machine, groups, group).size);
    }
  }
  return cycles * operation.blocks;
}

int64_t CyclesWithStationaryRows(const WeightProduct& product, const MachineShape& machine,
                                 const MatrixMask& mask) {
  const ArrayOperation& operation = product.operation;
  const int tiles = Ceil(operation.rows, machine.vector_size);
  int64_t cycles = 0;
  for (int group = 0; group * machine.group_size() < operation.columns; ++group) {
    const Slice columns = FixedSlice(operation.columns, machine.group_size(), group);
    for (int block = 0; block < operation.blocks; ++block) {
      const int streamed =
          StreamedColumns(mask, product.first_column + columns.first, columns.size, block);
      for (int tile = 0; tile < tiles && streamed > 0; ++tile) {
        cycles += std::max(streamed, RowTile(operation, machine, tiles, tile).size);
      }
    }
  }
  return cycles;
}

int64_t LanesOf(const WeightLayout& layout, int first_block, int blocks) {
  int64_t lanes = 0;
  for (int block = first_block; block < first_block + blocks; ++block) {
    lanes += layout.Lanes(block);
  }
  return lanes;
}

}  // namespace

int SectionBuilder::AddProduct(WeightProduct product, int after) {
  ArrayOperation& operation = product.operation;
  operation.kind = ArrayKind::kWeights;
  const WeightLayout layout(config_, operation.matrix, product.matrix_index, machine_.vector_size);
  operation.blocks = layout.blocks();
  operation.first_job = static_cast<int>(section_.jobs.size());
  operation.first_panel = static_cast<int>(section_.panels.size());
  section_.counts.macs +=
      int64_t{operation.rows} * operation.columns * LanesOf(layout, 0, layout.blocks());
  const MatrixMask& mask = masks_.at(operation.matrix, product.matrix_index);
  const int row_chunks =
      PanelChunks(VectorBytes(std::min(machine_.group_size(), operation.columns)), operation.blocks,
                  operation.rows <= machine_.vector_size, plan_.ring_bytes);
  if (row_chunks > 0 && CyclesWithStationaryRows(product, machine_, mask) <
                            CyclesWithStationaryColumns(operation, machine_)) {
    StationaryRows(product, layout, row_chunks);
  } else {
    StationaryColumns(product, layout);
  }
  operation.jobs = static_cast<int>(section_.jobs.size()) - operation.first_job;
  operation.panels = static_cast<int>(section_.panels.size()) - operation.first_panel;
  return Append(operation, after, -1);
}

int SectionBuilder::AddWeightPanels(const WeightProduct& product, const Slice& columns,
                                    int chunks) {
  const ArrayOperation& operation = product.operation;
  const MatrixMask& mask = masks_.at(operation.matrix, product.matrix_index);
  const auto first_panel = static_cast<int>(section_.panels.size());
  for (int chunk = 0; chunk < chunks; ++chunk) {
    const Slice blocks = BalancedSlice(operation.blocks, chunks, chunk);
    const int64_t vectors = int64_t{columns.size} * blocks.size;
    Panel panel{};
    panel.first_column = columns.first;
    panel.columns = columns.size;
    panel.first_block = blocks.first;
    panel.blocks = blocks.size;
    panel.has_bias = chunk == 0;
    panel.ring_bytes = VectorBytes(vectors);
    panel.nonzero_codes =
        mask.Sum(product.first_column + columns.first, columns.size, blocks.first, blocks.size);
    panel.unused =
        blocks.size == 0 || (operation.stationary == Stationary::kRows && panel.nonzero_codes == 0);
    panel.transfer_bytes = CeilDivide(VectorBytes(vectors), 8) + panel.nonzero_codes +
                           (panel.has_bias ? int64_t{kParameterBytes} * columns.size : 0);
    AddPanel(panel);
  }
  return first_panel;
}

void SectionBuilder::StationaryColumns(WeightProduct& product, const WeightLayout& layout) {
  ArrayOperation& operation = product.operation;
  operation.stationary = Stationary::kColumns;
  operation.emission = IsTransposed(operation) ? Emission::kTransposed : Emission::kRowOrder;
  const int groups = Ceil(operation.rows, machine_.group_size());
  const int chunks = PanelChunks(VectorBytes(std::min(machine_.vector_size, operation.columns)),
                                 operation.blocks, groups == 1, plan_.ring_bytes);
  for (int tile = 0; tile * machine_.vector_size < operation.columns; ++tile) {
    const Slice columns = FixedSlice(operation.columns, machine_.vector_size, tile);
    const int first_panel = AddWeightPanels(product, columns, chunks);
    for (int group = 0; group < groups; ++group) {
      const Slice rows = RowGroup(operation, machine_, groups, group);
      const bool last = group + 1 == groups;
      const int first_run = NextRun();
      for (int chunk = 0; chunk < chunks && operation.blocks > 0; ++chunk) {
        const Slice blocks = BalancedSlice(operation.blocks, chunks, chunk);
        AddRun(operation,
               {blocks.first, blocks.size, columns.size, rows.size, rows.first, first_panel + chunk,
                last},
               LanesOf(layout, blocks.first, blocks.size));
      }
      Job job{};
      job.first_row = rows.first;
      job.rows = rows.size;
      job.first_column = columns.first;
      job.columns = columns.size;
      job.panel = first_panel;
      job.emitted = IsTransposed(operation) ? columns.size * Ceil(rows.size, machine_.vector_size)
                                            : rows.size;
      job.in_order = true;
      AddJob(operation, job, first_run);
    }
  }
}

void SectionBuilder::StationaryRows(WeightProduct& product, const WeightLayout& layout,
                                    int chunks) {
  ArrayOperation& operation = product.operation;
  operation.stationary = Stationary::kRows;
  operation.emission = IsTransposed(operation) ? Emission::kRowOrder : Emission::kTransposed;
  const MatrixMask& mask = masks_.at(operation.matrix, product.matrix_index);
  const int tiles = Ceil(operation.rows, machine_.vector_size);
  for (int group = 0; group * machine_.group_size() < operation.columns; ++group) {
    const Slice columns = FixedSlice(operation.columns, machine_.group_size(), group);
    const int first_panel = AddWeightPanels(product, columns, chunks);
    const auto streamed_at = [&](int block) {
      return StreamedColumns(mask, product.first_column + columns.first, columns.size, block);
    };
    for (int tile = 0; tile < tiles; ++tile) {
      const Slice rows = RowTile(operation, machine_, tiles, tile);
      const int first_run = NextRun();
      for (int chunk = 0; chunk < chunks; ++chunk) {
        const Slice blocks = BalancedSlice(operation.blocks, chunks, chunk);
        const int first_of_chunk = NextRun();
        for (int block = blocks.first; block < blocks.first + blocks.size;) {
          const int streamed = streamed_at(block);
          int end = block + 1;
          while (end < blocks.first + blocks.size && streamed_at(end) == streamed) {
            ++end;
          }
          if (streamed > 0) {
            AddRun(
                operation,
                {block, end - block, rows.size, streamed, rows.first, first_panel + chunk, false},
                LanesOf(layout, block, end - block));
          }
          block = end;
        }
        if (tile + 1 == tiles && NextRun() > first_of_chunk) {
          section_.runs.back().frees_panel = true;
        }
      }
      Job job{};
      job.first_row = rows.first;
      job.rows = rows.size;
      job.first_column = columns.first;
      job.columns = columns.size;
      job.panel = first_panel;
      job.emitted = IsTransposed(operation) ? columns.size
                                            : rows.size * Ceil(columns.size, machine_.vector_size);
      job.in_order = NextRun() > first_run &&
                     section_.runs[static_cast<size_t>(first_run)].streamed == columns.size;
      AddJob(operation, job, first_run);
    }
  }
}

}  // namespace edgebert
