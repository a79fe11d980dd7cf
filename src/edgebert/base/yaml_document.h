#ifndef EDGEBERT_BASE_YAML_DOCUMENT_H_
#define EDGEBERT_BASE_YAML_DOCUMENT_H_

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "edgebert/base/status.h"

namespace edgebert {

struct YamlNode;
struct YamlSource;
class YamlSection;

/// A value of a YAML document that knows where it stands. Cheap to copy; it keeps the document
/// alive. Errors of all readers are kInvalidArgument and read `name:line: what is wrong`.
class YamlValue {
 public:
  /// How messages call this value: "a.b" below the keys a and b, "a[2]" for the third item of a.
  const std::string& what() const { return what_; }
  int line() const;  ///< From 1.

  bool IsText() const;  ///< Anything plain: text, a number, a truth value.
  bool IsMap() const;
  bool IsSequence() const;

  /// An error at this value's line.
  Status Error(std::string_view message) const;

  /// This value as a map with the given keys: all required ones are there, no key stands twice, and
  /// none is unknown (the message then names the nearest known one).
  Result<YamlSection> Section(std::initializer_list<std::string_view> required,
                              std::initializer_list<std::string_view> optional = {}) const;
  /// This value as a map with any keys, none of them twice.
  Result<YamlSection> OpenSection() const;
  /// This value as a list of at least `min_items` and at most `max_items`.
  Result<std::vector<YamlValue>> Sequence(
      size_t min_items = 0, size_t max_items = std::numeric_limits<size_t>::max()) const;

  Result<std::string> Text() const;                             ///< Not empty.
  Result<double> Number() const;                                ///< Finite.
  Result<double> Number(double minimum, double maximum) const;  ///< Bounds included.
  Result<int64_t> Integer(int64_t minimum, int64_t maximum) const;
  Result<bool> Bool() const;  ///< true or false.
  /// The position of the text among `names`.
  Result<size_t> OneOf(std::span<const std::string_view> names) const;

 private:
  friend class YamlSection;
  friend Result<YamlValue> ParseYaml(std::string_view, const std::string&, std::string_view,
                                     uint64_t);

  YamlValue(std::shared_ptr<const YamlSource> source, const YamlNode* node, std::string what)
      : source_(std::move(source)), node_(node), what_(std::move(what)) {}

  Status KeyError(int line, std::string_view message) const;
  Result<YamlSection> ReadEntries(const std::vector<std::string>* known) const;

  std::shared_ptr<const YamlSource> source_;  ///< Owns node_.
  const YamlNode* node_;
  std::string what_;
};

/// A map whose keys have been checked. The Read functions leave their destination as it is where an
/// optional key is absent.
class YamlSection {
 public:
  bool Has(std::string_view key) const { return Find(key) != nullptr; }
  const YamlValue* Find(std::string_view key) const;  ///< Null when absent.
  const YamlValue& at(std::string_view key) const;    ///< A required key, or one that Has() found.
  /// All keys with their values, in the document's order.
  const std::vector<std::pair<std::string, YamlValue>>& entries() const { return entries_; }

  Status Read(std::string_view key, std::string& destination) const;
  Status Read(std::string_view key, bool& destination) const;
  Status Read(std::string_view key, double minimum, double maximum, double& destination) const;
  Status Read(std::string_view key, int minimum, int maximum, int& destination) const;
  Status Read(std::string_view key, int64_t minimum, int64_t maximum, int64_t& destination) const;

 private:
  friend class YamlValue;

  std::vector<std::pair<std::string, YamlValue>> entries_;
};

/// Parses one YAML document. `name` stands for the file in messages and `what` for the thing that
/// it describes ("the recipe"). More than `max_bytes`, bytes that are not UTF-8, a NUL, text that
/// is not YAML, none or several documents, keys that are not plain text and aliases that lead back
/// to themselves are kInvalidArgument.
Result<YamlValue> ParseYaml(std::string_view yaml, const std::string& name, std::string_view what,
                            uint64_t max_bytes);

/// Reads and parses a file; messages call it by its path.
Result<YamlValue> LoadYaml(const std::filesystem::path& path, std::string_view what,
                           uint64_t max_bytes);

}  // namespace edgebert

#endif  // EDGEBERT_BASE_YAML_DOCUMENT_H_
