#ifndef EDGEBERT_REPORT_PLOT_H_
#define EDGEBERT_REPORT_PLOT_H_

#include <string>
#include <vector>

#include "edgebert/report/results_table.h"

namespace edgebert {

/// Figures by column; what a plot shows, and its alternative in words and numbers.
struct DataTable {
  std::vector<std::string> columns;       ///< Names that the plot's specification uses.
  std::vector<std::vector<Figure>> rows;  ///< [columns] each.
};

/// A Vega-Lite plot of a report.
struct Plot {
  std::string id;  ///< Of its HTML element.
  std::string title;
  std::string caption;  ///< What is shown, with units and boundary, and what it says.
  DataTable data;
  std::string spec;  ///< Vega-Lite in JSON, without `data`.
};

/// A table of a report that is no plot's.
struct NamedTable {
  std::string id;
  std::string title;
  std::string caption;
  DataTable data;  ///< Columns as they are shown.
};

}  // namespace edgebert

#endif  // EDGEBERT_REPORT_PLOT_H_
