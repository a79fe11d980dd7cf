// Prints the token ids of texts, for tools/compare_tokenizers.py.
//   tokenize_lines (--vocab vocab.txt [--cased] | --tokenizer tokenizer.json |
//                   --sentencepiece spiece.model)
// Each line of the input is a JSON array [text, pair or null, maximum of tokens]; each line of the
// output is {"ids": [...], "segment_ids": [...], "truncated": bool} or {"error": message}.

#include <cstdio>
#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "edgebert/base/file.h"
#include "edgebert/text/tokenizer.h"
#include "edgebert/text/vocabulary.h"

namespace edgebert {
namespace {

constexpr uint64_t kMaxFileBytes = 64u << 20;

Result<TokenizerData> ReadTokenizer(const std::vector<std::string>& arguments) {
  if (arguments.size() < 2) {
    return InvalidArgument(
        "expected --vocab FILE [--cased], --tokenizer FILE or --sentencepiece FILE");
  }
  EDGEBERT_ASSIGN_OR_RETURN(const std::string text, ReadTextFile(arguments[1], kMaxFileBytes));
  if (arguments[0] == "--vocab") {
    const bool cased = arguments.size() > 2 && arguments[2] == "--cased";
    return ParseVocabTxt(text, {.lower_case = !cased, .strip_accents = !cased});
  }
  if (arguments[0] == "--tokenizer") {
    return ParseTokenizerJson(text);
  }
  if (arguments[0] == "--sentencepiece") {
    return ParseSentencePieceModel({reinterpret_cast<const uint8_t*>(text.data()), text.size()},
                                   true, true);
  }
  return InvalidArgument("unknown flag " + arguments[0]);
}

nlohmann::json EncodeLine(const Tokenizer& tokenizer, const std::string& line) {
  const nlohmann::json request = nlohmann::json::parse(line);
  const std::string text = request.at(0);
  const std::string pair = request.at(1).is_null() ? "" : request.at(1).get<std::string>();
  const Result<Encoding> encoding =
      tokenizer.Encode(text, request.at(1).is_null() ? std::nullopt : std::optional(pair),
                       request.at(2).get<size_t>());
  if (!encoding.ok()) {
    return {{"error", encoding.status().message()}};
  }
  return {{"ids", encoding->ids},
          {"segment_ids", encoding->segment_ids},
          {"truncated", encoding->truncated}};
}

int Run(const std::vector<std::string>& arguments) {
  Result<TokenizerData> data = ReadTokenizer(arguments);
  const Result<std::unique_ptr<const Tokenizer>> tokenizer =
      data.ok() ? Tokenizer::Create(*std::move(data)) : data.status();
  if (!tokenizer.ok()) {
    std::fprintf(stderr, "%s\n", tokenizer.status().message().c_str());
    return 1;
  }
  for (std::string line; std::getline(std::cin, line);) {
    std::cout << EncodeLine(**tokenizer, line) << '\n';
  }
  return 0;
}

}  // namespace
}  // namespace edgebert

int main(int argc, char** argv) {
  return edgebert::Run(std::vector<std::string>(argv + 1, argv + argc));
}
