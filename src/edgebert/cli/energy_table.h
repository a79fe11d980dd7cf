#ifndef EDGEBERT_CLI_ENERGY_TABLE_H_
#define EDGEBERT_CLI_ENERGY_TABLE_H_

#include <string>

#include "edgebert/cli/json.h"
#include "edgebert/pipeline/cost_estimator.h"
#include "edgebert/power/energy_account.h"

namespace edgebert::cli {

/// What a report says about energy.
struct EnergyReport {
  Boundary boundary;
  EnergyAccount account;
  EnergyAccount conventional;
  EnergyRange range;  ///< Of `account`, within the boundary, at the supply.
  WeightStore weights;
};

/// "sram, 23.5 MB on 15.39 mm2, idle 122.7 mW (2.887 to 1179 mW)".
std::string DescribeWeights(const WeightStore& weights);

/// Adds where the weights live and the power they take between sentences.
void AddWeights(const WeightStore& weights, OrderedJson& object);

/// Lines with load and supply in adjacent columns, the range that the constants leave, the ratio to
/// plain inference, the boundary and where the weights live; labels take `width` columns after an
/// indent of two.
std::string FormatEnergy(const EnergyReport& report, int width);

/// Adds the energies to a JSON object, at the supply and, as load_*, at the load, and their parts;
/// AddWeights().
void AddEnergy(const EnergyReport& report, OrderedJson& object);

}  // namespace edgebert::cli

#endif  // EDGEBERT_CLI_ENERGY_TABLE_H_
