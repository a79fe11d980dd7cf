#ifndef EDGEBERT_REPORT_REPORT_H_
#define EDGEBERT_REPORT_REPORT_H_

#include <cstddef>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "edgebert/base/status.h"
#include "edgebert/hardware/hardware.h"
#include "edgebert/pipeline/evaluation.h"
#include "edgebert/report/plot.h"
#include "edgebert/report/results_table.h"

namespace edgebert {

/// What a report is made from.
struct ReportOptions {
  std::string task = "sst2";
  /// Folder with the task's sentences and, in `reference`, the authors' traces. What is not there
  /// is explained in the report.
  std::filesystem::path data;
  /// Models or task files of ours; the first is the one that rows are about.
  std::vector<std::filesystem::path> models;
  /// Unset: reference/TASK_dev_entropies.csv in `data`, if it is there.
  std::optional<std::filesystem::path> trace = std::nullopt;
  HardwareDescription hardware;
  int threads = 1;
};

/// Everything that a report shows.
struct Report {
  std::string task;
  ResultsTable results;
  std::vector<Plot> plots;
  std::vector<NamedTable> tables;
  size_t checks = 0;  ///< That it made of itself, all passed.
};

struct Study;

/// A part of a report: what it computes goes into the study.
using StudyPart = Status (*)(Study&);

/// All of them, in the order of a report.
std::span<const StudyPart> StudyParts();

/// Computes a report of `parts`, without all of which rows stay empty (kInternal). `progress`
/// counts units of work. kInternal where the report contradicts itself (SelfCheck); files that are
/// there but cannot be read, and traces of another task or model, are errors too.
Result<Report> MakeReport(const ReportOptions& options, const Progress& progress = {},
                          std::span<const StudyPart> parts = StudyParts());

/// Writes index.html, results.json, results.csv and a table for each plot to `folder`.
Status WriteReport(const Report& report, const std::filesystem::path& folder);

/// One page that needs nothing else: no network, no other file.
std::string ReportPage(const Report& report);

/// A table as comma-separated values, a header first.
std::string TableCsv(const DataTable& table);

}  // namespace edgebert

#endif  // EDGEBERT_REPORT_REPORT_H_
