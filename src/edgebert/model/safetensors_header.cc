#include "edgebert/model/safetensors_header.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "edgebert/base/checked_math.h"
#include "edgebert/base/text.h"

namespace edgebert {
namespace {

using Json = nlohmann::json;

struct Dtype {
  std::string_view name;
  uint64_t bits;
};
constexpr std::array<Dtype, 21> kDtypes = {{
    {"BOOL", 8},        {"F4", 4},      {"F6_E2M3", 6}, {"F6_E3M2", 6}, {"U8", 8},
    {"I8", 8},          {"F8_E5M2", 8}, {"F8_E4M3", 8}, {"F8_E8M0", 8}, {"F8_E4M3FNUZ", 8},
    {"F8_E5M2FNUZ", 8}, {"I16", 16},    {"U16", 16},    {"F16", 16},    {"BF16", 16},
    {"I32", 32},        {"U32", 32},    {"F32", 32},    {"I64", 64},    {"U64", 64},
    {"F64", 64},
}};

/// Builds entries while the JSON is being scanned: no tree is built, so a header costs memory in
/// proportion to the tensors it describes, whatever else it holds.
class HeaderHandler : public nlohmann::json_sax<Json> {
 public:
  bool null() override { return Unexpected("null"); }
  bool boolean(bool /*value*/) override { return Unexpected("a boolean"); }
  bool number_integer(number_integer_t value) override {
    return Unexpected(fmt::format("number {}", value));
  }
  bool number_float(number_float_t /*value*/, const string_t& text) override {
    return Unexpected(fmt::format("number {}", text));
  }
  bool binary(binary_t& /*value*/) override { return Unexpected("binary data"); }

  bool number_unsigned(number_unsigned_t value) override {
    if (state_ == State::kShape) {
      if (entry_.shape.size() == kMaxSafetensorsRank) {
        return Fail(fmt::format("has more than {} dimensions", kMaxSafetensorsRank));
      }
      if (value == 0 || value > static_cast<uint64_t>(INT64_MAX)) {
        return Fail(fmt::format("has dimension {}, expected at least 1", value));
      }
      entry_.shape.push_back(static_cast<int64_t>(value));
      return true;
    }
    if (state_ == State::kOffsets && num_offsets_ < 2) {
      (num_offsets_ == 0 ? entry_.begin : entry_.end) = value;
      ++num_offsets_;
      return true;
    }
    return Unexpected(fmt::format("number {}", value));
  }

  bool string(string_t& value) override {
    if (state_ == State::kMetadata) {
      return true;
    }
    if (state_ == State::kTensor && field_ == "dtype") {
      entry_.dtype = value;
      return true;
    }
    return Unexpected("a string");
  }

  bool start_object(size_t /*elements*/) override {
    if (state_ == State::kStart) {
      state_ = State::kTop;
      return true;
    }
    if (state_ == State::kTop) {
      state_ = name_ == "__metadata__" ? State::kMetadata : State::kTensor;
      entry_ = SafetensorsEntry{name_, "", {}, 0, 0};
      has_dtype_ = has_shape_ = has_offsets_ = false;
      return true;
    }
    return Unexpected("an object");
  }

  bool key(string_t& value) override {
    if (state_ == State::kTop) {
      return TopKey(value);
    }
    if (state_ == State::kTensor) {
      field_ = value;
      bool* const seen = field_ == "dtype"          ? &has_dtype_
                         : field_ == "shape"        ? &has_shape_
                         : field_ == "data_offsets" ? &has_offsets_
                                                    : nullptr;
      if (seen == nullptr) {
        return Fail(fmt::format("has unknown field '{}', expected dtype, shape and data_offsets",
                                field_.substr(0, kMaxSafetensorsNameBytes)));
      }
      if (std::exchange(*seen, true)) {
        return Fail(fmt::format("has field '{}' twice", field_));
      }
    }
    return true;
  }

  bool end_object() override {
    if (state_ == State::kTensor) {
      if (!has_dtype_ || !has_shape_ || !has_offsets_) {
        return Fail(fmt::format("has no {}", !has_dtype_   ? "dtype"
                                             : !has_shape_ ? "shape"
                                                           : "data_offsets"));
      }
      entries_.push_back(std::move(entry_));
    }
    state_ = state_ == State::kTop ? State::kDone : State::kTop;
    return true;
  }

  bool start_array(size_t /*elements*/) override {
    if (state_ == State::kTensor && field_ == "shape") {
      state_ = State::kShape;
      return true;
    }
    if (state_ == State::kTensor && field_ == "data_offsets") {
      state_ = State::kOffsets;
      num_offsets_ = 0;
      return true;
    }
    return Unexpected("an array");
  }

  bool end_array() override {
    if (state_ == State::kOffsets && num_offsets_ != 2) {
      return Fail(fmt::format("has {} data_offsets, expected 2", num_offsets_));
    }
    state_ = State::kTensor;
    return true;
  }

  bool parse_error(size_t position, const std::string& /*token*/,
                   const nlohmann::detail::exception& /*error*/) override {
    status_ = DataLoss(fmt::format("header is not valid JSON at its byte {}", position));
    return false;
  }

  const Status& status() const { return status_; }
  std::vector<SafetensorsEntry> TakeEntries() { return std::move(entries_); }

 private:
  enum class State : uint8_t { kStart, kTop, kMetadata, kTensor, kShape, kOffsets, kDone };

