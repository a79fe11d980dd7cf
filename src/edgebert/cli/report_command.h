#ifndef EDGEBERT_CLI_REPORT_COMMAND_H_
#define EDGEBERT_CLI_REPORT_COMMAND_H_

#include "edgebert/base/status.h"
#include "edgebert/cli/command.h"
#include "edgebert/report/report.h"

namespace edgebert::cli {

/// What computes the report that the command writes.
using ReportMaker = Result<Report> (*)(const ReportOptions& options, const Progress& progress);

/// Adds `report` with another maker than MakeReport().
void AddReportCommand(CLI::App& app, Action& action, ReportMaker maker);

}  // namespace edgebert::cli

#endif  // EDGEBERT_CLI_REPORT_COMMAND_H_
