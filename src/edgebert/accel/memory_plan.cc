#include "edgebert/accel/memory_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace edgebert {
namespace {

constexpr std::array<std::string_view, 3> kLocationNames = {"dram", "sram", "reram"};

/// Words of `word_bytes` that hold any of `count` bits from `first` on.
double WordsOf(uint64_t first, uint64_t count, double word_bytes) {
  const auto word = 8 * static_cast<uint64_t>(word_bytes);
  return count == 0 ? 0 : static_cast<double>((first + count - 1) / word - first / word + 1);
}

/// Where a row's bits lie in each region.
struct BitRange {
  uint64_t first;
  uint64_t count;
};
std::array<BitRange, kNumEnvmRegions> RowBits(const EnvmTable& table, int64_t row, uint64_t start) {
  const auto width = static_cast<uint64_t>(table.width());
  const int64_t entry = row / table.layout().index_stride;
  const auto group = static_cast<uint64_t>(entry * table.layout().index_stride);
  const auto entry_bits = static_cast<uint64_t>(table.size(EnvmRegion::kIndex).bits_per_word);
  const auto values = static_cast<uint64_t>(table.ValuesInRow(row));
  return {BitRange{group * width, (static_cast<uint64_t>(row) - group + 1) * width},
          BitRange{start * 8, values * 8},
          BitRange{static_cast<uint64_t>(entry) * entry_bits, entry_bits}};
}

/// Area of a region's cells: cells that hold fewer bits than they could are as large as others.
double ReramArea(const EnvmTable& table, const EnvmTechnology& technology, Bound bound) {
  double area = 0;
  for (const EnvmRegion region : {EnvmRegion::kMask, EnvmRegion::kValues, EnvmRegion::kIndex}) {
    const CellKind kind = table.layout().CellsOf(region);
    const double full_bytes =
        static_cast<double>(table.size(region).cells()) * BitsPerCell(kind) / 8;
    area += full_bytes * At(technology.cell(kind).area_mm2_per_byte, bound);
  }
  return area;
}

struct ReadCost {
  Joules energy;
  Seconds time;
};

ReadCost ReramReads(const EnvmTable& table, const RowReads& row, double tokens,
                    const EnvmTechnology& technology, Bound bound) {
  const EnvmCellTechnology& mask = technology.cell(table.layout().mask_cells);
  const EnvmCellTechnology& values = technology.cell(table.layout().value_cells);
  const double mask_words = tokens * (row.mask_words + row.index_words);
  const double value_words = tokens * row.value_words;
  const double word_bytes = technology.reram.word_bytes.value;
  return {Joules(word_bytes * (mask_words * At(mask.read_energy_j_per_byte, bound) +
                               value_words * At(values.read_energy_j_per_byte, bound))),
          Seconds(mask_words * At(mask.read_latency_s, bound) +
                  value_words * At(values.read_latency_s, bound))};
}

}  // namespace

DramInterface DramInterfaceOf(const HardwareDescription& hardware, Bound bound) {
  return {Joules(At(hardware.dram_joules_per_byte, bound)), hardware.dram_bandwidth.value,
          Seconds(At(hardware.dram_latency, bound))};
}

std::optional<double> BreakEven(const MemoryPlan& a, const MemoryPlan& b) {
  const Joules idle = EnergyOf(b.idle, Seconds(3600)) - EnergyOf(a.idle, Seconds(3600));
  const Joules step = a.per_sentence - b.per_sentence;
  if (step == Joules(0)) {
    return std::nullopt;
  }
  const double rate = idle / step;
  return rate > 0 ? std::optional(rate) : std::nullopt;
}

RowReads MeanRowReads(const EnvmTable& table, const EnvmTechnology& technology) {
  const std::vector<uint64_t> starts = table.RowStarts();
  const double word = technology.reram.word_bytes.value;
  RowReads reads;
  for (int64_t row = 0; row < table.rows(); ++row) {
    const auto bits = RowBits(table, row, starts[static_cast<size_t>(row)]);
    reads.mask_words += WordsOf(bits[0].first, bits[0].count, word);
    reads.value_words += WordsOf(bits[1].first, bits[1].count, word);
    reads.index_words += WordsOf(bits[2].first, bits[2].count, word);
    for (const BitRange& range : bits) {
      reads.sram_words += WordsOf(range.first, range.count, technology.sram.word_bytes.value);
      reads.dram_bursts += WordsOf(range.first, range.count, technology.dram.burst_bytes.value);
    }
  }
  const auto rows = static_cast<double>(table.rows());
  return {reads.mask_words / rows, reads.value_words / rows, reads.index_words / rows,
          reads.sram_words / rows, reads.dram_bursts / rows};
}

