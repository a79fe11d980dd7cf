#ifndef EDGEBERT_DATA_TASK_FORMATS_H_
#define EDGEBERT_DATA_TASK_FORMATS_H_

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "edgebert/base/status.h"
#include "edgebert/data/labelled_text.h"

/// Readers of the layouts that public copies of the tasks' data have. Each takes a file's text and
/// its name, for messages; labels that are not expected are errors with their place.
namespace edgebert::task_formats {

/// The index of examples that have no gold label; they are left out.
inline constexpr int kNoGoldLabel = -1;

/// Labels as they stand in a file, and their indices.
using Labels = std::vector<std::pair<std::string, int>>;

/// The columns of a tab-separated file.
struct TsvLayout {
  std::vector<std::string> columns = {};  ///< All of a file without a header; else the header's.
  std::string text = "sentence";
  std::string pair = "";  ///< Empty: there is one text only.
  std::string label = "label";
};

Result<std::vector<LabelledText>> ParseTsvExamples(std::string_view text, const TsvLayout& layout,
                                                   const Labels& labels, const std::string& name);

/// GLUE's QQP without header: `id qid1 qid2 question1 question2 is_duplicate`. A first line with
/// other than six columns is damaged and passed over. Questions in quotes have inner ones doubled.
Result<std::vector<LabelledText>> ParseQqpTsv(std::string_view text, const Labels& labels,
                                              const std::string& name);

/// O-LoRA's JSON: a list of {sentence, label}, where `sentence` is `first` + text + LF + `second` +
/// text. Questions in quotes have inner ones doubled.
Result<std::vector<LabelledText>> ParseOLoraJson(std::string_view json, std::string_view first,
                                                 std::string_view second, const Labels& labels,
                                                 const std::string& name);

/// Grimoire's JSON: a list of {text, ans_label, …}, where `text` is the question, LF, "question: ",
/// the sentence and " True or False?".
Result<std::vector<LabelledText>> ParseGrimoireJson(std::string_view json, const Labels& labels,
                                                    const std::string& name);

/// LLMsKnow's CSV: column `Question` holds `For the statement, "P", does the hypothesis "H"
/// represent entailment, …`, column `Answer` the label. Final full stops were taken from P and H
/// there; one is put back behind a letter or digit, as nearly all of the corpus has it.
Result<std::vector<LabelledText>> ParseTemplateCsv(std::string_view text, const Labels& labels,
                                                   const std::string& name);

/// SentEval's SNLI: three files that go line by line.
Result<std::vector<LabelledText>> ParseAlignedLines(std::string_view texts, std::string_view pairs,
                                                    std::string_view label_lines,
                                                    const Labels& labels, const std::string& name);

/// Turns the Penn Treebank's brackets and quotes (`-lrb-`, ``` `` ```, …) back into the signs.
std::string RestorePennSigns(std::string_view text);

}  // namespace edgebert::task_formats

#endif  // EDGEBERT_DATA_TASK_FORMATS_H_
