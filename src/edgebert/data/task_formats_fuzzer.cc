// Feeds arbitrary bytes to the readers of the tasks' data.

#include <cstdint>
#include <string_view>

#include "edgebert/base/text.h"
#include "edgebert/data/gzip.h"
#include "edgebert/data/task_formats.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace edgebert::task_formats;  // NOLINT(google-build-using-namespace)
  constexpr uint64_t kMaxUnpackedBytes = 1u << 20;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const Labels labels = {{"0", 0}, {"1", 1}, {"-", kNoGoldLabel}};
  const auto check = [](const auto& examples) {
    if (!examples.ok()) {
      return;
    }
    for (const edgebert::LabelledText& example : *examples) {
      if (example.text.empty() || edgebert::FindInvalidUtf8(example.text) || example.label < 0 ||
          example.label > 1) {
        __builtin_trap();
      }
    }
  };
  check(ParseTsvExamples(text, TsvLayout{}, labels, "input"));
  check(ParseQqpTsv(text, labels, "input"));
  check(ParseOLoraJson(text, "sentence 1: ", "sentence 2: ", labels, "input"));
  check(ParseGrimoireJson(text, labels, "input"));
  check(ParseTemplateCsv(text, labels, "input"));
  check(ParseAlignedLines(text, text, text, labels, "input"));
  RestorePennSigns(text);
  const auto unpacked = edgebert::Gunzip(text, kMaxUnpackedBytes, "input");
  if (unpacked.ok() && unpacked->size() > kMaxUnpackedBytes) {
    __builtin_trap();
  }
  return 0;
}