std::vector<MemoryPlan> EmbeddingPlans(const EnvmTable& table, double tokens,
                                       const EnvmTechnology& technology, const DramInterface& dram,
                                       Bound bound) {
  const RowReads row = MeanRowReads(table, technology);
  const Bytes stored(static_cast<double>(table.bits()) / 8);

  const ReadCost reram = ReramReads(table, row, tokens, technology, bound);
  const Watts reram_leakage(stored.value() * At(technology.reram.leakage_w_per_byte, bound));
  const Seconds reram_time = reram.time + Seconds(At(technology.reram.wake_time_s, bound));
  const double reram_area = ReramArea(table, technology, bound);

  const EnvmTechnology::Sram& sram = technology.sram;
  const double sram_words = tokens * row.sram_words;
  const Joules sram_energy(sram_words * sram.word_bytes.value *
                           At(sram.read_energy_j_per_byte, bound));
  const Seconds sram_time(sram_words * At(sram.latency_s, bound));
  const Watts sram_leakage(stored.value() * At(sram.leakage_w_per_byte, bound));
  const double sram_area = stored.value() * At(sram.area_mm2_per_byte, bound);

  const Watts refresh(stored.value() * At(technology.dram.self_refresh_w_per_byte, bound));
  const Seconds load_time = dram.latency + TimeOf(stored, dram.bandwidth);
  const Joules load_energy =
      stored.value() * (dram.energy_per_byte + Joules(At(sram.write_energy_j_per_byte, bound)));
  const Bytes fetched(tokens * row.dram_bursts * technology.dram.burst_bytes.value);

  return {
      {"reram-gated", reram_area, Watts(0), reram.energy + EnergyOf(reram_leakage, reram_time),
       reram_time},
      {"reram-on", reram_area, reram_leakage, reram.energy, reram.time},
      {"sram-on", sram_area, sram_leakage, sram_energy, sram_time},
      {"sram-loaded", sram_area, refresh,
       load_energy + sram_energy + EnergyOf(sram_leakage, load_time + sram_time),
       load_time + sram_time},
      {"dram-rows", 0, refresh, fetched.value() * dram.energy_per_byte,
       2 * dram.latency + TimeOf(fetched, dram.bandwidth)},
  };
}

std::string_view WeightLocationName(WeightLocation location) {
  return kLocationNames[static_cast<size_t>(location)];
}

Result<WeightLocation> ParseWeightLocation(std::string_view name) {
  for (size_t i = 0; i < kLocationNames.size(); ++i) {
    if (kLocationNames[i] == name) {
      return static_cast<WeightLocation>(i);
    }
  }
  return InvalidArgument(
      fmt::format("unknown place for weights '{}', expected dram, sram or reram", name));
}

WeightMemory WeightMemoryOf(WeightLocation location, CellKind cells,
                            const EnvmTechnology& technology, const DramInterface& dram,
                            Bound bound) {
  // A slow memory is the costly end of a range, so bandwidth falls where latency rises.
  const auto bandwidth = [bound](const Constant<double>& word_bytes, const Constant<double>& banks,
                                 const Constant<double>& latency_s) {
    return BytesPerSecond(word_bytes.value * banks.value / At(latency_s, bound));
  };
  WeightMemory memory;
  switch (location) {
    case WeightLocation::kDram:
      memory.energy_per_byte = dram.energy_per_byte;
      memory.bandwidth = dram.bandwidth;
      memory.latency = dram.latency;
      memory.idle_per_byte = Watts(At(technology.dram.self_refresh_w_per_byte, bound));
      break;
    case WeightLocation::kSram: {
      const EnvmTechnology::Sram& sram = technology.sram;
      memory.energy_per_byte = Joules(At(sram.read_energy_j_per_byte, bound));
      memory.bandwidth = bandwidth(sram.word_bytes, sram.banks, sram.latency_s);
      memory.idle_per_byte = Watts(At(sram.leakage_w_per_byte, bound));
      memory.latency = Seconds(At(sram.latency_s, bound));
      memory.area_mm2_per_byte = At(sram.area_mm2_per_byte, bound);
      break;
    }
    case WeightLocation::kReram: {
      const EnvmTechnology::Reram& reram = technology.reram;
      const EnvmCellTechnology& cell = technology.cell(cells);
      memory.energy_per_byte = Joules(At(cell.read_energy_j_per_byte, bound));
      memory.bandwidth = bandwidth(reram.word_bytes, reram.banks, cell.read_latency_s);
      memory.active_per_byte = Watts(At(reram.leakage_w_per_byte, bound));
      memory.latency = Seconds(At(reram.wake_time_s, bound) + At(cell.read_latency_s, bound));
      memory.area_mm2_per_byte = At(cell.area_mm2_per_byte, bound);
      break;
    }
  }
  return memory;
}

MemoryPlan WeightPlan(std::string name, const WeightMemory& memory, const WeightUse& use) {
  const Seconds streaming = TimeOf(use.streamed, memory.bandwidth);
  const Seconds first = use.layers * memory.latency;
  return {std::move(name), memory.area_mm2_per_byte * use.stored.value(),
          use.stored.value() * memory.idle_per_byte,
          use.streamed.value() * memory.energy_per_byte +
              EnergyOf(use.powered.value() * memory.active_per_byte,
                       first + std::max(streaming, use.compute_time)),
          first + streaming};
}

MemoryPlan LoadedWeightPlan(const EnvmTechnology& technology, const DramInterface& dram,
                            Bound bound, const WeightUse& use, Bytes loaded, Bytes capacity) {
  const WeightMemory source =
      WeightMemoryOf(WeightLocation::kDram, CellKind::kSlc, technology, dram, bound);
  const WeightMemory sram =
      WeightMemoryOf(WeightLocation::kSram, CellKind::kSlc, technology, dram, bound);
  const Seconds load = TimeOf(loaded, source.bandwidth);
  const Seconds streaming = TimeOf(use.streamed, sram.bandwidth);
  const Joules write(At(technology.sram.write_energy_j_per_byte, bound));
  return {"sram-loaded", sram.area_mm2_per_byte * capacity.value(),
          use.stored.value() * source.idle_per_byte,
          loaded.value() * (source.energy_per_byte + write) +
              use.streamed.value() * sram.energy_per_byte +
              EnergyOf(capacity.value() * sram.idle_per_byte,
                       load + std::max(streaming, use.compute_time)),
          load + streaming};
}

}  // namespace edgebert
