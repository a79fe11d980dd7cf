#ifndef EDGEBERT_TESTING_HUGGINGFACE_CHECKPOINTS_H_
#define EDGEBERT_TESTING_HUGGINGFACE_CHECKPOINTS_H_

#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>

#include "edgebert/base/file.h"
#include "edgebert/model/huggingface.h"
#include "edgebert/testing/testing.h"

/// The checkpoints in tests/golden/huggingface, and damaged copies of them.
namespace edgebert::testing {

inline std::filesystem::path GoldenCheckpointPath(const std::string& name) {
  return std::filesystem::path(EDGEBERT_SOURCE_DIR) / "tests/golden/huggingface" / name;
}

inline std::string Contents(const std::filesystem::path& path) {
  const auto text = ReadTextFile(path, uint64_t{1} << 30);
  EXPECT_OK(text);
  return text.ok() ? *text : "";
}

inline void Write(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

/// A copy of a golden checkpoint that a test may damage.
class DamagedCheckpoint {
 public:
  explicit DamagedCheckpoint(const std::string& golden) {
    std::filesystem::copy(GoldenCheckpointPath(golden), path());
    std::filesystem::remove(path() / "expected.json");
  }

  std::filesystem::path path() const { return directory_.path() / "checkpoint"; }

  void PatchConfig(const char* file, const char* merge_patch) const {
    nlohmann::json json = nlohmann::json::parse(Contents(path() / file));
    json.merge_patch(nlohmann::json::parse(merge_patch));
    Write(path() / file, json.dump());
  }

  /// Rewrites model.safetensors after `change` of its header and data.
  void ChangeWeights(const std::function<void(nlohmann::json&, std::string&)>& change) const {
    const std::filesystem::path file = path() / "model.safetensors";
    const std::string bytes = Contents(file);
    uint64_t length = 0;
    std::memcpy(&length, bytes.data(), sizeof(length));
    nlohmann::json header = nlohmann::json::parse(bytes.substr(sizeof(length), length));
    std::string data = bytes.substr(sizeof(length) + length);
    change(header, data);
    const std::string text = header.dump();
    length = text.size();
    std::string field(sizeof(length), '\0');
    std::memcpy(field.data(), &length, sizeof(length));
    Write(file, field + text + data);
  }

  void Rename(const std::string& from, const std::string& to) const {
    ChangeWeights([&](nlohmann::json& header, std::string&) {
      header[to] = header.at(from);
      header.erase(from);
    });
  }

  /// Renames every tensor whose name contains `part`.
  void ReplaceInNames(const std::string& part, const std::string& by) const {
    ChangeWeights([&](nlohmann::json& header, std::string&) {
      nlohmann::json renamed = nlohmann::json::object();
      for (const auto& [name, entry] : header.items()) {
        std::string changed = name;
        if (const size_t at = changed.find(part); at != std::string::npos) {
          changed.replace(at, part.size(), by);
        }
        renamed[changed] = entry;
      }
      header = renamed;
    });
  }

  void Add(const std::string& name, const std::string& dtype, int64_t elements,
           size_t element_bytes) const {
    ChangeWeights([&](nlohmann::json& header, std::string& data) {
      const size_t begin = data.size();
      data.append(static_cast<size_t>(elements) * element_bytes, '\0');
      header[name] = {
          {"dtype", dtype}, {"shape", {elements}}, {"data_offsets", {begin, data.size()}}};
    });
  }

  Status Import() const { return ImportHuggingFace(path()).status(); }

 private:
  TemporaryDirectory directory_;
};

}  // namespace edgebert::testing

#endif  // EDGEBERT_TESTING_HUGGINGFACE_CHECKPOINTS_H_
