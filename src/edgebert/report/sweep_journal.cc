#include "edgebert/report/sweep_journal.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <span>
#include <system_error>
#include <utility>

#include "edgebert/base/file.h"
#include "edgebert/model/checksum.h"

namespace edgebert {
namespace {

constexpr uint64_t kMaxJournalBytes = uint64_t{1} << 32;
constexpr std::string_view kFirstWord = "edgebert-sweep-1 ";
constexpr size_t kChecksumDigits = 16;

std::string Sum(std::string_view content) {
  return fmt::format("{:016x}", Checksum(std::span(reinterpret_cast<const uint8_t*>(content.data()),
                                                   content.size())));
}

std::string ErrorText() { return std::generic_category().message(errno); }

}  // namespace

std::string JournalLine(std::string_view content) {
  return fmt::format("{} {}\n", Sum(content), content);
}

std::string JournalHeader(std::string_view fingerprint) {
  return fmt::format("{}{}", kFirstWord, fingerprint);
}

Result<JournalContent> ParseJournal(std::string_view text, const std::string& name,
                                    std::string_view fingerprint, size_t num_points) {
  const std::string first = JournalHeader(fingerprint);
  JournalContent journal;
  for (size_t at = 0; at < text.size();) {
    const size_t end = text.find('\n', at);
    if (end == std::string_view::npos) {
      if (journal.lines == 0 && !JournalLine(first).starts_with(text)) {
        return InvalidArgument(fmt::format(
            "{} is no sweep journal, or the cut one of another sweep; choose another --out, or "
            "remove it",
            name));
      }
      break;  // Cut by a kill.
    }
    const std::string_view line = text.substr(at, end - at);
    ++journal.lines;
    at = journal.bytes = end + 1;
    const auto damaged = [&](std::string_view what) {
      return DataLoss(
          fmt::format("{}:{}: this line is damaged: {}; remove it, or the journal to begin anew",
                      name, journal.lines, what));
    };
    if (line.size() < kChecksumDigits + 2 || line[kChecksumDigits] != ' ') {
      return damaged("it is not a checksum, a blank and a content");
    }
    const std::string_view content = line.substr(kChecksumDigits + 1);
    if (Sum(content) != line.substr(0, kChecksumDigits)) {
      return damaged("its checksum does not fit");
    }
    if (journal.lines == 1) {
      if (content != first) {
        return InvalidArgument(fmt::format(
            "{} is the journal of another sweep: other axes, sentences, model or hardware; choose "
            "another --out, or remove it",
            name));
      }
      continue;
    }
    size_t point = 0;
    const auto [stop, error] =
        std::from_chars(content.data(), content.data() + content.size(), point);
    if (error != std::errc() || stop == content.data() + content.size() || *stop != ' ' ||
        point >= num_points) {
      return damaged(fmt::format("no point of {} and its outcome", num_points));
    }
    journal.finished.insert_or_assign(
        point, std::string(content.substr(static_cast<size_t>(stop - content.data()) + 1)));
  }
  return journal;
}

Result<SweepJournal> SweepJournal::Open(const std::filesystem::path& path,
                                        std::string_view fingerprint, size_t num_points) {
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  if (descriptor < 0) {
    return IoError(fmt::format("{}: cannot open the journal: {}", path.string(), ErrorText()));
  }
  SweepJournal journal(path, descriptor);
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    return IoError(
        fmt::format("{}: another sweep is writing here ({}); wait for it, or choose "
                    "another --out",
                    path.string(), ErrorText()));
  }
  EDGEBERT_ASSIGN_OR_RETURN(const std::string text, ReadTextFile(path, kMaxJournalBytes));
  EDGEBERT_ASSIGN_OR_RETURN(JournalContent content,
                            ParseJournal(text, path.string(), fingerprint, num_points));
  journal.finished_ = std::move(content.finished);
  if (content.bytes < text.size() &&
      ::ftruncate(descriptor, static_cast<off_t>(content.bytes)) != 0) {
    return IoError(fmt::format("{}: cannot drop a cut line: {}", path.string(), ErrorText()));
  }
  if (content.lines == 0) {
    EDGEBERT_RETURN_IF_ERROR(journal.WriteLine(JournalHeader(fingerprint)));
  }
  return journal;
}

SweepJournal::SweepJournal(SweepJournal&& other) noexcept
    : path_(std::move(other.path_)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      finished_(std::move(other.finished_)) {}

SweepJournal::~SweepJournal() {
  if (descriptor_ >= 0) {
    ::close(descriptor_);
  }
}

Status SweepJournal::Append(size_t point, std::string_view outcome) {
  EDGEBERT_RETURN_IF_ERROR(WriteLine(fmt::format("{} {}", point, outcome)));
  finished_.insert_or_assign(point, std::string(outcome));
  return OkStatus();
}

Status SweepJournal::WriteLine(std::string_view content) {
  const std::string line = JournalLine(content);
  const ssize_t written = ::write(descriptor_, line.data(), line.size());
  if (written != static_cast<ssize_t>(line.size())) {
    return IoError(fmt::format("{}: cannot add to the journal: {}", path_.string(),
                               written < 0 ? ErrorText() : "the disk is full"));
  }
  return OkStatus();
}

}  // namespace edgebert
