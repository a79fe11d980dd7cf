#include "edgebert/hardware/technology.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <string>

#include "edgebert/testing/testing.h"

namespace edgebert {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr std::string_view kSmall = R"(technology: small
description: for tests
constants:
  energy: {value: 2, unit: pJ/bit, range: [1, 4], conditions: cold, source: here, status: derived}
  share: {value: 0.5, unit: "1", range: [0.25, 0.75], source: there, status: assumed}
tables:
  points:
    columns: {voltage: mV, frequency: MHz}
    rows: [[500, 100], [1000, 400]]
    source: here
    status: measured
)";

std::string With(std::string_view from, std::string_view to) {
  std::string yaml(kSmall);
  const size_t at = yaml.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return yaml.replace(at, from.size(), to);
}

std::string ErrorOf(std::string_view yaml) {
  const auto technology = Technology::Parse(yaml, "small.yaml");
  EXPECT_EQ(technology.status().code(), StatusCode::kInvalidArgument);
  return technology.status().message();
}

TEST(TechnologyTest, ReadsConstantsAndTablesInBaseUnits) {
  const auto technology = Technology::Parse(kSmall, "small.yaml");
  ASSERT_OK(technology);
  EXPECT_EQ(technology->name(), "small");
  const auto energy = technology->Get("energy", "J/B");
  ASSERT_OK(energy);
  EXPECT_DOUBLE_EQ(energy->value, 16e-12);
  EXPECT_DOUBLE_EQ(energy->low(), 8e-12);
  EXPECT_DOUBLE_EQ(energy->high(), 32e-12);
  EXPECT_EQ(energy->provenance.conditions, "cold");
  EXPECT_EQ(energy->provenance.status, ConstantStatus::kDerived);
  constexpr std::array<std::string_view, 2> kColumns = {"voltage", "frequency"};
  const auto table = technology->Table("points", kColumns);
  ASSERT_OK(table);
  ASSERT_EQ(table->rows.size(), 2u);
  EXPECT_DOUBLE_EQ(table->rows[0][0], 0.5);
  EXPECT_DOUBLE_EQ(table->rows[1][1], 4e8);
}

TEST(TechnologyTest, WrongNamesUnitsAndColumnsAreErrors) {
  const auto technology = Technology::Parse(kSmall, "small.yaml");
  ASSERT_OK(technology);
  EXPECT_EQ(technology->Get("enrgy", "J/B").status().code(), StatusCode::kNotFound);
  EXPECT_THAT(technology->Get("enrgy", "J/B").status().message(),
              HasSubstr("did you mean 'energy'?"));
  EXPECT_THAT(technology->Get("energy", "V").status().message(), HasSubstr("is in J/B, not in V"));
  constexpr std::array<std::string_view, 1> kColumns = {"voltage"};
  EXPECT_THAT(technology->Table("points", kColumns).status().message(),
              HasSubstr("has the columns voltage, frequency"));
  EXPECT_THAT(technology->Table("pionts", kColumns).status().message(), HasSubstr("'points'"));
}

TEST(TechnologyTest, ErrorsNameFileAndLine) {
  EXPECT_THAT(ErrorOf(With("pJ/bit", "pJ/bits")),
              AllOf(StartsWith("small.yaml:4: "), HasSubstr("did you mean 'pJ/bit'?")));
  EXPECT_THAT(ErrorOf(With("value: 2", "value: -2")), StartsWith("small.yaml:4: "));
  EXPECT_THAT(ErrorOf(With("status: assumed", "status: guessed")), StartsWith("small.yaml:5: "));
  EXPECT_THAT(ErrorOf(With("[500, 100]", "[500]")),
              AllOf(StartsWith("small.yaml:9: "), HasSubstr("has 1 items, expected 2")));
  EXPECT_THAT(ErrorOf(With("[500, 100]", "[500, .inf]")), StartsWith("small.yaml:9: "));
  EXPECT_THAT(ErrorOf(With("rows: [[500, 100], [1000, 400]]", "rows: []")),
              HasSubstr("expected at least 1"));
  EXPECT_THAT(ErrorOf(With("{voltage: mV, frequency: MHz}", "{}")), HasSubstr("no columns"));
  EXPECT_THAT(ErrorOf(With("tables:", "table:")),
              AllOf(StartsWith("small.yaml:6: "), HasSubstr("did you mean 'tables'?")));
  EXPECT_THAT(ErrorOf(With("description: for tests\n", "")), HasSubstr("'description' is missing"));
}

