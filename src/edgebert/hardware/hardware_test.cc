#include "edgebert/hardware/hardware.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>

#include "edgebert/base/file.h"
#include "edgebert/testing/testing.h"

namespace edgebert {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

const std::filesystem::path kDescription =
    std::filesystem::path(EDGEBERT_SOURCE_DIR) / "hardware" / "edgebert-12nm.yaml";

constexpr std::string_view kSmall = R"(name: small
description: for tests
vector_size: {value: 8, unit: elements, source: here, status: assumed}
operating_points:
  value:
    - {voltage: 700, frequency: 0.1}
    - {voltage: 900, frequency: 0.3}
  unit: {voltage: mV, frequency: GHz}
  source: here
  status: assumed
voltage_step: {value: 0.05, unit: V, source: here, status: recalled}
energy_per_cycle: {value: 0.1, unit: nJ/cycle, source: here, status: derived, range: [0.05, 0.2]}
dram_energy: {value: 64, unit: pJ/B, source: here, status: published}
dram_bandwidth: {value: 500, unit: MB/s, source: here, status: measured}
sfu_throughput: {value: 0.5, unit: vectors/cycle, source: here, status: assumed}
)";

/// kSmall with its one occurrence of `from` replaced.
std::string With(std::string_view from, std::string_view to) {
  std::string yaml(kSmall);
  const size_t at = yaml.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return yaml.replace(at, from.size(), to);
}

std::string ErrorOf(const std::string& yaml) {
  const auto hardware = ParseHardware(yaml, "small.yaml");
  EXPECT_EQ(hardware.status().code(), StatusCode::kInvalidArgument);
  return hardware.status().message();
}

TEST(HardwareTest, ReadsEveryFieldInItsUnit) {
  const auto hardware = ParseHardware(kSmall, "small.yaml");
  ASSERT_OK(hardware);
  EXPECT_EQ(hardware->name, "small");
  EXPECT_EQ(hardware->description, "for tests");
  EXPECT_EQ(hardware->vector_size.value, 8);
  ASSERT_EQ(hardware->operating_points.size(), 2u);
  EXPECT_DOUBLE_EQ(hardware->operating_points[0].voltage.value(), 0.7);
  EXPECT_DOUBLE_EQ(hardware->operating_points[1].frequency.value(), 3e8);
  EXPECT_DOUBLE_EQ(hardware->voltage_step.value.value(), 0.05);
  EXPECT_EQ(hardware->voltage_step.provenance.status, ConstantStatus::kRecalled);
  EXPECT_EQ(hardware->voltage_step.provenance.source, "here");
  EXPECT_FALSE(hardware->voltage_step.range);
  EXPECT_DOUBLE_EQ(hardware->energy_per_cycle.value.value(), 1e-10);
  ASSERT_TRUE(hardware->energy_per_cycle.range);
  EXPECT_DOUBLE_EQ(hardware->energy_per_cycle.range->low.value(), 5e-11);
  EXPECT_DOUBLE_EQ(hardware->energy_per_cycle.range->high.value(), 2e-10);
  EXPECT_DOUBLE_EQ(hardware->dram_joules_per_byte.value, 64e-12);
  EXPECT_DOUBLE_EQ(hardware->dram_bandwidth.value.value(), 5e8);
  EXPECT_DOUBLE_EQ(hardware->sfu_vectors_per_cycle.value, 0.5);
  EXPECT_EQ(ConstantStatusName(hardware->dram_bandwidth.provenance.status), "measured");
}

TEST(HardwareTest, TheDefaultIsTheFileAndHoldsThePublishedNumbers) {
  const auto built_in = DefaultHardware();
  ASSERT_OK(built_in);
  const auto file = LoadHardware(kDescription);
  ASSERT_OK(file);
  for (const HardwareDescription* hardware : {&*built_in, &*file}) {
    EXPECT_EQ(hardware->name, "edgebert-12nm");
    EXPECT_EQ(hardware->vector_size.value, 16);
    ASSERT_EQ(hardware->operating_points.size(), 7u);
    EXPECT_DOUBLE_EQ(hardware->operating_points.front().voltage.value(), 0.68);
    EXPECT_DOUBLE_EQ(hardware->operating_points.front().frequency.value(), 335e6);
    EXPECT_DOUBLE_EQ(hardware->operating_points.back().voltage.value(), 1.0);
    EXPECT_DOUBLE_EQ(hardware->operating_points.back().frequency.value(), 717e6);
    EXPECT_DOUBLE_EQ(hardware->voltage_step.value.value(), 0.025);
    EXPECT_DOUBLE_EQ(hardware->energy_per_cycle.value.value(), 0.66e-12 * 16 * 16);
    EXPECT_DOUBLE_EQ(hardware->dram_joules_per_byte.value, 64e-12);
    EXPECT_DOUBLE_EQ(hardware->dram_bandwidth.value.value(), 8.5e9);
  }
}

