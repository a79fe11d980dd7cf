#ifndef EDGEBERT_HARDWARE_TECHNOLOGY_H_
#define EDGEBERT_HARDWARE_TECHNOLOGY_H_

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "edgebert/base/status.h"
#include "edgebert/base/yaml_document.h"
#include "edgebert/hardware/constant.h"

namespace edgebert {

/// Rows of figures that belong together, in base units.
struct TechnologyTable {
  std::string name;
  std::vector<std::string> columns;
  std::vector<std::string> bases;         ///< [columns]: the unit of each.
  std::vector<std::vector<double>> rows;  ///< At least one, [columns] each.
  Provenance provenance;
};

/// Constants and tables of one technology: a file of hardware/technology.
class Technology {
 public:
  /// `name` stands for the file in messages. Anything that ReadConstant() refuses, unknown units,
  /// negative or infinite values and ragged tables are kInvalidArgument, with file and line.
  static Result<Technology> Parse(std::string_view yaml, const std::string& name);
  static Result<Technology> Load(const std::filesystem::path& path);

  const std::string& name() const { return name_; }
  const std::string& description() const { return description_; }

  /// The constant of that name in the base unit `base` ("J/B", "V", …). Another name or unit is
  /// kNotFound or kInvalidArgument.
  Result<Constant<double>> Get(std::string_view constant, std::string_view base) const;

  /// The table of that name, whose columns must be `columns` in that order.
  Result<TechnologyTable> Table(std::string_view table,
                                std::span<const std::string_view> columns) const;

  struct NamedConstant {
    std::string name;
    Unit unit;                  ///< As the file gives it.
    Constant<double> constant;  ///< In the base unit.
  };
  const std::vector<NamedConstant>& constants() const { return constants_; }
  const std::vector<TechnologyTable>& tables() const { return tables_; }

 private:
  static Result<Technology> Read(const YamlValue& document);

  std::string name_;
  std::string description_;
  std::vector<NamedConstant> constants_;
  std::vector<TechnologyTable> tables_;
};

/// Longest technology file that is read, in bytes.
inline constexpr uint64_t kMaxTechnologyBytes = 64 * 1024;

/// All files of hardware/technology as they were when the library was built; reads no file.
Result<std::span<const Technology>> BuiltInTechnologies();

/// One of them, by the name that it gives itself; another name is kNotFound, with a list.
Result<const Technology*> BuiltInTechnology(std::string_view name);

/// A constant of a description: given in place as ReadConstant() takes it, or
///   {from: technology.constant}
///   {from: technology.constant, times: [technology.factor, …]}
/// of the built-in technologies, factors being plain numbers. A product's range spans those of its
/// factors, and its status is the least trusted of theirs.
Result<Constant<double>> ResolveConstant(const YamlValue& value, const Dimension& dimension);

/// The table that `reference`, the text "technology.table", names.
Result<TechnologyTable> ResolveTable(const YamlValue& reference,
                                     std::span<const std::string_view> columns);

/// ResolveConstant() for a value with a type of its own.
template <typename T>
Status ResolveInto(const YamlValue& value, const Dimension& dimension, Constant<T>& destination) {
  EDGEBERT_ASSIGN_OR_RETURN(Constant<double> constant, ResolveConstant(value, dimension));
  destination = ConstantAs<T>(std::move(constant));
  return OkStatus();
}

}  // namespace edgebert

#endif  // EDGEBERT_HARDWARE_TECHNOLOGY_H_
