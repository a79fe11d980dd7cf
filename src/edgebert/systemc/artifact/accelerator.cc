#include "edgebert/systemc/artifact/accelerator.h"

#include <fmt/format.h>

#include <algorithm>

#include "edgebert/systemc/simulation.h"

namespace edgebert::systemc::artifact {
namespace {

// Masters of the bus; the slave's channels come after theirs.
enum Master : size_t { kInputFill, kMaskFill, kAuxiliaryFill, kInputWriteBack, kMaskWriteBack };
constexpr size_t kNumMasters = 5;
constexpr size_t kSlave = kNumMasters;

void Collect(const std::vector<sc_core::sc_object*>& objects,
             std::vector<const ChannelBase*>& channels) {
  for (const sc_core::sc_object* object : objects) {
    if (const auto* channel = dynamic_cast<const ChannelBase*>(object)) {
      channels.push_back(channel);
    }
    Collect(object->get_child_objects(), channels);
  }
}

size_t VectorIndex(size_t row, size_t column_group, size_t columns) {
  return row / kLanes * columns + column_group * kLanes + row % kLanes;
}

Status CheckMatmul(const MatmulWork& work) {
  for (const uint32_t size : {work.left_rows, work.right_rows, work.columns}) {
    if (size == 0 || size % kLanes != 0) {
      return InvalidArgument(
          fmt::format("a product of {} × {} by {} × {}: sizes must be multiples of {}",
                      work.right_rows, work.columns, work.columns, work.left_rows, kLanes));
    }
  }
  return OkStatus();
}

Status CheckRows(const FunctionRows& rows) {
  if (rows.rows == 0 || rows.vectors == 0) {
    return InvalidArgument(
        fmt::format("{} rows of {} vectors: both must be at least 1", rows.rows, rows.vectors));
  }
  return OkStatus();
}

}  // namespace

std::vector<Codes> OrderForMatmul(std::span<const uint8_t> matrix, size_t rows, size_t columns) {
  std::vector<Codes> vectors(rows * columns / kLanes);
  for (size_t row = 0; row < rows; ++row) {
    for (size_t group = 0; group < columns / kLanes; ++group) {
      std::copy_n(matrix.begin() + static_cast<std::ptrdiff_t>(row * columns + group * kLanes),
                  kLanes, vectors[VectorIndex(row, group, columns)].begin());
    }
  }
  return vectors;
}

std::vector<uint8_t> MatrixFromVectors(std::span<const Codes> vectors, size_t rows,
                                       size_t columns) {
  std::vector<uint8_t> matrix(rows * columns);
  for (size_t row = 0; row < rows; ++row) {
    for (size_t group = 0; group < columns / kLanes; ++group) {
      const Codes& codes = vectors[VectorIndex(row, group, columns)];
      std::copy(codes.begin(), codes.end(),
                matrix.begin() + static_cast<std::ptrdiff_t>(row * columns + group * kLanes));
    }
  }
  return matrix;
}

Accelerator::Controller::Controller(sc_core::sc_module_name name, const Clock& clock,
                                    Channel<FunctionUnit>& done)
    : Unit(name, clock), done_(done) {
  Reads({&done});
}

void Accelerator::Controller::Step() {
  if (done_.CanPop()) {
    done_.Pop();
    time.done = clock().cycle();
    ++time.completed;
  }
}

Accelerator::Accelerator(sc_core::sc_module_name name, Clock& clock, const AcceleratorSize& size)
    : sc_core::sc_module(name),
      clock_(clock),
      unit_("unit", clock, registers_, size.decoder),
      functions_("functions", clock, registers_, unit_, size.auxiliary_rows),
      controller_("controller", clock, functions_.done),
      transfers_("transfers", kNumMasters),
      bursts_("bursts", kNumMasters + 1),
      write_words_("write_words", kNumMasters + 1),
      read_words_("read_words", kNumMasters + 1),
      acknowledgements_("acknowledgements", kNumMasters + 1),
      split_words_("split_words"),
      packed_words_("packed_words"),
      input_fill_("input_fill", clock, transfers_[kInputFill], PortsOf(kInputFill),
                  {&unit_.decode_0.data.stored(), &unit_.decode_1.data.stored()}, unit_.fills,
                  data_client::kFill),
      mask_fill_("mask_fill", clock, transfers_[kMaskFill], PortsOf(kMaskFill),
                 {&unit_.decode_0.masks.stored(), &unit_.decode_1.masks.stored()}, unit_.mask_fills,
                 mask_client::kFill),
      auxiliary_fill_("auxiliary_fill", clock, transfers_[kAuxiliaryFill], PortsOf(kAuxiliaryFill),
                      {&functions_.auxiliary.stored()}, functions_.auxiliary_fills, 0),
      input_write_back_("input_write_back", clock,
                        {.starts = transfers_[kInputWriteBack],
                         .bus = PortsOf(kInputWriteBack),
                         .loads = unit_.loads,
                         .words = split_words_},
                        data_client::kWriteBack),
      mask_write_back_("mask_write_back", clock,
                       {.starts = transfers_[kMaskWriteBack],
                        .bus = PortsOf(kMaskWriteBack),
                        .loads = unit_.mask_loads,
                        .words = packed_words_},
                       mask_client::kWriteBack),
      splitter_("splitter", clock, unit_.loaded, split_words_),
      packer_("packer", clock, unit_.masks_loaded, packed_words_, mask_write_back_.items()),
      arbiter_("arbiter", clock,
               {PortsOf(kInputFill), PortsOf(kMaskFill), PortsOf(kAuxiliaryFill),
                PortsOf(kInputWriteBack), PortsOf(kMaskWriteBack)},
               PortsOf(kSlave)),
      dram_("dram", clock, PortsOf(kSlave), size.dram_words) {
  Collect(get_child_objects(), channels_);
}

BusPorts Accelerator::PortsOf(size_t master) {
  return {.bursts = bursts_[master],
          .write_words = write_words_[master],
          .read_words = read_words_[master],
          .acknowledgements = acknowledgements_[master]};
}

Status Accelerator::RunFor(const std::function<bool()>& done) {
  EDGEBERT_RETURN_IF_ERROR(RunUntil(clock_, done));
  return RunUntil(clock_, [this] {
    return std::all_of(channels_.begin(), channels_.end(),
                       [](const ChannelBase* channel) { return channel->size() == 0; });
  });
}

Result<uint64_t> Accelerator::Matmul(const MatmulWork& work) {
  EDGEBERT_RETURN_IF_ERROR(CheckMatmul(work));
  const uint32_t left_groups = work.left_rows / kLanes;
  const uint32_t right_groups = work.right_rows / kLanes;
  registers_.to_functions = 0;
  unit_.decode_0.plans.Push(
      DecodePlan::MatmulLeft(work.left.first_row, left_groups, work.columns, right_groups));
  unit_.decode_1.plans.Push(
      DecodePlan::MatmulRight(work.right.first_row, right_groups, work.columns, left_groups));
  unit_.shapes.Push(
      {.tiles = uint64_t{left_groups} * right_groups, .blocks_a_tile = work.columns / kLanes});
  unit_.settings.Push(work.requantization);
  unit_.targets.Push(work.output);
  unit_.starts.Push({.left_groups = left_groups,
                     .right_groups = right_groups,
                     .columns = work.columns,
                     .left_base = work.left.mask_base,
                     .right_base = work.right.mask_base});
  const OperationTime& time = unit_.input_setup.time();
  EDGEBERT_RETURN_IF_ERROR(
      RunFor([&time, before = time.completed] { return time.completed > before; }));
  return time.cycles();
}

Result<uint64_t> Accelerator::RunFunction(FunctionUnit unit, const SpecialFunction& function,
                                          size_t memory, const DecodePlan& plan,
                                          const EncodeTarget& output,
                                          const std::function<void()>& start) {
  registers_ = {
      .to_functions = 1, .selected_memory = memory, .function_unit = static_cast<size_t>(unit)};
  if (plan.vectors > 0) {
    decoder(memory).plans.Push(plan);
  }
  unit_.targets.Push(output);
  start();
  const OperationTime& time = controller_.time;
  EDGEBERT_RETURN_IF_ERROR(
      RunFor([&time, before = time.completed] { return time.completed > before; }));
  return time.done - function.started();
}

Result<uint64_t> Accelerator::RunLayerNorm(const LayerNormWork& work, size_t memory,
                                           uint32_t first_row, const EncodeTarget& output) {
  EDGEBERT_RETURN_IF_ERROR(CheckRows(work.rows));
  return RunFunction(FunctionUnit::kLayerNorm, functions_.layer_norm, memory,
                     DecodePlan::Rows(first_row, work.rows.rows, work.rows.vectors, 2), output,
                     [&] { functions_.layer_norm_starts.Push(work); });
}

Result<uint64_t> Accelerator::RunSoftmax(const SoftmaxWork& work, size_t memory, uint32_t first_row,
                                         const EncodeTarget& output) {
  EDGEBERT_RETURN_IF_ERROR(CheckRows(work.rows));
  return RunFunction(FunctionUnit::kSoftmax, functions_.softmax, memory,
                     DecodePlan::Rows(first_row, work.rows.rows, work.rows.vectors, 3), output,
                     [&] { functions_.softmax_starts.Push(work); });
}

Result<uint64_t> Accelerator::RunElementAdd(const ElementAddWork& work, size_t memory,
                                            uint32_t first_row, uint32_t second_first_row,
                                            const EncodeTarget& output) {
  EDGEBERT_RETURN_IF_ERROR(CheckRows(work.rows));
  return RunFunction(FunctionUnit::kElementAdd, functions_.element_add, memory,
                     DecodePlan::Alternating(first_row, second_first_row,
                                             uint64_t{work.rows.rows} * work.rows.vectors),
                     output, [&] { functions_.element_add_starts.Push(work); });
}

Result<uint64_t> Accelerator::RunEntropy(const EntropyWork& work, size_t memory,
                                         uint32_t first_row) {
  EDGEBERT_RETURN_IF_ERROR(CheckRows(work.rows));
  if (work.classes == 0 || work.classes > work.rows.vectors * kLanes) {
    return InvalidArgument(
        fmt::format("{} classes in {} vectors of {}: at least 1, and no more than fit",
                    work.classes, work.rows.vectors, kLanes));
  }
  return RunFunction(FunctionUnit::kEntropy, functions_.entropy, memory,
                     DecodePlan::Rows(first_row, 1, work.rows.vectors, 2), {},
                     [&] { functions_.entropy_starts.Push(work); });
}

Result<uint64_t> Accelerator::RunDvfs(const DvfsWork& work) {
  if (work.scale == 0) {
    return InvalidArgument("the entropy cannot be divided by a scale of 0");
  }
  return RunFunction(FunctionUnit::kDvfs, functions_.dvfs, 0, {}, {},
                     [&] { functions_.dvfs_starts.Push(work); });
}

Result<uint64_t> Accelerator::RunTransfer(const OperationTime& time, Channel<Transfer>& starts,
                                          const Transfer& transfer, size_t memory) {
  if (transfer.items == 0) {
    return InvalidArgument("a transfer of nothing has no end: it must have at least one item");
  }
  registers_.selected_memory = memory;
  starts.Push(transfer);
  EDGEBERT_RETURN_IF_ERROR(
      RunFor([&time, before = time.completed] { return time.completed > before; }));
  return time.cycles();
}

Result<uint64_t> Accelerator::FillInput(const Transfer& transfer, size_t memory) {
  return RunTransfer(input_fill_.time(), transfers_[kInputFill], transfer, memory);
}

Result<uint64_t> Accelerator::FillMask(const Transfer& transfer, size_t memory) {
  return RunTransfer(mask_fill_.time(), transfers_[kMaskFill], transfer, memory);
}

Result<uint64_t> Accelerator::FillAuxiliary(const Transfer& transfer) {
  return RunTransfer(auxiliary_fill_.time(), transfers_[kAuxiliaryFill], transfer,
                     registers_.selected_memory);
}

Result<uint64_t> Accelerator::WriteBackInput(const Transfer& transfer, size_t memory) {
  return RunTransfer(input_write_back_.time(), transfers_[kInputWriteBack], transfer, memory);
}

Result<uint64_t> Accelerator::WriteBackMask(const Transfer& transfer, size_t memory) {
  return RunTransfer(mask_write_back_.time(), transfers_[kMaskWriteBack], transfer, memory);
}

Status Accelerator::Store(size_t memory, const ArrayPlace& place, std::span<const Codes> vectors) {
  std::vector<Mask>& masks = decoder(memory).masks.words();
  std::vector<Codes>& rows = decoder(memory).data.rows();
  if (vectors.size() > masks.size() || place.mask_base > masks.size() - vectors.size()) {
    return InvalidArgument(fmt::format("masks of {} vectors from {} on exceed a memory of {}",
                                       vectors.size(), place.mask_base, masks.size()));
  }
  std::array<size_t, kLanes> next;
  next.fill(place.first_row);
  for (size_t i = 0; i < vectors.size(); ++i) {
    Mask mask = 0;
    for (size_t lane = 0; lane < kLanes; ++lane) {
      if (vectors[i][lane] == 0) {
        continue;
      }
      if (next[lane] >= rows.size()) {
        return InvalidArgument(
            fmt::format("lane {} has more codes from row {} on than a memory of {} rows holds",
                        lane, place.first_row, rows.size()));
      }
      mask = static_cast<Mask>(mask | (1u << lane));
      rows[next[lane]++][lane] = vectors[i][lane];
    }
    masks[place.mask_base + i] = mask;
  }
  return OkStatus();
}

Result<std::vector<Codes>> Accelerator::Load(size_t memory, const ArrayPlace& place, size_t count) {
  const std::vector<Mask>& masks = decoder(memory).masks.words();
  const std::vector<Codes>& rows = decoder(memory).data.rows();
  if (count > masks.size() || place.mask_base > masks.size() - count) {
    return InvalidArgument(fmt::format("masks of {} vectors from {} on exceed a memory of {}",
                                       count, place.mask_base, masks.size()));
  }
  std::vector<Codes> vectors(count, Codes{});
  std::array<size_t, kLanes> next;
  next.fill(place.first_row);
  for (size_t i = 0; i < count; ++i) {
    for (size_t lane = 0; lane < kLanes; ++lane) {
      if (((masks[place.mask_base + i] >> lane) & 1) == 0) {
        continue;
      }
      if (next[lane] >= rows.size()) {
        return InvalidArgument(
            fmt::format("lane {} has more codes from row {} on than a memory of {} rows holds",
                        lane, place.first_row, rows.size()));
      }
      vectors[i][lane] = rows[next[lane]++][lane];
    }
  }
  return vectors;
}

}  // namespace edgebert::systemc::artifact
