#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "edgebert/cli/command.h"
#include "edgebert/cli/flags.h"
#include "edgebert/cli/json.h"
#include "edgebert/cli/text_lines.h"

namespace edgebert::cli {
namespace {

struct TokenizeFlags {
  ModelFlags model;
  std::optional<std::string> text;
  std::optional<std::string> pair;
  std::optional<std::string> file;
  std::optional<int> max_tokens;
  bool pairs = false;
  bool json = false;
};

void Print(const Tokenizer& tokenizer, const Encoding& encoding, bool json) {
  std::vector<std::string> tokens;
  for (const int32_t id : encoding.ids) {
    tokens.push_back(tokenizer.Piece(id));
  }
  if (json) {
    PrintJsonLine({{"ids", encoding.ids},
                   {"segment_ids", encoding.segment_ids},
                   {"tokens", tokens},
                   {"truncated", encoding.truncated}});
    return;
  }
  for (size_t i = 0; i < tokens.size(); ++i) {
    fmt::print("{}\t{}\t{}\n", encoding.ids[i], encoding.segment_ids[i], tokens[i]);
  }
}

int Tokenize(const TokenizeFlags& flags) {
  if (flags.text.has_value() == flags.file.has_value() || (flags.file && flags.pair)) {
    return Fail(
        InvalidArgument("tokenize: give either a text or --file (see edgebert tokenize --help)"),
        kUsageError);
  }
  if (flags.pairs && !flags.file) {
    return Fail(InvalidArgument("tokenize: --pairs goes with --file"), kUsageError);
  }
  Result<Model> model = flags.model.Read();
  if (!model.ok()) {
    return Fail(model.status());
  }
  const Result<size_t> max_tokens = ResolveMaxTokens(flags.max_tokens, model->config);
  if (!max_tokens.ok()) {
    return Fail(max_tokens.status().WithContext("--max-tokens"), kUsageError);
  }
  const Result<std::unique_ptr<const Tokenizer>> tokenizer =
      Tokenizer::Create(std::move(model->tokenizer));
  if (!tokenizer.ok()) {
    return Fail(tokenizer.status());
  }
  if (flags.text) {
    const Result<Encoding> encoding = (*tokenizer)->Encode(*flags.text, flags.pair, *max_tokens);
    if (!encoding.ok()) {
      return Fail(encoding.status());
    }
    Print(**tokenizer, *encoding, flags.json);
    return kSuccess;
  }
  Result<LineReader> reader = LineReader::Open(*flags.file);
  if (!reader.ok()) {
    return Fail(reader.status());
  }
  int exit_status = kSuccess;
  while (const std::optional<TextLine> line = reader->Next()) {
    const Result<TextInput> input = ToInput(*line, flags.pairs);
    const Result<Encoding> encoding =
        input.ok() ? (*tokenizer)->Encode(input->text, input->pair, *max_tokens) : input.status();
    if (encoding.ok()) {
      Print(**tokenizer, *encoding, flags.json);
      continue;
    }
    exit_status = kDataError;
    if (flags.json) {
      PrintJsonLine({{"line", line->number}, {"error", encoding.status().message()}});
    } else {
      Fail(encoding.status().WithContext(fmt::format("line {}", line->number)));
    }
  }
  return reader->status().ok() ? exit_status : Fail(reader->status());
}

}  // namespace

void AddTokenizeCommand(CLI::App& app, Action& action) {
  auto flags = std::make_shared<TokenizeFlags>();
  CLI::App* command =
      app.add_subcommand("tokenize", "Show the tokens of a text: id, segment and piece");
  command->add_option("text", flags->text, "The text to split");
  command->add_option("--pair", flags->pair, "A second text")->type_name("TEXT");
  command->add_option("-f,--file", flags->file, "Split every line of a file; - is stdin")
      ->type_name("FILE");
  command->add_flag("--pairs", flags->pairs, "With --file: a line is two texts with a tab between");
  flags->model.AddTo(*command);
  command->add_option("--max-tokens", flags->max_tokens, "Truncate longer texts")->type_name("N");
  command->add_flag("--json", flags->json, "One JSON object a line");
  command->callback([flags, &action] { action = [flags] { return Tokenize(*flags); }; });
}

}  // namespace edgebert::cli