TEST(HardwareTest, SectionsThatAreLeftOutStayOutOfTheAccount) {
  const auto hardware = ParseHardware(kSmall, "small.yaml");
  ASSERT_OK(hardware);
  EXPECT_EQ(hardware->idle_share.value, 0);
  EXPECT_EQ(hardware->buffers.total(), Bytes(0));
  EXPECT_EQ(hardware->leakage.logic.value, Watts(0));
  EXPECT_EQ(hardware->regulator.kind, "ideal");
  EXPECT_FALSE(hardware->transition_time);
  EXPECT_FALSE(hardware->components);
  EXPECT_TRUE(hardware->areas.empty());
}

TEST(HardwareTest, TheDefaultHasAllSections) {
  const auto hardware = DefaultHardware();
  ASSERT_OK(hardware);
  EXPECT_DOUBLE_EQ(hardware->idle_share.value, 0.91);
  EXPECT_EQ(hardware->buffers.total(), Bytes(320 * 1024));
  EXPECT_EQ(hardware->regulator.kind, "ldo");
  EXPECT_DOUBLE_EQ(hardware->regulator.input.value.value(), 1.05);
  EXPECT_DOUBLE_EQ(hardware->clock.lock_time.value.value(), 50e-9);
  ASSERT_TRUE(hardware->components);
  EXPECT_DOUBLE_EQ(hardware->components->mac.value.value(), 46.88e-15 * 0.8);
  EXPECT_EQ(hardware->areas.size(), 6u);
  EXPECT_EQ(hardware->operating_points_provenance.status, ConstantStatus::kMeasured);
}

TEST(HardwareTest, OptionalSectionsAreChecked) {
  const std::string small(kSmall);
  EXPECT_THAT(ErrorOf(small + "regulator: {kind: lod}\n"),
              AllOf(StartsWith("small.yaml:16: "), HasSubstr("ideal, ldo, switching")));
  EXPECT_THAT(ErrorOf(small + "regulator: {kind: ldo}\n"), HasSubstr("'input' is missing"));
  EXPECT_THAT(ErrorOf(small + "regulator:\n  kind: ldo\n  input: {from: regulators.ldo_input}\n"
                              "  dropout: {value: 0.2, unit: V, source: h, status: assumed}\n"),
              AllOf(StartsWith("small.yaml:18: "), HasSubstr("cannot make the highest")));
  EXPECT_THAT(ErrorOf(small + "buffers: {data: {from: isscc23-chip.sram}}\n"),
              HasSubstr("'mask' is missing in buffers"));
  EXPECT_THAT(
      ErrorOf(small + "idle_share: {value: 1.5, unit: \"1\", source: h, status: assumed}\n"),
      HasSubstr("idle_share is 1.5 1, expected 0 to 1"));
  EXPECT_THAT(ErrorOf(small + "leakage:\n  logic: {value: 1, unit: W, source: h, status: assumed}\n"
                              "  buffers: {from: sram.leakage}\n"
                              "  voltage: {from: datapath.leakage_voltage}\n"),
              HasSubstr("more than the 15 mW"));
  EXPECT_THAT(ErrorOf(With("operating_points:\n  value:\n    - {voltage: 700, frequency: 0.1}\n"
                           "    - {voltage: 900, frequency: 0.3}\n  unit: {voltage: mV, frequency: "
                           "GHz}\n  source: here\n  status: assumed\n",
                           "operating_points: {from: isscc23-chip.efficiency}\n")),
              AllOf(StartsWith("small.yaml:4: "), HasSubstr("has the columns")));
}

TEST(HardwareTest, UnknownKeysAreNamedWithTheNearestKnownOne) {
  EXPECT_THAT(ErrorOf(With("voltage_step", "voltage_stp")),
              AllOf(StartsWith("small.yaml:11: "), HasSubstr("'voltage_stp'"),
                    HasSubstr("did you mean 'voltage_step'?")));
  EXPECT_THAT(ErrorOf(With("status: published", "state: published")),
              AllOf(StartsWith("small.yaml:13: "), HasSubstr("'state' in dram_energy")));
  EXPECT_THAT(ErrorOf(With("voltage: 900, frequency", "voltage: 900, frequenzy")),
              AllOf(StartsWith("small.yaml:7: "), HasSubstr("did you mean 'frequency'?")));
}

