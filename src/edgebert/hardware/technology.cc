#include "edgebert/hardware/technology.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <limits>

#include "edgebert/base/text.h"
#include "edgebert/hardware/built_in_technology.h"

namespace edgebert {
namespace {

constexpr std::string_view kWhat = "the technology file";

/// Nothing that these files hold is negative.
Dimension AnyAmount(std::string_view base) { return {base, 0, std::numeric_limits<double>::max()}; }

Result<Technology::NamedConstant> ReadNamedConstant(const std::string& name,
                                                    const YamlValue& value) {
  EDGEBERT_ASSIGN_OR_RETURN(
      const YamlSection section,
      value.Section({"value", "unit", "source", "status"}, {"range", "conditions"}));
  EDGEBERT_ASSIGN_OR_RETURN(const Unit unit, ReadUnit(section.at("unit")));
  EDGEBERT_ASSIGN_OR_RETURN(Constant<double> constant, ReadConstant(value, AnyAmount(unit.base)));
  return Technology::NamedConstant{name, unit, std::move(constant)};
}

Result<TechnologyTable> ReadTable(const std::string& name, const YamlValue& value) {
  EDGEBERT_ASSIGN_OR_RETURN(const YamlSection section,
                            value.Section({"columns", "rows", "source", "status"}, {"conditions"}));
  TechnologyTable table;
  table.name = name;
  EDGEBERT_ASSIGN_OR_RETURN(table.provenance, ReadProvenance(section));
  EDGEBERT_ASSIGN_OR_RETURN(const YamlSection columns, section.at("columns").OpenSection());
  if (columns.entries().empty()) {
    return section.at("columns").Error(
        fmt::format("{} has no columns", section.at("columns").what()));
  }
  std::vector<Unit> units;
  for (const auto& [column, unit_value] : columns.entries()) {
    EDGEBERT_ASSIGN_OR_RETURN(const Unit unit, ReadUnit(unit_value));
    units.push_back(unit);
    table.columns.push_back(column);
    table.bases.emplace_back(unit.base);
  }
  EDGEBERT_ASSIGN_OR_RETURN(const std::vector<YamlValue> rows, section.at("rows").Sequence(1));
  for (const YamlValue& row : rows) {
    EDGEBERT_ASSIGN_OR_RETURN(const std::vector<YamlValue> cells,
                              row.Sequence(units.size(), units.size()));
    std::vector<double>& figures = table.rows.emplace_back();
    for (size_t i = 0; i < cells.size(); ++i) {
      EDGEBERT_ASSIGN_OR_RETURN(
          const double figure,
          ReadQuantity(cells[i], cells[i].what(), units[i], AnyAmount(units[i].base)));
      figures.push_back(figure);
    }
  }
  return table;
}

struct Reference {
  const Technology* technology;
  std::string item;
};

/// Takes "technology.item" apart, with errors at `value`.
Result<Reference> ReadReference(const YamlValue& value) {
  EDGEBERT_ASSIGN_OR_RETURN(const std::string text, value.Text());
  const size_t dot = text.find('.');
  if (dot == std::string::npos) {
    return value.Error(fmt::format("{} is '{}', expected TECHNOLOGY.NAME such as lpddr4.bandwidth",
                                   value.what(), text));
  }
  const Result<const Technology*> technology = BuiltInTechnology(text.substr(0, dot));
  if (!technology.ok()) {
    return value.Error(technology.status().message());
  }
  return Reference{*technology, text.substr(dot + 1)};
}

Result<Constant<double>> Follow(const YamlValue& value, std::string_view base) {
  EDGEBERT_ASSIGN_OR_RETURN(const Reference reference, ReadReference(value));
  Result<Constant<double>> constant = reference.technology->Get(reference.item, base);
  if (!constant.ok()) {
    return value.Error(constant.status().message());
  }
  constant->provenance.source = fmt::format("{}.{} ({})", reference.technology->name(),
                                            reference.item, constant->provenance.source);
  return constant;
}

/// a · b, both of them without negative values.
Constant<double> Product(const Constant<double>& a, const Constant<double>& b) {
  Constant<double> product;
  product.value = a.value * b.value;
  if (a.range || b.range) {
    product.range = Interval<double>{a.low() * b.low(), a.high() * b.high()};
  }
  product.provenance.source = fmt::format("{} x {}", a.provenance.source, b.provenance.source);
  product.provenance.status = std::max(a.provenance.status, b.provenance.status);
  product.provenance.conditions = a.provenance.conditions;
  return product;
}

Result<std::vector<Technology>> ParseBuiltIn() {
  std::vector<Technology> technologies;
  for (const BuiltInFile& file : BuiltInTechnologyFiles()) {
    EDGEBERT_ASSIGN_OR_RETURN(
        Technology technology,
        Technology::Parse(file.text, fmt::format("{} (built in)", file.name)));
    technologies.push_back(std::move(technology));
  }
  return technologies;
}

}  // namespace

Result<Technology> Technology::Read(const YamlValue& document) {
  EDGEBERT_ASSIGN_OR_RETURN(
      const YamlSection section,
      document.Section({"technology", "description"}, {"constants", "tables"}));
  Technology technology;
  EDGEBERT_RETURN_IF_ERROR(section.Read("technology", technology.name_));
  EDGEBERT_RETURN_IF_ERROR(section.Read("description", technology.description_));
  if (const YamlValue* constants = section.Find("constants")) {
    EDGEBERT_ASSIGN_OR_RETURN(const YamlSection entries, constants->OpenSection());
    for (const auto& [name, value] : entries.entries()) {
      EDGEBERT_ASSIGN_OR_RETURN(NamedConstant constant, ReadNamedConstant(name, value));
      technology.constants_.push_back(std::move(constant));
    }
  }
  if (const YamlValue* tables = section.Find("tables")) {
    EDGEBERT_ASSIGN_OR_RETURN(const YamlSection entries, tables->OpenSection());
    for (const auto& [name, value] : entries.entries()) {
      EDGEBERT_ASSIGN_OR_RETURN(TechnologyTable table, ReadTable(name, value));
      technology.tables_.push_back(std::move(table));
    }
  }
  return technology;
}

Result<Technology> Technology::Parse(std::string_view yaml, const std::string& name) {
  EDGEBERT_ASSIGN_OR_RETURN(const YamlValue document,
                            ParseYaml(yaml, name, kWhat, kMaxTechnologyBytes));
  return Read(document);
}

Result<Technology> Technology::Load(const std::filesystem::path& path) {
  EDGEBERT_ASSIGN_OR_RETURN(const YamlValue document, LoadYaml(path, kWhat, kMaxTechnologyBytes));
  return Read(document);
}

Result<Constant<double>> Technology::Get(std::string_view constant, std::string_view base) const {
  std::vector<std::string> names;
  for (const NamedConstant& candidate : constants_) {
    if (candidate.name == constant) {
      if (candidate.unit.base != base) {
        return InvalidArgument(
            fmt::format("{}.{} is in {}, not in {}", name_, constant, candidate.unit.base, base));
      }
      return candidate.constant;
    }
    names.push_back(candidate.name);
  }
  return NotFound(fmt::format("technology {} has no constant '{}'{}", name_, constant,
                              DidYouMean(constant, names)));
}

Result<TechnologyTable> Technology::Table(std::string_view table,
                                          std::span<const std::string_view> columns) const {
  std::vector<std::string> names;
  for (const TechnologyTable& candidate : tables_) {
    if (candidate.name == table) {
      if (!std::equal(columns.begin(), columns.end(), candidate.columns.begin(),
                      candidate.columns.end())) {
        return InvalidArgument(fmt::format("{}.{} has the columns {}, expected {}", name_, table,
                                           fmt::join(candidate.columns, ", "),
                                           fmt::join(columns, ", ")));
      }
      return candidate;
    }
    names.push_back(candidate.name);
  }
  return NotFound(
      fmt::format("technology {} has no table '{}'{}", name_, table, DidYouMean(table, names)));
}

Result<std::span<const Technology>> BuiltInTechnologies() {
  static const Result<std::vector<Technology>> technologies = ParseBuiltIn();
  if (!technologies.ok()) {
    return technologies.status();
  }
  return std::span<const Technology>(*technologies);
}

Result<const Technology*> BuiltInTechnology(std::string_view name) {
  EDGEBERT_ASSIGN_OR_RETURN(const std::span<const Technology> technologies, BuiltInTechnologies());
  std::vector<std::string> names;
  for (const Technology& technology : technologies) {
    if (technology.name() == name) {
      return &technology;
    }
    names.push_back(technology.name());
  }
  return NotFound(fmt::format("no technology is called '{}'{} (technologies: {})", name,
                              DidYouMean(name, names), fmt::join(names, ", ")));
}

Result<TechnologyTable> ResolveTable(const YamlValue& reference,
                                     std::span<const std::string_view> columns) {
  EDGEBERT_ASSIGN_OR_RETURN(const Reference found, ReadReference(reference));
  Result<TechnologyTable> table = found.technology->Table(found.item, columns);
  return table.ok() ? table : reference.Error(table.status().message());
}

Result<Constant<double>> ResolveConstant(const YamlValue& value, const Dimension& dimension) {
  const Result<YamlSection> any_keys = value.OpenSection();
  if (!any_keys.ok() || !any_keys->Has("from")) {
    return ReadConstant(value, dimension);
  }
  EDGEBERT_ASSIGN_OR_RETURN(const YamlSection section, value.Section({"from"}, {"times"}));
  EDGEBERT_ASSIGN_OR_RETURN(Constant<double> constant, Follow(section.at("from"), dimension.base));
  if (const YamlValue* factors = section.Find("times")) {
    EDGEBERT_ASSIGN_OR_RETURN(const std::vector<YamlValue> references, factors->Sequence(1));
    for (const YamlValue& reference : references) {
      EDGEBERT_ASSIGN_OR_RETURN(const Constant<double> factor, Follow(reference, "1"));
      constant = Product(constant, factor);
    }
  }
  if (!(constant.low() >= dimension.minimum && constant.high() <= dimension.maximum)) {
    return value.Error(fmt::format("{} is {:.6g} to {:.6g} {}, expected {:.6g} to {:.6g}",
                                   value.what(), constant.low(), constant.high(), dimension.base,
                                   dimension.minimum, dimension.maximum));
  }
  return constant;
}

}  // namespace edgebert
