#include "edgebert/cli/text_lines.h"

#include <algorithm>
#include <iostream>
#include <utility>

#include "edgebert/base/file.h"

namespace edgebert::cli {

LineReader::LineReader(std::string name, std::unique_ptr<std::ifstream> file)
    : name_(std::move(name)), file_(std::move(file)) {}

Result<LineReader> LineReader::Open(const std::string& path) {
  if (path == "-") {
    return LineReader("stdin", nullptr);
  }
  // A clearer error than a stream's, for missing files and directories.
  EDGEBERT_RETURN_IF_ERROR(InputFile::Open(path).status());
  auto file = std::make_unique<std::ifstream>(path, std::ios::binary);
  if (!*file) {
    return IoError(path + ": cannot open");
  }
  return LineReader(path, std::move(file));
}

std::istream& LineReader::stream() const { return file_ ? *file_ : std::cin; }

std::optional<TextLine> LineReader::Next() {
  TextLine line;
  if (!std::getline(stream(), line.text)) {
    return std::nullopt;
  }
  if (line.text.ends_with('\r')) {
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
