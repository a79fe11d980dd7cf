#include "edgebert/cli/text_lines.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <iostream>
#include <system_error>
#include <utility>

namespace edgebert::cli {

LineReader::LineReader(std::string name, std::unique_ptr<std::ifstream> file)
    : name_(std::move(name)), file_(std::move(file)) {}

Result<LineReader> LineReader::Open(const std::string& path) {
  if (path == "-") {
    return LineReader("stdin", nullptr);
  }
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) {
    return IoError(path + ": is a directory, expected a file of texts");
  }
  auto file = std::make_unique<std::ifstream>(path, std::ios::binary);
  if (!*file) {
    return NotFound(path + ": cannot open: " + std::generic_category().message(errno));
  }
  return LineReader(path, std::move(file));
}

std::istream& LineReader::stream() const { return file_ ? *file_ : std::cin; }

std::optional<TextLine> LineReader::Next() {
  std::streambuf& buffer = *stream().rdbuf();
  constexpr int kEnd = std::streambuf::traits_type::eof();
  TextLine line;
  int next = buffer.sbumpc();
  if (next == kEnd) {
    return std::nullopt;
  }
  for (; next != kEnd && next != '\n'; next = buffer.sbumpc()) {
    if (line.text.size() < kMaxLineBytes) {
      line.text.push_back(static_cast<char>(next));
    } else {
      line.cut = true;
    }
  }
  if (line.cut) {
    // Not in the middle of a character.
    while (!line.text.empty() && (static_cast<unsigned char>(line.text.back()) & 0xC0) == 0x80) {
      line.text.pop_back();
    }
    line.text.pop_back();
  } else if (line.text.ends_with('\r')) {
    line.text.pop_back();
  }
  line.number = ++number_;
  return line;
}

Status LineReader::status() const {
  return stream().bad() ? IoError(name_ + ": cannot read on") : OkStatus();
}

Result<TextInput> ToInput(const TextLine& line, bool pairs) {
  if (!pairs) {
    return TextInput{line.text, std::nullopt};
  }
  if (std::count(line.text.begin(), line.text.end(), '\t') != 1) {
    return InvalidArgument("expected two texts with one tab between them");
  }
  const size_t tab = line.text.find('\t');
  return TextInput{line.text.substr(0, tab), line.text.substr(tab + 1)};
}

}  // namespace edgebert::cli
