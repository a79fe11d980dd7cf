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
};

/// Lines with load and supply in adjacent columns, the range that the constants leave, the ratio to
/// plain inference and the boundary; labels take `width` columns after an indent of two.
std::string FormatEnergy(const EnergyReport& report, int width);

/// Adds the energies to a JSON object, at the supply and, as load_*, at the load, and their parts.
void AddEnergy(const EnergyReport& report, OrderedJson& object);

}  // namespace edgebert::cli

#endif  // EDGEBERT_CLI_ENERGY_TABLE_H_
