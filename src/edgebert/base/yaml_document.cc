#include "edgebert/base/yaml_document.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <charconv>
#include <exception>
#include <optional>
#include <span>
#include <sstream>
#include <unordered_map>

#include "edgebert/base/file.h"
#include "edgebert/base/text.h"

namespace edgebert {

struct YamlNode {
  enum class Kind : uint8_t { kNull, kText, kSequence, kMap };

  struct Field {
    const YamlNode* key;
    const YamlNode* value;
  };

  Kind kind = Kind::kNull;
  int line = 1;
  std::string text;
  std::vector<const YamlNode*> items;
  std::vector<Field> fields;
};

struct YamlSource {
  std::string name;
  std::vector<std::unique_ptr<YamlNode>> nodes;  ///< Of the whole document, the root first.
};

namespace {

Status ErrorAt(const std::string& name, int line, std::string_view message) {
  return InvalidArgument(fmt::format("{}:{}: {}", name, line, message));
}

int LineOf(const YAML::Mark& mark) { return std::max(mark.line, 0) + 1; }

/// Makes nodes of the first document and only counts the ones after it.
class NodeBuilder final : public YAML::EventHandler {
 public:
  explicit NodeBuilder(YamlSource& source) : source_(source) {}

  const Status& status() const { return status_; }
  void IgnoreFromHere() { ignore_ = true; }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Close(Open(YamlNode::Kind::kNull, mark, anchor), anchor);
  }

  void OnScalar(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                const std::string& value) override {
    YamlNode* node = Open(YamlNode::Kind::kText, mark, anchor);
    if (node != nullptr) {
      node->text = value;
    }
    Close(node, anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    if (ignore_) {
      return;
    }
    const auto found = anchored_.find(anchor);
    if (found == anchored_.end() || found->second == nullptr) {
      if (status_.ok()) {
        status_ = ErrorAt(source_.name, LineOf(mark), "an alias stands within what it refers to");
      }
      return;
    }
    Attach(found->second);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    Push(Open(YamlNode::Kind::kSequence, mark, anchor), anchor);
  }
  void OnSequenceEnd() override { Pop(); }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    Push(Open(YamlNode::Kind::kMap, mark, anchor), anchor);
  }
  void OnMapEnd() override { Pop(); }

 private:
  struct Level {
    YamlNode* node;
    YAML::anchor_t anchor;
    const YamlNode* key;  ///< Of a map: the key that awaits its value.
  };

  YamlNode* Open(YamlNode::Kind kind, const YAML::Mark& mark, YAML::anchor_t anchor) {
    if (ignore_) {
      return nullptr;
    }
    source_.nodes.push_back(std::make_unique<YamlNode>());
    YamlNode* node = source_.nodes.back().get();
    node->kind = kind;
    node->line = LineOf(mark);
    if (anchor != 0) {
      anchored_[anchor] = nullptr;
    }
    return node;
  }

  void Close(const YamlNode* node, YAML::anchor_t anchor) {
    if (node == nullptr) {
      return;
    }
    if (anchor != 0) {
      anchored_[anchor] = node;
    }
    Attach(node);
  }

  void Attach(const YamlNode* node) {
    if (levels_.empty()) {
      return;  // The root, which stands first among the nodes.
    }
    Level& level = levels_.back();
    if (level.node->kind == YamlNode::Kind::kSequence) {
      level.node->items.push_back(node);
    } else if (level.key == nullptr) {
      level.key = node;
    } else {
      level.node->fields.push_back({level.key, node});
      level.key = nullptr;
    }
  }

  void Push(YamlNode* node, YAML::anchor_t anchor) {
    if (node != nullptr) {
      levels_.push_back({node, anchor, nullptr});
    }
  }

  void Pop() {
    if (levels_.empty()) {
      return;
    }
    const Level level = levels_.back();
    levels_.pop_back();
    Close(level.node, level.anchor);
  }

