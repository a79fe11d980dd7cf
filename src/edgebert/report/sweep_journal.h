#ifndef EDGEBERT_REPORT_SWEEP_JOURNAL_H_
#define EDGEBERT_REPORT_SWEEP_JOURNAL_H_

#include <cstddef>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include "edgebert/base/status.h"

namespace edgebert {

/// What stands in a journal.
struct JournalContent {
  std::map<size_t, std::string> finished;  ///< Outcomes by point.
  size_t lines = 0;                        ///< Whole ones, the first line included.
  size_t bytes = 0;                        ///< Of the whole lines.
};

/// Reads a journal's text; `name` stands for the file in messages. Errors as SweepJournal::Open().
Result<JournalContent> ParseJournal(std::string_view text, const std::string& name,
                                    std::string_view fingerprint, size_t num_points);

/// Of a journal: `content`, which is one line, with its checksum before it and a line feed after.
std::string JournalLine(std::string_view content);
/// What the first line of a journal holds.
std::string JournalHeader(std::string_view fingerprint);

/// The finished points of a sweep, in a file to which lines are only ever added: a checksum, the
/// point's number and what came out. A line goes out in one write, so that a process that is killed
/// leaves at most a cut last line, which is dropped and done again.
class SweepJournal {
 public:
  /// Opens or begins the journal of the sweep that `fingerprint` (one line) tells from others.
  /// kDataLoss with file and line where a whole line is damaged (the file is left as it is);
  /// kInvalidArgument where it is of another sweep.
  static Result<SweepJournal> Open(const std::filesystem::path& path, std::string_view fingerprint,
                                   size_t num_points);

  SweepJournal(SweepJournal&& other) noexcept;
  SweepJournal& operator=(SweepJournal&&) = delete;
  SweepJournal(const SweepJournal&) = delete;
  SweepJournal& operator=(const SweepJournal&) = delete;
  ~SweepJournal();

  /// What is there: outcomes by point.
  const std::map<size_t, std::string>& finished() const { return finished_; }

  /// Adds an outcome (one line of text) and hands it to the operating system.
  Status Append(size_t point, std::string_view outcome);

 private:
  SweepJournal(std::filesystem::path path, int descriptor)
      : path_(std::move(path)), descriptor_(descriptor) {}

  Status WriteLine(std::string_view content);

  std::filesystem::path path_;
  int descriptor_ = -1;
  std::map<size_t, std::string> finished_;
};

}  // namespace edgebert

#endif  // EDGEBERT_REPORT_SWEEP_JOURNAL_H_
