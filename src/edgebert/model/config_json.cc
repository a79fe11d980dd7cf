#include "edgebert/model/config_json.h"

#include <fmt/format.h>

#include <cstdint>
#include <initializer_list>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>
#include <vector>

#include "edgebert/base/text.h"

namespace edgebert {
namespace {

using nlohmann::json;

constexpr size_t kMaxQuotedBytes = 40;

/// `text` as an ASCII JSON string, cut short: safe to print, whatever a file says.
std::string Quoted(std::string_view text) {
  return json(std::string(text.substr(0, kMaxQuotedBytes)))
      .dump(-1, ' ', true, json::error_handler_t::replace);
}

Status Error(std::string_view found, std::string_view expected) {
  return DataLoss(fmt::format("configuration: found {}, expected {}", found, expected));
}

/// Passes over JSON without building it and refuses all but an object, whose keys are distinct and
/// whose values are no objects and no arrays of arrays: nothing deeper can cost time or memory.
class ShapeCheck : public nlohmann::json_sax<json> {
 public:
  const Status& status() const { return status_; }

  bool null() override { return Scalar(); }
  bool boolean(bool) override { return Scalar(); }
  bool number_integer(number_integer_t) override { return Scalar(); }
  bool number_unsigned(number_unsigned_t) override { return Scalar(); }
  bool number_float(number_float_t, const string_t&) override { return Scalar(); }
  bool string(string_t&) override { return Scalar(); }
  bool binary(binary_t&) override { return Scalar(); }

  bool start_object(size_t) override {
    return depth_++ == 0 || Fail("an object within the object", "numbers, texts and lists");
  }
  bool key(string_t& name) override {
    return keys_.insert(name).second || Fail("the key " + Quoted(name) + " twice", "it once");
  }
  bool end_object() override {
    --depth_;
    return true;
  }
  bool start_array(size_t) override {
    return depth_++ == 1 || Fail("a list outside the object or within a list", "an object");
  }
  bool end_array() override {
    --depth_;
    return true;
  }
  bool parse_error(size_t position, const std::string&, const json::exception&) override {
    return Fail(fmt::format("no JSON at byte {} of the section", position), "a JSON object");
  }

 private:
  bool Scalar() { return depth_ > 0 || Fail("a value", "an object"); }
  bool Fail(std::string_view found, std::string_view expected) {
    status_ = Error(found, expected);
    return false;
  }

  Status status_;
  int depth_ = 0;
  std::set<std::string> keys_;
};

/// Takes the values of an object out by key; the first error stays.
class FieldReader {
 public:
  explicit FieldReader(const json& object) : object_(object) {}

  void Read(const char* key, int& field) {
    if (const json* value = Take(key)) {
      ReadInteger(key, *value, field);
    }
  }

  void Read(const char* key, float& field) {
    const json* value = Take(key);
    if (value == nullptr) {
      return;
    }
    const double number = value->is_number() ? value->get<double>() : -1.0;
    if (!(number >= 0 && number <= double{std::numeric_limits<float>::max()})) {
      Fail(key, *value, "a number that is not negative");
      return;
    }
    field = static_cast<float>(number);
  }

  void Read(const char* key, bool& field) {
    if (const json* value = Take(key)) {
      if (const auto* flag = value->get_ptr<const json::boolean_t*>()) {
        field = *flag;
      } else {
        Fail(key, *value, "true or false");
      }
    }
  }

  void Read(const char* key, std::vector<int>& field) {
    ReadList(key, [&](const json& value) {
      int number = 0;
      ReadInteger(key, value, number);
      field.push_back(number);
    });
  }

  void Read(const char* key, std::vector<std::string>& field) {
    ReadList(key, [&](const json& value) {
      if (const auto* text = value.get_ptr<const std::string*>()) {
        field.push_back(*text);
      } else {
        Fail(key, value, "a text");
      }
    });
  }

  template <typename Enum>
  void Read(const char* key, Enum& field, std::string_view (*name)(Enum),
            std::initializer_list<Enum> values) {
    if (const json* value = Take(key)) {
      ReadName(key, *value, field, name, values);
    }
  }

  template <typename Enum>
  void Read(const char* key, std::vector<Enum>& field, std::string_view (*name)(Enum),
            std::initializer_list<Enum> values) {
    ReadList(key, [&](const json& value) {
      Enum entry{};
      ReadName(key, value, entry, name, values);
      field.push_back(entry);
    });
  }

  /// The first error; a key that no Read() asked for is one.
  Status Finish() {
    for (const auto& [key, value] : object_.items()) {
      if (status_.ok() && !taken_.contains(key)) {
        status_ = Error("the unknown key " + Quoted(key), "only keys of this version");
      }
    }
    return status_;
  }

 private:
  const json* Take(const char* key) {
    taken_.insert(key);
    const auto found = object_.find(key);
    if (found == object_.end()) {
      SetStatus(Error(fmt::format("no key \"{}\"", key), "one"));
      return nullptr;
    }
    return &*found;
  }