  YamlSource& source_;
  Status status_;
  bool ignore_ = false;
  std::vector<Level> levels_;
  std::unordered_map<YAML::anchor_t, const YamlNode*> anchored_;  ///< Null while still open.
};

Status CheckCharacters(std::string_view yaml, const std::string& name) {
  const auto line_at = [&](size_t offset) {
    const auto end = yaml.begin() + static_cast<std::ptrdiff_t>(offset);
    return static_cast<int>(std::count(yaml.begin(), end, '\n')) + 1;
  };
  if (const std::optional<size_t> at = FindInvalidUtf8(yaml)) {
    return ErrorAt(name, line_at(*at), "not valid UTF-8");
  }
  if (const size_t at = yaml.find('\0'); at != std::string_view::npos) {
    return ErrorAt(name, line_at(at), "a NUL byte, which no text has");
  }
  return OkStatus();
}

Status BuildNodes(std::string_view yaml, YamlSource& source) {
  // Not YAML::LoadAll(): of some malformed texts yaml-cpp 0.7 makes documents without end. Nothing
  // looks further than the second.
  try {
    std::istringstream stream{std::string(yaml)};
    YAML::Parser parser(stream);
    NodeBuilder builder(source);
    if (!parser.HandleNextDocument(builder) || source.nodes.empty()) {
      return ErrorAt(source.name, 1, "expected one YAML document, found none");
    }
    EDGEBERT_RETURN_IF_ERROR(builder.status());
    builder.IgnoreFromHere();
    if (parser.HandleNextDocument(builder)) {
      return ErrorAt(source.name, 1, "expected one YAML document, found more");
    }
    return OkStatus();
  } catch (const YAML::Exception& error) {
    return ErrorAt(source.name, LineOf(error.mark), fmt::format("not valid YAML: {}", error.msg));
  } catch (const std::exception& error) {
    return ErrorAt(source.name, 1, fmt::format("not readable as YAML: {}", error.what()));
  }
}

}  // namespace

int YamlValue::line() const { return node_->line; }
bool YamlValue::IsText() const { return node_->kind == YamlNode::Kind::kText; }
bool YamlValue::IsMap() const { return node_->kind == YamlNode::Kind::kMap; }
bool YamlValue::IsSequence() const { return node_->kind == YamlNode::Kind::kSequence; }

Status YamlValue::Error(std::string_view message) const {
  return ErrorAt(source_->name, node_->line, message);
}

Status YamlValue::KeyError(int line, std::string_view message) const {
  return ErrorAt(source_->name, line, message);
}

Result<YamlSection> YamlValue::ReadEntries(const std::vector<std::string>* known) const {
  YamlSection section;
  // Items and nested keys are called after their parents, but what the root is called is no key.
  const bool is_root = node_ == source_->nodes.front().get();
  for (const YamlNode::Field& field : node_->fields) {
    if (field.key->kind != YamlNode::Kind::kText) {
      return KeyError(field.key->line, fmt::format("a key of {} is not plain text", what_));
    }
    const std::string& key = field.key->text;
    if (known != nullptr && std::find(known->begin(), known->end(), key) == known->end()) {
      return KeyError(field.key->line,
                      fmt::format("unknown key '{}' in {}{}", key, what_,
                                  DidYouMean(key, std::span<const std::string>(*known))));
    }
    if (section.Has(key)) {
      return KeyError(field.key->line, fmt::format("key '{}' stands twice in {}", key, what_));
    }
    section.entries_.emplace_back(
        key, YamlValue(source_, field.value, is_root ? key : what_ + "." + key));
  }
  return section;
}

Result<YamlSection> YamlValue::Section(std::initializer_list<std::string_view> required,
                                       std::initializer_list<std::string_view> optional) const {
  std::vector<std::string> known(required.begin(), required.end());
  known.insert(known.end(), optional.begin(), optional.end());
  if (!IsMap()) {
    return Error(fmt::format("{} must be a map with the keys {}", what_, fmt::join(known, ", ")));
  }
  EDGEBERT_ASSIGN_OR_RETURN(YamlSection section, ReadEntries(&known));
  for (const std::string_view key : required) {
    if (!section.Has(key)) {
      return Error(fmt::format("key '{}' is missing in {}", key, what_));
    }
  }
  return section;
}

Result<YamlSection> YamlValue::OpenSection() const {
  if (!IsMap()) {
    return Error(fmt::format("{} must be a map", what_));
  }
  return ReadEntries(nullptr);
}

Result<std::vector<YamlValue>> YamlValue::Sequence(size_t min_items, size_t max_items) const {
  if (!IsSequence()) {
    return Error(fmt::format("{} must be a list", what_));
  }
  const size_t size = node_->items.size();
  if (size < min_items || size > max_items) {
    const std::string expected = min_items == max_items ? fmt::format("{}", min_items)
                                 : max_items == std::numeric_limits<size_t>::max()
                                     ? fmt::format("at least {}", min_items)
                                     : fmt::format("{} to {}", min_items, max_items);
    return Error(fmt::format("{} has {} items, expected {}", what_, size, expected));
  }
  std::vector<YamlValue> items;
  for (const YamlNode* item : node_->items) {
    items.push_back(YamlValue(source_, item, fmt::format("{}[{}]", what_, items.size())));
  }
  return items;
}

Result<std::string> YamlValue::Text() const {
  if (!IsText() || node_->text.empty()) {
    return Error(fmt::format("{} must be text", what_));
  }
  return node_->text;
}

