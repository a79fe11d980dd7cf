#include "edgebert/cli/report_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <array>
#include <filesystem>
#include <string>

#include "edgebert/base/file.h"
#include "edgebert/pipeline/shape_model.h"
#include "edgebert/report/study.h"
#include "edgebert/testing/testing.h"

namespace edgebert::cli {
namespace {

using ::testing::HasSubstr;

/// Runs `edgebert report` as the program does; what it prints on stderr goes to `errors`.
int RunReport(ReportMaker maker, const std::filesystem::path& folder, std::string& errors) {
  CLI::App app("edgebert");
  Action action;
  AddReportCommand(app, action, maker);
  app.parse("report --out " + folder.string() + " --data " + (folder / "no-data").string(), false);
  ::testing::internal::CaptureStderr();
  const int status = action();
  errors = ::testing::internal::GetCapturedStderr();
  return status;
}

/// Counts the work of a model whose heads see everything as if it were one of narrow spans.
Status MiscountMacs(Study& study) {
  Model shape = AlbertBaseShape(12, 2);
  EDGEBERT_ASSIGN_OR_RETURN(const CostEstimator costs,
                            CostEstimator::Create(shape, study.hardware));
  shape.config.attention_spans.assign(12, 3);
  constexpr std::array kTokens = {17};
  return CheckMacs("energy.sst2-trace", shape.config, costs, kTokens, study.check);
}

Result<Report> MakeContradictoryReport(const ReportOptions& options, const Progress& progress) {
  constexpr std::array<StudyPart, 1> kParts = {MiscountMacs};
  return MakeReport(options, progress, kParts);
}

TEST(ReportCommandTest, AReportThatContradictsItselfFailsAndNamesTheRow) {
  const edgebert::testing::TemporaryDirectory folder;
  const std::filesystem::path results = folder.path() / "results.json";
  ASSERT_OK(WriteFileAtomically(results, std::string_view("of the report before")));
  std::string errors;
  EXPECT_EQ(RunReport(&MakeContradictoryReport, folder.path(), errors), kDataError);
  EXPECT_THAT(errors, HasSubstr("edgebert: the report contradicts itself in 12 of 12 checks: "
                                "energy.sst2-trace, layer 1, 17 tokens: "));
  EXPECT_THAT(errors, HasSubstr(" multiply-accumulates were counted, its shapes need "));
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "index.html"));
  EXPECT_EQ(*ReadTextFile(results, 1 << 10), "of the report before");
}

TEST(ReportCommandTest, AFolderThatCannotBeWrittenCostsNoWork) {
  std::string errors;
  const ReportMaker never = [](const ReportOptions&, const Progress&) -> Result<Report> {
    ADD_FAILURE() << "the report was computed";
    return Internal("computed");
  };
  EXPECT_EQ(RunReport(never, "/proc/report", errors), kDataError);
  EXPECT_THAT(errors, HasSubstr("/proc/report: cannot make this folder"));
}

}  // namespace
}  // namespace edgebert::cli