TEST(HardwareTest, MissingAndRepeatedKeysAreErrors) {
  EXPECT_THAT(ErrorOf(With("description: for tests\n", "")),
              AllOf(StartsWith("small.yaml:1: "), HasSubstr("'description' is missing")));
  EXPECT_THAT(
      ErrorOf(With("source: here, status: published", "status: published")),
      AllOf(StartsWith("small.yaml:13: "), HasSubstr("'source' is missing in dram_energy")));
  EXPECT_THAT(ErrorOf(With("description: for tests", "name: other")),
              AllOf(StartsWith("small.yaml:2: "), HasSubstr("'name' stands twice")));
}

TEST(HardwareTest, WrongUnitsAndStatusesListTheRightOnes) {
  EXPECT_THAT(ErrorOf(With("unit: MB/s", "unit: Mb/s")),
              AllOf(StartsWith("small.yaml:14: "), HasSubstr("'Mb/s'"), HasSubstr("GB/s")));
  EXPECT_THAT(ErrorOf(With("unit: nJ/cycle", "unit: V")), HasSubstr("pJ/cycle or nJ/cycle"));
  EXPECT_THAT(ErrorOf(With("frequency: GHz}", "frequency: V}")),
              AllOf(StartsWith("small.yaml:8: "), HasSubstr("MHz")));
  EXPECT_THAT(ErrorOf(With("status: derived", "status: guessed")),
              AllOf(StartsWith("small.yaml:12: "), HasSubstr("measured, published, derived")));
}

TEST(HardwareTest, NumbersMustBeFiniteAndWithinBounds) {
  for (const std::string_view number :
       {".nan", "nan", ".inf", "inf", "1e999", "fast", "\"\"", "~"}) {
    EXPECT_THAT(ErrorOf(With("value: 500", "value: " + std::string(number))),
                StartsWith("small.yaml:14: "))
        << number;
  }
  EXPECT_THAT(ErrorOf(With("value: 500", "value: [1]")), HasSubstr("must be a number"));
  EXPECT_THAT(ErrorOf(With("value: 500", "value: 0")), HasSubstr("dram_bandwidth is 0 MB/s"));
  EXPECT_THAT(ErrorOf(With("value: 500", "value: -3")), HasSubstr("expected 0.001 to 1e+08 MB/s"));
  EXPECT_THAT(ErrorOf(With("value: 8,", "value: 8.5,")),
              AllOf(StartsWith("small.yaml:3: "), HasSubstr("whole number")));
  EXPECT_THAT(ErrorOf(With("value: 8,", "value: -1,")), HasSubstr("0 to 1024"));
  EXPECT_THAT(ErrorOf(With("value: 0.5,", "value: 1e-9,")), HasSubstr("sfu_throughput"));
  EXPECT_THAT(ErrorOf(With("voltage: 700", "voltage: 0.7")), StartsWith("small.yaml:6: "));
}

TEST(HardwareTest, RangesHoldTheirValue) {
  EXPECT_THAT(ErrorOf(With("[0.05, 0.2]", "[0.15, 0.2]")),
              AllOf(StartsWith("small.yaml:12: "), HasSubstr("does not hold its value")));
  EXPECT_THAT(ErrorOf(With("[0.05, 0.2]", "[0.2, 0.05]")), HasSubstr("does not hold its value"));
  EXPECT_THAT(ErrorOf(With("[0.05, 0.2]", "0.2")), HasSubstr("[low, high]"));
  EXPECT_THAT(ErrorOf(With("[0.05, 0.2]", "[0.05, .inf]")), HasSubstr("finite"));
}

TEST(HardwareTest, VectorSizesAreThoseOfTheArray) {
  for (const std::string_view size : {"2", "4", "8", "16", "32"}) {
    EXPECT_OK(ParseHardware(With("value: 8,", fmt::format("value: {},", size)), "small.yaml"));
  }
  for (const std::string_view size : {"0", "1", "3", "12", "64"}) {
    EXPECT_THAT(
        ErrorOf(With("value: 8,", fmt::format("value: {},", size))),
        AllOf(StartsWith("small.yaml:3: "), HasSubstr(fmt::format("vector_size is {}", size)),
              HasSubstr("expected 2, 4, 8, 16 or 32")));
  }
}

/// kSmall with a key that holds `value` in `unit`.
std::string WithConstant(std::string_view key, std::string_view value, std::string_view unit) {
  return fmt::format("{}{}: {{value: {}, unit: {}, source: h, status: assumed}}\n", kSmall, key,
                     value, unit);
}