  bool TopKey(const std::string& value) {
    const bool printable = std::none_of(value.begin(), value.end(), [](char c) {
      return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
    });
    if (value.empty() || value.size() > kMaxSafetensorsNameBytes || !printable) {
      status_ = DataLoss(
          fmt::format("header has a tensor name of {} bytes, expected 1 to {} without control "
                      "characters",
                      value.size(), kMaxSafetensorsNameBytes));
      return false;
    }
    if (value == "__metadata__") {
      if (std::exchange(has_metadata_, true)) {
        status_ = DataLoss("header has '__metadata__' twice");
        return false;
      }
    } else if (++num_names_ > kMaxSafetensorsTensors) {
      status_ = DataLoss(fmt::format("header has more than {} tensors", kMaxSafetensorsTensors));
      return false;
    }
    name_ = value;
    return true;
  }

  bool Fail(const std::string& problem) {
    status_ = DataLoss(fmt::format("tensor '{}' {}", name_, problem));
    return false;
  }

  bool Unexpected(const std::string& found) {
    switch (state_) {
      case State::kStart:
      case State::kDone:
        status_ = DataLoss(fmt::format("header is {}, expected an object of tensors", found));
        return false;
      case State::kTop:
        return Fail(fmt::format("is {}, expected an object", found));
      case State::kMetadata:
        status_ = DataLoss(fmt::format("header's __metadata__ holds {}, expected strings", found));
        return false;
      case State::kTensor:
        return Fail(fmt::format("has {} as {}, expected {}", found, field_,
                                field_ == "dtype" ? "a string" : "an array"));
      case State::kShape:
        return Fail(fmt::format("has {} in its shape, expected positive integers", found));
      case State::kOffsets:
        return Fail(fmt::format("has {} in data_offsets, expected 2 positions", found));
    }
    return false;
  }

  State state_ = State::kStart;
  std::string name_;
  std::string field_;
  SafetensorsEntry entry_;
  int num_offsets_ = 0;
  size_t num_names_ = 0;
  bool has_metadata_ = false;
  bool has_dtype_ = false;
  bool has_shape_ = false;
  bool has_offsets_ = false;
  std::vector<SafetensorsEntry> entries_;
  Status status_;
};

/// The bytes that shape and dtype ask for, or an error that says why there is no such number.
Result<uint64_t> ExpectedBytes(const SafetensorsEntry& entry) {
  const auto* const dtype = std::find_if(kDtypes.begin(), kDtypes.end(),
                                         [&](const Dtype& d) { return d.name == entry.dtype; });
  if (dtype == kDtypes.end()) {
    return DataLoss(fmt::format("tensor '{}' has dtype '{}', which safetensors does not have",
                                entry.name, entry.dtype.substr(0, 32)));
  }
  uint64_t bits = dtype->bits;
  for (const int64_t dimension : entry.shape) {
    const std::optional<uint64_t> product = CheckedMultiply(bits, static_cast<uint64_t>(dimension));
    if (!product) {
      return DataLoss(fmt::format("tensor '{}' has shape [{}], whose size is past 64 bits",
                                  entry.name, fmt::join(entry.shape, " × ")));
    }
    bits = *product;
  }
  if (bits % 8 != 0) {
    return DataLoss(fmt::format("tensor '{}' does not end on a whole byte", entry.name));
  }
  return bits / 8;
}

Status CheckLayout(std::vector<SafetensorsEntry>& entries, uint64_t data_bytes) {
  std::sort(entries.begin(), entries.end(),
            [](const auto& a, const auto& b) { return a.begin < b.begin; });
  uint64_t position = 0;
  for (const SafetensorsEntry& entry : entries) {
    EDGEBERT_ASSIGN_OR_RETURN(const uint64_t expected, ExpectedBytes(entry));
    if (entry.end < entry.begin || entry.end > data_bytes) {
      return DataLoss(
          fmt::format("tensor '{}' lies at bytes {} to {} of the data, of which there are {}",
                      entry.name, entry.begin, entry.end, data_bytes));
    }
    if (entry.num_bytes() != expected) {
      return DataLoss(fmt::format("tensor '{}' has {} bytes, expected {} for {} of shape [{}]",
                                  entry.name, entry.num_bytes(), expected, entry.dtype,
                                  fmt::join(entry.shape, " × ")));
    }
    if (entry.begin != position) {
      return DataLoss(fmt::format(
          "tensor '{}' begins at byte {} of the data, expected {}: the tensors before it end there",
          entry.name, entry.begin, position));
    }
    position = entry.end;
  }
  if (position != data_bytes) {
    return DataLoss(
        fmt::format("tensors end at byte {} of the data, expected {}", position, data_bytes));
  }
  return OkStatus();
}

}  // namespace

Result<std::vector<SafetensorsEntry>> ParseSafetensorsHeader(std::string_view json,
                                                             uint64_t data_bytes) {
  EDGEBERT_RETURN_IF_ERROR(CheckJsonHasNoNul(json).WithContext("header"));
  HeaderHandler handler;
  if (!Json::sax_parse(json, &handler)) {
    return handler.status();
  }
  std::vector<SafetensorsEntry> entries = handler.TakeEntries();
  EDGEBERT_RETURN_IF_ERROR(CheckLayout(entries, data_bytes));
  std::sort(entries.begin(), entries.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
  const auto twice =
      std::adjacent_find(entries.begin(), entries.end(),
                         [](const auto& a, const auto& b) { return a.name == b.name; });
  if (twice != entries.end()) {
    return DataLoss(fmt::format("header has tensor '{}' twice", twice->name));
  }
  return entries;
}

}  // namespace edgebert
