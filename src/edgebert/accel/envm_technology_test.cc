#include "edgebert/accel/envm_technology.h"

#include <gtest/gtest.h>

#include "edgebert/accel/hardware.h"
#include "edgebert/base/file.h"
#include "edgebert/testing/testing.h"

namespace edgebert {
namespace {

std::string DefaultText() {
  return ReadTextFile(std::filesystem::path(EDGEBERT_SOURCE_DIR) / "hardware/technology/reram.yaml",
                      kMaxHardwareBytes)
      .value();
}

/// The default with `from` (which it must hold) replaced once.
std::string Changed(const std::string& from, const std::string& to) {
  std::string text = DefaultText();
  const size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(EnvmTechnologyTest, TheDefaultIsTheFile) {
  const Result<EnvmTechnology> built_in = DefaultEnvmTechnology();
  ASSERT_OK(built_in);
  const Result<EnvmTechnology> file = ParseEnvmTechnology(DefaultText(), "reram.yaml");
  ASSERT_OK(file);
  EXPECT_EQ(built_in->cell(CellKind::kMlc3).levels.size(), 8u);
  EXPECT_EQ(built_in->cell(CellKind::kMlc2).levels_provenance.status, ConstantStatus::kPublished);
  EXPECT_DOUBLE_EQ(built_in->cell(CellKind::kMlc2).read_latency_s.value, 1.54e-9);
  EXPECT_DOUBLE_EQ(built_in->reram.leakage_w_per_mb.value, file->reram.leakage_w_per_mb.value);
  EXPECT_DOUBLE_EQ(At(built_in->sram.leakage_w_per_mb, Bound::kLow), 0.123e-3);
  EXPECT_DOUBLE_EQ(At(built_in->sram.leakage_w_per_mb, Bound::kHigh), 50e-3);
  EXPECT_DOUBLE_EQ(At(built_in->sram.word_bits, Bound::kHigh), 128);
  EXPECT_DOUBLE_EQ(built_in->dram.self_refresh_w_per_byte.value * (1 << 30), 2.3e-3);
}

TEST(EnvmTechnologyTest, CellsAreMisreadAsOftenAsTheirStatisticsSay) {
  const Result<EnvmTechnology> technology = DefaultEnvmTechnology();
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

TEST(EnvmTechnologyTest, ErrorsNameFileAndLine) {
  const auto error = [](const std::string& text) {
    return ParseEnvmTechnology(text, "cells.yaml").status().message();
  };
  EXPECT_NE(error(Changed("read_latency:", "read_latncy:")).find("read_latency"),
            std::string::npos);
  EXPECT_NE(error(Changed("unit: mm2/MB", "unit: mm2/GB")).find("expected mm2/MB"),
            std::string::npos);
  EXPECT_NE(
      error(Changed("range: [0.27, 0.28]", "range: [0.29, 0.30]")).find("does not hold its value"),
      std::string::npos);
  EXPECT_NE(error(Changed("[1, 0.0034]]", "[-1, 0.0034]]")).find("not above"), std::string::npos);
  EXPECT_NE(error(Changed("status: published", "status: guessed")).find("cells.yaml:"),
            std::string::npos);
  EXPECT_NE(error(Changed("value: 0.28", "value: .nan")).find("cells.yaml:"), std::string::npos);
  EXPECT_NE(error(Changed("value: [[0, 0.00865], [1, 0.0034]]", "value: [[0, 0.00865]]"))
                .find("cells.yaml:"),
            std::string::npos);
  EXPECT_FALSE(LoadEnvmTechnology("/nonexistent.yaml").ok());
}

}  // namespace
}  // namespace edgebert