TEST(HardwareTest, ArrayAndPortAreWholeNumbersWithinBounds) {
  const auto hardware =
      ParseHardware(WithConstant("accumulator_tiles", "8", "tiles") +
                        "dram_port: {value: 4, unit: B/cycle, source: h, status: assumed}\n",
                    "small.yaml");
  ASSERT_OK(hardware);
  EXPECT_EQ(hardware->accumulator_tiles.value, 8);
  EXPECT_EQ(hardware->dram_port.value, 4);
  EXPECT_THAT(ErrorOf(WithConstant("accumulator_tiles", "9", "tiles")),
              AllOf(StartsWith("small.yaml:16: "), HasSubstr("expected 1 to 8 tiles")));
  EXPECT_THAT(ErrorOf(WithConstant("accumulator_tiles", "1.5", "tiles")),
              HasSubstr("whole number"));
  EXPECT_THAT(ErrorOf(WithConstant("dram_port", "0", "B/cycle")),
              AllOf(StartsWith("small.yaml:16: "), HasSubstr("expected 1 to 4096 B/cycle")));
}

/// kSmall with buffers of so many bytes.
std::string WithBuffers(int data, int mask, int auxiliary, int banks) {
  const auto constant = [](int value, std::string_view unit) {
    return fmt::format("{{value: {}, unit: {}, source: h, status: assumed}}", value, unit);
  };
  return fmt::format("{}buffers:\n  data: {}\n  mask: {}\n  auxiliary: {}\n  banks: {}\n", kSmall,
                     constant(data, "B"), constant(mask, "B"), constant(auxiliary, "B"),
                     constant(banks, "banks"));
}

TEST(HardwareTest, BuffersDivideIntoBanksAndHoldATile) {
  const auto hardware = ParseHardware(WithBuffers(1024, 128, 128, 4), "small.yaml");
  ASSERT_OK(hardware);
  EXPECT_EQ(hardware->buffers.banks.value, 4);
  EXPECT_THAT(ErrorOf(WithBuffers(1024, 128, 128, 5)),
              AllOf(StartsWith("small.yaml:17: "), HasSubstr("204.8 bytes a bank"),
                    HasSubstr("a multiple of vector_size, 8")));
  EXPECT_THAT(ErrorOf(WithBuffers(1040, 130, 128, 4)), HasSubstr("260 bytes a bank"));
  EXPECT_THAT(
      ErrorOf(WithBuffers(1024, 127, 128, 4)),
      AllOf(StartsWith("small.yaml:17: "), HasSubstr("1024 bytes of data need a bit each")));
  EXPECT_THAT(ErrorOf(WithBuffers(191, 128, 128, 1)),
              AllOf(HasSubstr("too little for one tile"), HasSubstr("take 192")));
  EXPECT_THAT(ErrorOf(WithBuffers(1024, 128, 127, 4)),
              AllOf(HasSubstr("auxiliary buffer holds 127 bytes"), HasSubstr("take 128")));
  EXPECT_THAT(ErrorOf(WithBuffers(1024, 128, 128, 0)), HasSubstr("expected 1 to 4096 banks"));
}

TEST(HardwareTest, ResidentWeightsHaveACapacity) {
  const std::string small(kSmall);
  const std::string capacity = "capacity: {value: 2, unit: MB, source: h, status: assumed}";
  const auto hardware =
      ParseHardware(small + "weights: {kind: resident, " + capacity + "}\n", "small.yaml");
  ASSERT_OK(hardware);
  EXPECT_TRUE(hardware->weights.resident);
  EXPECT_EQ(hardware->weights.capacity.value, Bytes(2 << 20));
  EXPECT_FALSE(ParseHardware(kSmall, "small.yaml")->weights.resident);
  EXPECT_THAT(ErrorOf(small + "weights: {kind: resident}\n"),
              AllOf(StartsWith("small.yaml:16: "), HasSubstr("'capacity' is missing")));
  EXPECT_THAT(ErrorOf(small + "weights: {kind: streamed, " + capacity + "}\n"),
              HasSubstr("remove 'capacity'"));
  EXPECT_THAT(ErrorOf(small + "weights: {kind: residnet}\n"), HasSubstr("streamed, resident"));
}