  void ReadInteger(const char* key, const json& value, int& field) {
    constexpr auto kMaximum = std::numeric_limits<int>::max();
    const auto* natural = value.get_ptr<const json::number_unsigned_t*>();
    const auto* integer = value.get_ptr<const json::number_integer_t*>();
    if (natural != nullptr && *natural <= static_cast<uint64_t>(kMaximum)) {
      field = static_cast<int>(*natural);
    } else if (natural == nullptr && integer != nullptr && *integer >= -kMaximum &&
               *integer <= kMaximum) {
      field = static_cast<int>(*integer);
    } else {
      Fail(key, value, "an integer of at most 31 bits");
    }
  }

  template <typename Enum>
  void ReadName(const char* key, const json& value, Enum& field, std::string_view (*name)(Enum),
                std::initializer_list<Enum> values) {
    std::vector<std::string_view> names;
    for (const Enum candidate : values) {
      names.push_back(name(candidate));
      if (value.is_string() && value.get_ref<const std::string&>() == names.back()) {
        field = candidate;
        return;
      }
    }
    Fail(key, value, fmt::format("one of {}", fmt::join(names, ", ")));
  }

  template <typename Function>
  void ReadList(const char* key, const Function& read_entry) {
    const json* value = Take(key);
    if (value == nullptr) {
      return;
    }
    if (!value->is_array()) {
      Fail(key, *value, "a list");
      return;
    }
    for (const json& entry : *value) {
      if (!status_.ok()) {
        return;
      }
      read_entry(entry);
    }
  }

  void Fail(const char* key, const json& value, std::string_view expected) {
    std::string found = value.dump(-1, ' ', true, json::error_handler_t::replace);
    if (found.size() > kMaxQuotedBytes) {
      found.resize(kMaxQuotedBytes);
      found += "…";
    }
    SetStatus(Error(fmt::format("\"{}\": {}", key, found), expected));
  }

  void SetStatus(Status status) {
    if (status_.ok()) {
      status_ = std::move(status);
    }
  }

  const json& object_;
  std::set<std::string> taken_;
  Status status_;
};

}  // namespace

std::string ConfigToJson(const ModelConfig& config) {
  json pooling = json::array();
  for (const Pooling value : config.pooling) {
    pooling.push_back(PoolingName(value));
  }
  const json object = {
      {"family", FamilyName(config.family)},
      {"vocabulary_size", config.vocabulary_size},
      {"embedding_size", config.embedding_size},
      {"hidden_size", config.hidden_size},
      {"intermediate_size", config.intermediate_size},
      {"num_heads", config.num_heads},
      {"num_layers", config.num_layers},
      {"num_distinct_layers", config.num_distinct_layers},
      {"layer_map", config.layer_map},
      {"max_positions", config.max_positions},
      {"num_segments", config.num_segments},
      {"activation", ActivationName(config.activation)},
      {"layer_norm_epsilon", static_cast<double>(config.layer_norm_epsilon)},
      {"labels", config.labels},
      {"off_ramp_layers", config.off_ramp_layers},
      {"pooling", std::move(pooling)},
      {"pooler_size", config.pooler_size},
      {"shared_off_ramp", config.shared_off_ramp},
      {"attention_spans", config.attention_spans},
  };
  return object.dump(-1, ' ', false, json::error_handler_t::replace);
}

Result<ModelConfig> ParseConfigJson(std::string_view text) {
  EDGEBERT_RETURN_IF_ERROR(CheckJsonHasNoNul(text).WithContext("configuration"));
  ShapeCheck shape;
  if (!json::sax_parse(text.begin(), text.end(), &shape)) {
    return shape.status();
  }
  const json object = json::parse(text.begin(), text.end(), nullptr, false);
  if (!object.is_object()) {
    return Error("no JSON", "a JSON object");
  }
  ModelConfig config;
  FieldReader reader(object);
  reader.Read("family", config.family, FamilyName, {Family::kBert, Family::kAlbert});
  reader.Read("vocabulary_size", config.vocabulary_size);
  reader.Read("embedding_size", config.embedding_size);
  reader.Read("hidden_size", config.hidden_size);
  reader.Read("intermediate_size", config.intermediate_size);
  reader.Read("num_heads", config.num_heads);
  reader.Read("num_layers", config.num_layers);
  reader.Read("num_distinct_layers", config.num_distinct_layers);
  reader.Read("layer_map", config.layer_map);
  reader.Read("max_positions", config.max_positions);
  reader.Read("num_segments", config.num_segments);
  reader.Read("activation", config.activation, ActivationName,
              {Activation::kGelu, Activation::kGeluTanh, Activation::kRelu});
  reader.Read("layer_norm_epsilon", config.layer_norm_epsilon);
  reader.Read("labels", config.labels);
  reader.Read("off_ramp_layers", config.off_ramp_layers);
  reader.Read("pooling", config.pooling, PoolingName, {Pooling::kCls, Pooling::kMean});
  reader.Read("pooler_size", config.pooler_size);
  reader.Read("shared_off_ramp", config.shared_off_ramp);
  reader.Read("attention_spans", config.attention_spans);
  EDGEBERT_RETURN_IF_ERROR(reader.Finish());
  return config;
}

bool IsJsonObject(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && text[first] == '{' && CheckJsonHasNoNul(text).ok() &&
         json::accept(text.begin(), text.end());
}

}  // namespace edgebert
