#ifndef EDGEBERT_CLI_TEXT_LINES_H_
#define EDGEBERT_CLI_TEXT_LINES_H_

#include <fstream>
#include <istream>
#include <memory>
#include <optional>
#include <string>

#include "edgebert/base/status.h"
#include "edgebert/pipeline/classifier.h"

namespace edgebert::cli {

/// Longest line that is kept, far more than any model's positions; the rest of a longer one is read
/// and dropped.
inline constexpr size_t kMaxLineBytes = size_t{4} << 20;

struct TextLine {
  int number = 0;  ///< From 1.
  std::string text;
  bool cut = false;  ///< The line was longer than kMaxLineBytes.
};

/// Reads a file, pipe or stdin line by line without holding it in memory. Line ends are LF or CRLF.
class LineReader {
 public:
  /// "-" is stdin.
  static Result<LineReader> Open(const std::string& path);

  /// The next line, or nothing at the end or after an error.
  std::optional<TextLine> Next();

  /// Whether everything so far could be read.
  Status status() const;

 private:
  LineReader(std::string name, std::unique_ptr<std::ifstream> file);
  std::istream& stream() const;

  std::string name_;
  std::unique_ptr<std::ifstream> file_;
  int number_ = 0;
};

/// The line as a text, or, with `pairs`, as the two texts around its tab.
Result<TextInput> ToInput(const TextLine& line, bool pairs);

}  // namespace edgebert::cli

#endif  // EDGEBERT_CLI_TEXT_LINES_H_
