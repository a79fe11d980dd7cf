#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>

#include "edgebert/report/sweep.h"
#include "edgebert/report/sweep_journal.h"

namespace edgebert {
namespace {

/// Points that a thread takes at a time; consecutive ones share their design.
constexpr size_t kBatch = 32;
/// Points of each process between two meetings of a team.
constexpr size_t kRound = 2048;

/// Judges points[first, end) and gives each outcome to `keep`, one at a time.
Status JudgePoints(const Sweep& sweep, std::span<const size_t> points, int threads,
                   const std::function<Status(size_t point, const std::string& outcome)>& keep) {
  std::atomic<size_t> next = 0;
  std::atomic<bool> stop = false;
  std::mutex mutex;
  Status failure;
  const auto work = [&] {
    Sweep::Judge judge(sweep);
    for (size_t first = next.fetch_add(kBatch); first < points.size() && !stop;
         first = next.fetch_add(kBatch)) {
      for (size_t i = first; i < std::min(first + kBatch, points.size()) && !stop; ++i) {
        const Result<SweepOutcome> outcome = judge.At(points[i]);
        const std::lock_guard lock(mutex);
        if (stop) {
          return;  // The journal may end in half a line.
        }
        const Status status =
            outcome.ok() ? keep(points[i], FormatOutcome(*outcome)) : outcome.status();
        if (!status.ok() && failure.ok()) {
          failure = status;
        }
        if (!status.ok()) {
          stop = true;
        }
      }
    }
  };
  std::vector<std::thread> workers;
  const auto batches = static_cast<int>(
      std::min<size_t>((points.size() + kBatch - 1) / kBatch, static_cast<size_t>(threads)));
  for (int i = 1; i < batches; ++i) {
    workers.emplace_back(work);
  }
  work();
  for (std::thread& worker : workers) {
    worker.join();
  }
  return failure;
}

/// Points as text that others can read, and back.
std::string JoinPoints(std::span<const size_t> points) {
  std::string text;
  for (const size_t point : points) {
    text += fmt::format("{} ", point);
  }
  return text;
}

std::vector<size_t> SplitPoints(const std::string& text) {
  std::vector<size_t> points;
  for (size_t at = 0; at < text.size();) {
    size_t point = 0;
    for (; at < text.size() && text[at] != ' '; ++at) {
      point = point * 10 + static_cast<size_t>(text[at] - '0');
    }
    points.push_back(point);
    ++at;
  }
  return points;
}

/// An error as text for the others; OK is empty.
std::string ErrorText(const Status& status) { return status.ok() ? "" : status.message(); }

/// What the others sent: lines "point outcome", or an error after "!".
Status KeepLines(const std::string& text, SweepJournal& journal) {
  if (text.starts_with('!')) {
    return Internal(text.substr(1));
  }
  for (size_t at = 0; at < text.size();) {
    const size_t end = text.find('\n', at);
    const std::string line = text.substr(at, end - at);
    at = end + 1;
    const size_t blank = line.find(' ');
    EDGEBERT_RETURN_IF_ERROR(
        journal.Append(SplitPoints(line.substr(0, blank)).front(), line.substr(blank + 1)));
  }
  return OkStatus();
}

/// A process that is not the first: does what it is told until there is nothing left.
Status Help(const Sweep& sweep, int threads, SweepTeam& team) {
  for (;;) {
    EDGEBERT_ASSIGN_OR_RETURN(const std::string plan, team.Share(""));
    if (plan.starts_with('!')) {
      return Cancelled(plan.substr(1));
    }
    const std::vector<size_t> points = SplitPoints(plan);
    if (points.empty()) {
      return OkStatus();
    }
    const auto parts = static_cast<size_t>(team.size());
    const auto part = static_cast<size_t>(team.rank());
    const size_t first = points.size() * part / parts;
    const size_t end = points.size() * (part + 1) / parts;
    std::string lines;
    const Status status = JudgePoints(sweep, std::span(points).subspan(first, end - first), threads,
                                      [&](size_t point, const std::string& outcome) {
                                        lines += fmt::format("{} {}\n", point, outcome);
                                        return OkStatus();
                                      });
    EDGEBERT_RETURN_IF_ERROR(team.Gather(status.ok() ? lines : "!" + ErrorText(status)).status());
  }
}

Result<std::vector<SweepOutcome>> Lead(const Sweep& sweep, SweepJournal& journal, int threads,
                                       SweepTeam& team, const Progress& progress) {
  std::vector<size_t> pending;
  for (size_t point = 0; point < sweep.size(); ++point) {
    if (!journal.finished().contains(point)) {
      pending.push_back(point);
    }
  }
  const auto report = [&] {
    return !progress || progress(journal.finished().size(), sweep.size()) ? OkStatus()
                                                                          : Cancelled("stopped");
  };
  const auto processes = static_cast<size_t>(team.size());
  for (size_t first = 0; first < pending.size();) {
    const size_t count = std::min(kRound * processes, pending.size() - first);
    const std::span<const size_t> round = std::span(pending).subspan(first, count);
    first += count;
    EDGEBERT_RETURN_IF_ERROR(team.Share(JoinPoints(round)).status());
    Status status = JudgePoints(sweep, round.first(count / processes), threads,
                                [&](size_t point, const std::string& outcome) -> Status {
                                  EDGEBERT_RETURN_IF_ERROR(journal.Append(point, outcome));
                                  return report();
                                });
    EDGEBERT_ASSIGN_OR_RETURN(const std::vector<std::string> others, team.Gather(""));
    for (const std::string& lines : others) {
      const Status kept = KeepLines(lines, journal);
      status = status.ok() ? kept : status;
    }
    if (!status.ok()) {
      EDGEBERT_RETURN_IF_ERROR(team.Share("!" + ErrorText(status)).status());
      return status;
    }
    EDGEBERT_RETURN_IF_ERROR(report());
  }
  EDGEBERT_RETURN_IF_ERROR(team.Share("").status());
  std::vector<SweepOutcome> outcomes;
  outcomes.reserve(sweep.size());
  for (const auto& [point, text] : journal.finished()) {
    EDGEBERT_ASSIGN_OR_RETURN(SweepOutcome outcome, ParseOutcome(text));
    outcomes.push_back(std::move(outcome));
  }
  return outcomes;
}

}  // namespace

Result<std::vector<std::string>> SweepTeam::Gather(const std::string& own) {
  return std::vector<std::string>{own};
}

Result<std::string> SweepTeam::Share(const std::string& text) { return text; }

Result<std::vector<SweepOutcome>> RunSweep(const Sweep& sweep, const std::filesystem::path& journal,
                                           int threads, SweepTeam& team, const Progress& progress) {
  if (team.rank() > 0) {
    EDGEBERT_RETURN_IF_ERROR(Help(sweep, threads, team));
    return std::vector<SweepOutcome>();
  }
  Result<SweepJournal> opened = SweepJournal::Open(journal, sweep.fingerprint(), sweep.size());
  if (!opened.ok()) {
    EDGEBERT_RETURN_IF_ERROR(team.Share("!" + ErrorText(opened.status())).status());
    return opened.status();
  }
  return Lead(sweep, *opened, threads, team, progress);
}

}  // namespace edgebert
