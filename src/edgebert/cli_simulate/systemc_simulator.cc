#include "edgebert/cli_simulate/systemc_simulator.h"

#include <fmt/format.h>

#include <iterator>
#include <utility>

#include "edgebert/base/file.h"
#include "edgebert/cli/simulate_command.h"
#include "edgebert/simulate/activity_traces.h"
#include "edgebert/simulate/artifact_simulator.h"
#include "edgebert/simulate/sentence_simulator.h"

namespace edgebert::cli {
namespace {

using systemc::overlapped::ActivityLog;
using systemc::overlapped::kNumTracedUnits;
using systemc::overlapped::TracedUnit;

void AppendOperations(std::string_view heading, int times,
                      const std::vector<ArtifactOperation>& operations, std::string& text) {
  const auto out = std::back_inserter(text);
  int64_t total = 0;
  for (const ArtifactOperation& operation : operations) {
    total += operation.total_cycles();
  }
  fmt::format_to(out, "  {}: {} cycles, {} times\n", heading, total, times);
  for (const ArtifactOperation& operation : operations) {
    fmt::format_to(out, "    {:<30} {:>3} x {:>9} = {:>9}  {}\n", operation.name, operation.count,
                   operation.cycles, operation.total_cycles(), operation.mapping);
  }
}

Result<SimulationOutcome> SimulateAuthors(const SimulationRequest& request) {
  EDGEBERT_ASSIGN_OR_RETURN(const ArtifactRun artifact,
                            SimulateArtifact(request.model, request.sentence));
  SimulationOutcome outcome;
  outcome.run = artifact.run;
  AppendOperations("a layer", artifact.layers, artifact.encoder, outcome.operations);
  if (artifact.off_ramps > 0) {
    AppendOperations("an off-ramp", artifact.off_ramps, artifact.off_ramp, outcome.operations);
  }
  outcome.operations += fmt::format(
      "  Each operation was simulated once, with codes of its size, and nothing overlaps.\n"
      "  Left out: {}.\n",
      kArtifactLeavesOut);
  return outcome;
}

Status WriteTraces(const SimulationRequest& request, const ActivityLog& activity) {
  const TileProgram& program = request.sentence.program;
  if (request.trace) {
    EDGEBERT_RETURN_IF_ERROR(WriteFileAtomically(*request.trace, ActivityVcd(activity)));
  }
  if (request.timeline) {
    EDGEBERT_RETURN_IF_ERROR(
        WriteFileAtomically(*request.timeline, TimelineJson(program, activity)));
  }
  if (request.plot) {
    EDGEBERT_RETURN_IF_ERROR(
        WriteFileAtomically(*request.plot, ActivitySvg(activity, request.title)));
  }
  return OkStatus();
}

Result<SimulationOutcome> SimulateInSystemc(const SimulationRequest& request) {
  if (request.artifact) {
    return SimulateAuthors(request);
  }
  ActivityLog activity;
  EDGEBERT_ASSIGN_OR_RETURN(const SimulatedSentence simulated,
                            SimulateOverlapped(request.model, request.sentence, &activity));
  EDGEBERT_RETURN_IF_ERROR(WriteTraces(request, activity));
  SimulationOutcome outcome;
  outcome.run = simulated.run;
  outcome.matches_engine = simulated.matches_engine;
  for (int unit = 0; unit < kNumTracedUnits; ++unit) {
    const auto traced = static_cast<TracedUnit>(unit);
    outcome.units.push_back(
        {std::string(TracedUnitName(traced)), static_cast<int64_t>(activity.BusyCycles(traced))});
  }
  return outcome;
}

}  // namespace

void AddSimulateCommandWithSystemc(CLI::App& app, Action& action) {
  AddSimulateCommand(app, action, &SimulateInSystemc);
}

}  // namespace edgebert::cli