Result<double> YamlValue::Number() const {
  if (!IsText()) {
    return Error(fmt::format("{} must be a number", what_));
  }
  Result<double> number = ParseFiniteNumber(node_->text);
  if (!number.ok()) {
    return Error(fmt::format("{}: {}", what_, number.status().message()));
  }
  return number;
}

Result<double> YamlValue::Number(double minimum, double maximum) const {
  EDGEBERT_ASSIGN_OR_RETURN(const double number, Number());
  if (!(number >= minimum && number <= maximum)) {
    return Error(
        fmt::format("{} is {}, expected {:.6g} to {:.6g}", what_, number, minimum, maximum));
  }
  return number;
}

Result<int64_t> YamlValue::Integer(int64_t minimum, int64_t maximum) const {
  const std::string& text = node_->text;
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (!IsText() || error == std::errc::invalid_argument || end != text.data() + text.size()) {
    return Error(fmt::format("{} must be a whole number", what_));
  }
  if (error != std::errc() || number < minimum || number > maximum) {
    return Error(fmt::format("{} is {}, expected {} to {}", what_, text, minimum, maximum));
  }
  return number;
}

Result<bool> YamlValue::Bool() const {
  if (!IsText() || (node_->text != "true" && node_->text != "false")) {
    return Error(fmt::format("{} must be true or false", what_));
  }
  return node_->text == "true";
}

Result<size_t> YamlValue::OneOf(std::span<const std::string_view> names) const {
  EDGEBERT_ASSIGN_OR_RETURN(const std::string text, Text());
  const auto found = std::find(names.begin(), names.end(), text);
  if (found == names.end()) {
    const std::vector<std::string> candidates(names.begin(), names.end());
    return Error(fmt::format("{} is '{}', expected one of {}{}", what_, text,
                             fmt::join(candidates, ", "), DidYouMean(text, candidates)));
  }
  return static_cast<size_t>(found - names.begin());
}

const YamlValue* YamlSection::Find(std::string_view key) const {
  const auto found = std::find_if(entries_.begin(), entries_.end(),
                                  [key](const auto& entry) { return entry.first == key; });
  return found == entries_.end() ? nullptr : &found->second;
}

const YamlValue& YamlSection::at(std::string_view key) const { return *Find(key); }

Status YamlSection::Read(std::string_view key, std::string& destination) const {
  if (const YamlValue* value = Find(key)) {
    EDGEBERT_ASSIGN_OR_RETURN(destination, value->Text());
  }
  return OkStatus();
}

Status YamlSection::Read(std::string_view key, bool& destination) const {
  if (const YamlValue* value = Find(key)) {
    EDGEBERT_ASSIGN_OR_RETURN(destination, value->Bool());
  }
  return OkStatus();
}

Status YamlSection::Read(std::string_view key, double minimum, double maximum,
                         double& destination) const {
  if (const YamlValue* value = Find(key)) {
    EDGEBERT_ASSIGN_OR_RETURN(destination, value->Number(minimum, maximum));
  }
  return OkStatus();
}

Status YamlSection::Read(std::string_view key, int minimum, int maximum, int& destination) const {
  if (const YamlValue* value = Find(key)) {
    EDGEBERT_ASSIGN_OR_RETURN(const int64_t number, value->Integer(minimum, maximum));
    destination = static_cast<int>(number);
  }
  return OkStatus();
}

Status YamlSection::Read(std::string_view key, int64_t minimum, int64_t maximum,
                         int64_t& destination) const {
  if (const YamlValue* value = Find(key)) {
    EDGEBERT_ASSIGN_OR_RETURN(destination, value->Integer(minimum, maximum));
  }
  return OkStatus();
}

Result<YamlValue> ParseYaml(std::string_view yaml, const std::string& name, std::string_view what,
                            uint64_t max_bytes) {
  if (yaml.size() > max_bytes) {
    return ErrorAt(
        name, 1,
        fmt::format("{} may have at most {} bytes, this has {}", what, max_bytes, yaml.size()));
  }
  EDGEBERT_RETURN_IF_ERROR(CheckCharacters(yaml, name));
  auto source = std::make_shared<YamlSource>();
  source->name = name;
  EDGEBERT_RETURN_IF_ERROR(BuildNodes(yaml, *source));
  const YamlNode* root = source->nodes.front().get();
  return YamlValue(std::move(source), root, std::string(what));
}

Result<YamlValue> LoadYaml(const std::filesystem::path& path, std::string_view what,
                           uint64_t max_bytes) {
  EDGEBERT_ASSIGN_OR_RETURN(const std::string yaml, ReadTextFile(path, max_bytes));
  return ParseYaml(yaml, path.string(), what, max_bytes);
}

}  // namespace edgebert
