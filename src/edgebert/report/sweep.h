#ifndef EDGEBERT_REPORT_SWEEP_H_
#define EDGEBERT_REPORT_SWEEP_H_

#include <cstddef>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "edgebert/base/status.h"
#include "edgebert/hardware/hardware.h"
#include "edgebert/model/model.h"
#include "edgebert/pipeline/evaluation.h"
#include "edgebert/report/policy_judge.h"
#include "edgebert/report/sentences.h"
#include "edgebert/report/sweep_axes.h"

namespace edgebert {

/// What a sweep is about.
struct SweepSubject {
  SentenceSet sentences;
  Model shape;  ///< ShapeOf() the model, or AlbertBaseShape().
  /// What `paced` plans on at the model's thresholds. Without: odd sentences on even ones and the
  /// other way round.
  bool plan_on_record = false;
  HardwareDescription hardware;
  Boundary boundary = Boundary::kSystem;  ///< Of the energy that plans spare, at the supply.
  int token_classes = 4;                  ///< TokenClasses(); 0: every length by itself.
};

/// What a design point comes to; means over the sentences.
struct SweepOutcome {
  std::string problem;  ///< Why the design cannot be; then the rest is of no meaning.
  double accuracy = 0;  ///< Below 0: not known (no labels, or another model than that trained).
  double mean_exit_layer = 0;
  double on_chip_load_j = 0;
  double on_chip_supply_j = 0;
  double system_supply_j = 0;
  double latency_s = 0;
  double longest_s = 0;
  double lowest_share = 0;
  size_t misses = 0;
  size_t infeasible = 0;
  double area_mm2 = 0;
  double idle_w = 0;

  bool operator==(const SweepOutcome&) const = default;
};

/// One line of text and back, without loss.
std::string FormatOutcome(const SweepOutcome& outcome);
Result<SweepOutcome> ParseOutcome(std::string_view text);

/// Everything that points have in common, made once: exits and planning statistics by threshold.
/// Immutable; any number of threads share it.
class Sweep {
 public:
  /// Errors: settings that the model cannot have; `paced` on a model without record.
  static Result<Sweep> Create(SweepSubject subject, SweepAxes axes);

  size_t size() const { return axes_.size(); }
  const SweepAxes& axes() const { return axes_; }
  /// One line that differs wherever outcomes could.
  const std::string& fingerprint() const { return fingerprint_; }

  /// Judges points one after another; keeps the costs of the design that came last, which
  /// consecutive points share. For one thread.
  class Judge {
   public:
    explicit Judge(const Sweep& sweep) : sweep_(&sweep) {}
    /// kInternal where a point contradicts itself (SelfCheck).
    Result<SweepOutcome> At(size_t point);

   private:
    const Sweep* sweep_;
    std::string design_key_;
    Result<CostedDesign> design_ = Internal("none yet");
  };

 private:
  /// Sentences at one threshold.
  struct Exits {
    std::vector<std::vector<SentenceGroup>> parts;
    std::vector<StatisticsByTokens> statistics;  ///< Of each part.
    std::optional<double> accuracy;
  };

  Sweep(SweepSubject subject, SweepAxes axes)
      : subject_(std::move(subject)), axes_(std::move(axes)) {}

  Result<CostedDesign> MakeDesign(const DesignSettings& settings) const;
  Exits MakeExits(std::optional<double> nats) const;
  std::string MakeFingerprint() const;

  SweepSubject subject_;
  SweepAxes axes_;
  std::vector<int> tokens_;   ///< [sentences]: their class.
  std::vector<Exits> exits_;  ///< By value of the axis threshold.
  Exits full_depth_;
  std::map<std::string, std::vector<VoltageFrequency>, std::less<>> operating_points_;
  std::string fingerprint_;
};

/// How processes share a sweep: each does its part, the first keeps the journal.
class SweepTeam {
 public:
  virtual ~SweepTeam() = default;
  virtual int rank() const { return 0; }
  virtual int size() const { return 1; }
  /// Everyone's text in the order of ranks, at the first; nothing elsewhere.
  virtual Result<std::vector<std::string>> Gather(const std::string& own);
  /// The first one's text, everywhere.
  virtual Result<std::string> Share(const std::string& text);
};

/// Judges all points that `journal` lacks, on `threads` threads of each process of the team, with
/// the same outcomes whatever their numbers. At the first process: outcomes by point; elsewhere
/// nothing. An error or a stop keeps in the journal what is finished.
Result<std::vector<SweepOutcome>> RunSweep(const Sweep& sweep, const std::filesystem::path& journal,
                                           int threads, SweepTeam& team,
                                           const Progress& progress = {});

/// Points on the front of system energy against errors, or against latency where accuracy is not
/// known; only those that can be and whose every sentence meets its target.
std::vector<size_t> SweepFront(const std::vector<SweepOutcome>& outcomes);

/// A row for each point: its axes, what came out, and whether it is on the front.
std::string SweepCsv(const Sweep& sweep, const std::vector<SweepOutcome>& outcomes,
                     const std::vector<size_t>& front);

}  // namespace edgebert

#endif  // EDGEBERT_REPORT_SWEEP_H_
