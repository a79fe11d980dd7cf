// Feeds arbitrary bytes to the reader of a sweep's journal: as they are, and as contents of lines
// whose checksums fit, which chance would never find.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "edgebert/report/sweep.h"
#include "edgebert/report/sweep_journal.h"

namespace {

constexpr size_t kPoints = 20;
constexpr std::string_view kFingerprint = "fuzz";

void Check(std::string_view text) {
  const auto journal = edgebert::ParseJournal(text, "journal", kFingerprint, kPoints);
  if (!journal.ok()) {
    return;
  }
  if (journal->bytes > text.size() || journal->finished.size() > journal->lines) {
    __builtin_trap();
  }
  for (const auto& [point, text_of_outcome] : journal->finished) {
    if (point >= kPoints) {
      __builtin_trap();
    }
    const auto outcome = edgebert::ParseOutcome(text_of_outcome);
    if (!outcome.ok()) {
      continue;
    }
    const auto again = edgebert::ParseOutcome(edgebert::FormatOutcome(*outcome));
    if (!again.ok() || !(*again == *outcome)) {
      __builtin_trap();
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  Check(text);
  std::string summed = edgebert::JournalLine(edgebert::JournalHeader(kFingerprint));
  for (size_t at = 0; at < size;) {
    const size_t end = std::min(text.find('\n', at), size);
    summed += edgebert::JournalLine(text.substr(at, end - at));
    at = end + 1;
  }
  Check(summed);
  return 0;
}