TEST(HardwareTest, TheShippedDescriptionsAreWhatTheySay) {
  const auto load = [](const char* name) {
    return LoadHardware(kDescription.parent_path() / name);
  };
  const auto standard = load("edgebert-12nm.yaml");
  ASSERT_OK(standard);
  EXPECT_EQ(standard->accumulator_tiles.value, 2);
  EXPECT_EQ(standard->buffers.banks.value, 32);
  EXPECT_EQ(standard->buffers.data.value, Bytes(256 * 1024));
  EXPECT_EQ(standard->envm.value, Bytes(8 << 20));
  EXPECT_EQ(standard->dram_port.value, 16);
  EXPECT_FALSE(standard->weights.resident);
  const auto artifact = load("artifact.yaml");
  ASSERT_OK(artifact);
  EXPECT_EQ(artifact->accumulator_tiles.value, 1);
  EXPECT_EQ(artifact->buffers.data.value, Bytes(2 * 64 * 1024));
  EXPECT_EQ(artifact->buffers.mask.value, Bytes(2 * 8 * 1024));
  EXPECT_EQ(artifact->buffers.auxiliary.value, Bytes(4 * 1024));
  EXPECT_EQ(artifact->dram_port.value, 8);
  EXPECT_DOUBLE_EQ(artifact->sfu_vectors_per_cycle.value, 1.0 / 17);
  const auto paper = load("paper.yaml");
  ASSERT_OK(paper);
  EXPECT_EQ(paper->envm.value, Bytes(2 << 20));
  EXPECT_EQ(paper->buffers.total(), standard->buffers.total());
}

TEST(HardwareTest, OperatingPointsAscend) {
  EXPECT_THAT(ErrorOf(With("voltage: 900", "voltage: 700")),
              AllOf(StartsWith("small.yaml:7: "), HasSubstr("ascend")));
  EXPECT_THAT(ErrorOf(With("frequency: 0.3", "frequency: 0.05")),
              AllOf(StartsWith("small.yaml:7: "), HasSubstr("ascend")));
  EXPECT_THAT(ErrorOf(With("    - {voltage: 900, frequency: 0.3}\n", "")),
              HasSubstr("at least two points"));
}

TEST(HardwareTest, WhatIsNoDescriptionIsAnError) {
  EXPECT_THAT(ErrorOf(""), StartsWith("small.yaml:1: expected one YAML document, found none"));
  EXPECT_THAT(ErrorOf("just text"), AllOf(StartsWith("small.yaml:1: "), HasSubstr("map")));
  EXPECT_THAT(ErrorOf("name: [1, 2"), HasSubstr("not valid YAML"));
  EXPECT_THAT(ErrorOf(std::string(kSmall) + "---\nname: second\n"), HasSubstr("found more"));
  EXPECT_THAT(ErrorOf("---\n---\n"), HasSubstr("found more"));
  // YAML::LoadAll() of yaml-cpp 0.7 does not come back from this.
  EXPECT_THAT(ErrorOf(", unit:`"), HasSubstr("found more"));
  EXPECT_THAT(ErrorOf("name: a\ndescription: \xff\n"), StartsWith("small.yaml:2: not valid UTF-8"));
  EXPECT_THAT(ErrorOf("? [a, b]\n: 1\n"), HasSubstr("not plain text"));
  EXPECT_THAT(ErrorOf("&a {name: *a}"), StartsWith("small.yaml:1: "));
  EXPECT_THAT(ErrorOf(std::string(60'000, '[')), StartsWith("small.yaml:1: "));
  EXPECT_THAT(ErrorOf(std::string(60'000, '{')), StartsWith("small.yaml:1: "));
  EXPECT_THAT(ErrorOf(std::string(kMaxHardwareBytes + 1, '#')), HasSubstr("at most 65536 bytes"));
}

TEST(HardwareTest, EveryTruncationAndByteFlipOfTheDefaultEndsInAStatus) {
  const auto yaml = ReadTextFile(kDescription, kMaxHardwareBytes);
  ASSERT_OK(yaml);
  for (size_t length = 0; length < yaml->size(); length += 7) {
    const auto hardware = ParseHardware(yaml->substr(0, length), "cut.yaml");
    if (!hardware.ok()) {
      EXPECT_THAT(hardware.status().message(), StartsWith("cut.yaml:"));
    }
  }
  testing::Random random(3);
  for (int trial = 0; trial < 1'000; ++trial) {
    std::string damaged = *yaml;
    damaged[random() % damaged.size()] = static_cast<char>(random() % 256);
    const auto hardware = ParseHardware(damaged, "flip.yaml");
    if (!hardware.ok()) {
      EXPECT_THAT(hardware.status().message(), StartsWith("flip.yaml:"));
    }
  }
}

TEST(HardwareTest, AMissingFileIsNamed) {
  const auto hardware = LoadHardware("no/such/hardware.yaml");
  EXPECT_EQ(hardware.status().code(), StatusCode::kNotFound);
  EXPECT_THAT(hardware.status().message(), HasSubstr("no/such/hardware.yaml"));
}

}  // namespace
}  // namespace edgebert
