#include "edgebert/accel/envm_technology.h"

#include <gtest/gtest.h>

#include "edgebert/base/file.h"
#include "edgebert/testing/testing.h"

namespace edgebert {
namespace {

std::string FileText(const std::string& name) {
  return ReadTextFile(std::filesystem::path(EDGEBERT_SOURCE_DIR) / "hardware/technology" / name,
                      kMaxTechnologyBytes)
      .value();
}

/// Both files, with `from` (which one of them must hold) replaced once.
Result<EnvmTechnology> Changed(const std::string& from, const std::string& to) {
  std::string cells = FileText("reram.yaml");
  std::string memory = FileText("large-memory.yaml");
  std::string& text = cells.find(from) != std::string::npos ? cells : memory;
  const size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  if (at != std::string::npos) {
    text.replace(at, from.size(), to);
  }
  EDGEBERT_ASSIGN_OR_RETURN(const Technology cell_technology,
                            Technology::Parse(cells, "reram.yaml"));
  EDGEBERT_ASSIGN_OR_RETURN(const Technology memory_technology,
                            Technology::Parse(memory, "large-memory.yaml"));
  return MakeEnvmTechnology(cell_technology, memory_technology);
}

TEST(EnvmTechnologyTest, TakesItsConstantsFromTheFiles) {
  const Result<EnvmTechnology> technology = LoadEnvmTechnology(std::nullopt);
  ASSERT_OK(technology);
  EXPECT_EQ(technology->cell(CellKind::kMlc3).levels.size(), 8u);
  EXPECT_EQ(technology->cell(CellKind::kMlc2).levels_provenance.status, ConstantStatus::kPublished);
  EXPECT_DOUBLE_EQ(technology->cell(CellKind::kMlc2).read_latency_s.value, 1.54e-9);
  EXPECT_DOUBLE_EQ(technology->cell(CellKind::kSlc).area_mm2_per_byte.value * (1 << 20), 0.28);
  EXPECT_DOUBLE_EQ(technology->cell(CellKind::kSlc).read_energy_j_per_byte.value, 6.5e-12 / 8);
  EXPECT_DOUBLE_EQ(At(technology->sram.leakage_w_per_byte, Bound::kLow) * 1024, 0.12e-6);
  EXPECT_DOUBLE_EQ(At(technology->sram.leakage_w_per_byte, Bound::kHigh) * 1024, 49e-6);
  EXPECT_DOUBLE_EQ(At(technology->sram.word_bytes, Bound::kHigh), 16);
}

TEST(EnvmTechnologyTest, CellsAreMisreadAsOftenAsTheirStatisticsSay) {
  const Result<EnvmTechnology> technology = LoadEnvmTechnology(std::nullopt);
  ASSERT_OK(technology);
  const auto errors = [&](CellKind kind) {
    return ComputeLevelErrors(technology->cell(kind).levels).value();
  };
  // Computed beforehand by an independent program, to the digits it was noted with.
  EXPECT_EQ(errors(CellKind::kSlc).Mean(), 0);
  EXPECT_NEAR(errors(CellKind::kMlc2).Mean(), 7.85e-9, 0.005e-9);
  EXPECT_NEAR(errors(CellKind::kMlc3).Mean(), 3.81e-3, 0.005e-3);
  const std::vector<double> up = {1.5e-4, 1.1e-3, 2.2e-3, 4.0e-3, 2.8e-4, 4.5e-3, 3.1e-3, 0};
  const std::vector<double> down = {0, 2.4e-4, 2.8e-3, 2.5e-3, 2.9e-3, 3.1e-4, 6.3e-3, 2.3e-4};
  const LevelErrors mlc3 = errors(CellKind::kMlc3);
  for (size_t level = 0; level < 8; ++level) {
    EXPECT_NEAR(mlc3.up[level], up[level], 0.03 * up[level]);
    EXPECT_NEAR(mlc3.down[level], down[level], 0.03 * down[level]);
  }
  EXPECT_OK(technology->FaultModel());
}

TEST(EnvmTechnologyTest, ErrorsNameWhatIsWrong) {
  EXPECT_OK(Changed("large-memory", "large-memory"));
  const auto error = [](const std::string& from, const std::string& to) {
    return Changed(from, to).status().message();
  };
  EXPECT_NE(error("slc_latency:", "slc_delay:").find("slc_latency"), std::string::npos);
  EXPECT_NE(error("dram_burst:", "burst:").find("dram_burst"), std::string::npos);
  EXPECT_NE(error("      - [0, 0.00865]\n      - [1, 0.0034]", "      - [0, 0.00865]")
                .find("slc_levels has 1 levels, expected 2"),
            std::string::npos);
  EXPECT_NE(error("- [1, 0.0034]", "- [0, 0.0034]").find("slc_levels"), std::string::npos);
  EXPECT_NE(error("value: 1.53", "value: 0").find("large-memory"), std::string::npos);
  EXPECT_NE(error("value: 32\n    unit: B", "value: 0.5\n    unit: B").find("at least one byte"),
            std::string::npos);
  EXPECT_FALSE(LoadEnvmTechnology("/nonexistent.yaml").ok());
}

}  // namespace
}  // namespace edgebert
