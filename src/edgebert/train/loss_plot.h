#ifndef EDGEBERT_TRAIN_LOSS_PLOT_H_
#define EDGEBERT_TRAIN_LOSS_PLOT_H_

#include <string>
#include <string_view>

namespace edgebert {

/// An SVG picture of a stage's smoothed loss by step. `log` holds a JSON object with "step" and
/// "loss" a line, as RunTrainingLoop() writes them; other lines are passed over. A run that went on
/// from a checkpoint repeats steps: what came last holds. Empty where there is nothing to draw.
std::string LossPlotSvg(std::string_view log, const std::string& title);

}  // namespace edgebert

#endif  // EDGEBERT_TRAIN_LOSS_PLOT_H_