TEST(TechnologyTest, BuiltInFilesAreTheFilesOfTheRepository) {
  const auto built_in = BuiltInTechnologies();
  ASSERT_OK(built_in);
  const auto directory = std::filesystem::path(EDGEBERT_SOURCE_DIR) / "hardware" / "technology";
  size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    ++files;
    const auto technology = Technology::Load(entry.path());
    ASSERT_OK(technology);
    EXPECT_EQ(technology->name(), entry.path().stem().string());
    const auto same = BuiltInTechnology(technology->name());
    ASSERT_OK(same);
    EXPECT_EQ((*same)->constants().size(), technology->constants().size());
    for (const Technology::NamedConstant& constant : technology->constants()) {
      EXPECT_EQ((*same)->Get(constant.name, constant.unit.base)->value, constant.constant.value);
      EXPECT_FALSE(constant.constant.provenance.source.empty());
    }
  }
  EXPECT_EQ(built_in->size(), files);
  EXPECT_THAT(BuiltInTechnology("lpddr5").status().message(), HasSubstr("did you mean 'lpddr4'?"));
}

TEST(TechnologyTest, TheLevelsOfMemoryCellsAscend) {
  constexpr std::array<std::string_view, 2> kColumns = {"mean", "sigma"};
  const Technology* reram = *BuiltInTechnology("reram");
  for (const auto& [name, levels] :
       {std::pair("slc_levels", 2u), std::pair("mlc2_levels", 4u), std::pair("mlc3_levels", 8u)}) {
    const auto table = reram->Table(name, kColumns);
    ASSERT_OK(table);
    ASSERT_EQ(table->rows.size(), levels);
    for (size_t i = 1; i < levels; ++i) {
      EXPECT_GT(table->rows[i][0], table->rows[i - 1][0]);
    }
    EXPECT_EQ(table->rows.front()[0], 0);
    EXPECT_EQ(table->rows.back()[0], 1);
  }
}

Result<Constant<double>> Resolve(std::string_view yaml, const Dimension& dimension) {
  EDGEBERT_ASSIGN_OR_RETURN(const YamlValue value, ParseYaml(yaml, "r.yaml", "it", 1024));
  return ResolveConstant(value, dimension);
}

TEST(TechnologyTest, ReferencesMultiplyValuesAndRanges) {
  constexpr Dimension kEnergyPerByte = {"J/B", 1e-15, 1e-7};
  const auto plain = Resolve("{from: lpddr4.transfer_energy}", kEnergyPerByte);
  ASSERT_OK(plain);
  EXPECT_DOUBLE_EQ(plain->value, 64e-12);
  EXPECT_THAT(plain->provenance.source, StartsWith("lpddr4.transfer_energy ("));
  const auto scaled = Resolve(
      "{from: sram.read_energy_128kb, times: [node-scaling.energy_22nm_to_12nm]}", kEnergyPerByte);
  ASSERT_OK(scaled);
  EXPECT_DOUBLE_EQ(scaled->value, 0.740e-12 * 0.47);
  EXPECT_DOUBLE_EQ(scaled->low(), 0.457e-12 * 0.4);
  EXPECT_DOUBLE_EQ(scaled->high(), 0.740e-12 * 0.59);
  EXPECT_EQ(scaled->provenance.status, ConstantStatus::kDerived);
  // The least trusted of the factors' statuses.
  EXPECT_EQ(
      Resolve("{from: datapath.mac_hfint8, times: [node-scaling.area_16nm_to_12nm]}", {"J", 0, 1})
          ->provenance.status,
      ConstantStatus::kAssumed);
}

TEST(TechnologyTest, ReferencesToNothingAreErrors) {
  constexpr Dimension kEnergyPerByte = {"J/B", 1e-15, 1e-7};
  const auto error = [&](std::string_view yaml) {
    return Resolve(yaml, kEnergyPerByte).status().message();
  };
  EXPECT_THAT(error("\n{from: lpddr4.transfer_enrgy}"),
              AllOf(StartsWith("r.yaml:2: "), HasSubstr("did you mean 'transfer_energy'?")));
  EXPECT_THAT(error("{from: lpdr4.transfer_energy}"), HasSubstr("did you mean 'lpddr4'?"));
  EXPECT_THAT(error("{from: lpddr4}"), HasSubstr("TECHNOLOGY.NAME"));
  EXPECT_THAT(error("{from: lpddr4.bandwidth}"), HasSubstr("is in B/s, not in J/B"));
  EXPECT_THAT(error("{from: lpddr4.transfer_energy, times: [lpddr4.bandwidth]}"),
              HasSubstr("is in B/s, not in 1"));
  EXPECT_THAT(error("{from: lpddr4.transfer_energy, time: []}"), HasSubstr("'times'"));
  EXPECT_THAT(Resolve("{from: lpddr4.transfer_energy}", {"J/B", 1e-15, 1e-12}).status().message(),
              HasSubstr("expected 1e-15 to 1e-12"));
}

}  // namespace
}  // namespace edgebert
