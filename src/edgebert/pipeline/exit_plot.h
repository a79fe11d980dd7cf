#ifndef EDGEBERT_PIPELINE_EXIT_PLOT_H_
#define EDGEBERT_PIPELINE_EXIT_PLOT_H_

#include <string>

#include "edgebert/pipeline/exit_sweep.h"

namespace edgebert {

/// An SVG picture of accuracy against mean exit layer: a line for each rule's Pareto front, and
/// full depth's accuracy. `title` stands above it.
std::string ExitPlotSvg(const ExitSweep& sweep, const std::string& title);

}  // namespace edgebert

#endif  // EDGEBERT_PIPELINE_EXIT_PLOT_H_
