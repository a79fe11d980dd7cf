#include "edgebert/train/checkpoint.h"

#include <fmt/format.h>

#include <exception>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string_view>
#include <vector>

#include "edgebert/base/file.h"

namespace edgebert {
namespace {

std::string TensorKey(size_t index) { return fmt::format("tensor_{}", index); }

/// The first line of a libtorch error; the rest is a stack trace.
std::string FirstLine(const std::exception& error) {
  const std::string_view text = error.what();
  return std::string(text.substr(0, text.find('\n')));
}

Status NotACheckpoint(const std::filesystem::path& path, std::string_view why) {
  return DataLoss(fmt::format("{}: not a whole checkpoint ({}); remove it to begin this stage anew",
                              path.string(), why));
}

}  // namespace

Status SaveCheckpoint(const std::filesystem::path& path, const Checkpoint& checkpoint,
                      const torch::optim::Optimizer& optimizer) {
  std::ostringstream stream;
  try {
    torch::serialize::OutputArchive archive;
    nlohmann::json header = {{"fingerprint", checkpoint.fingerprint},
                             {"step", checkpoint.step},
                             {"texts", checkpoint.texts},
                             {"names", nlohmann::json::array()}};
    // Names hold dots, which an archive's keys may not.
    size_t index = 0;
    for (const auto& [name, tensor] : checkpoint.tensors) {
      header["names"].push_back(name);
      archive.write(TensorKey(index++), tensor.detach(), /*is_buffer=*/true);
    }
    archive.write("header", c10::IValue(header.dump()));
    torch::serialize::OutputArchive state;
    optimizer.save(state);
    archive.write("optimizer", state);
    archive.save_to(stream);
  } catch (const std::exception& error) {
    return Internal(fmt::format("{}: {}", path.string(), FirstLine(error)));
  }
  return WriteFileAtomically(path, stream.view());
}

Result<Checkpoint> LoadCheckpoint(const std::filesystem::path& path, const std::string& fingerprint,
                                  torch::optim::Optimizer& optimizer) {
  try {
    torch::serialize::InputArchive archive;
    archive.load_from(path.string());
    c10::IValue header_value;
    if (!archive.try_read("header", header_value) || !header_value.isString()) {
      return NotACheckpoint(path, "no header");
    }
    const nlohmann::json header = nlohmann::json::parse(header_value.toStringRef());
    Checkpoint checkpoint;
    checkpoint.fingerprint = header.at("fingerprint").get<std::string>();
    if (checkpoint.fingerprint != fingerprint) {
      return InvalidArgument(fmt::format(
          "{}: this checkpoint belongs to another recipe, base or data ({}, expected {}); give "
          "another --out, or remove it to begin this stage anew",
          path.string(), checkpoint.fingerprint, fingerprint));
    }
    checkpoint.step = header.at("step").get<int64_t>();
    checkpoint.texts = header.at("texts").get<std::map<std::string, std::string>>();
    size_t index = 0;
    for (const auto& name : header.at("names")) {
      archive.read(TensorKey(index++), checkpoint.tensors[name.get<std::string>()],
                   /*is_buffer=*/true);
    }
    torch::serialize::InputArchive state;
    archive.read("optimizer", state);
    optimizer.load(state);
    return checkpoint;
  } catch (const std::exception& error) {
    return NotACheckpoint(path, FirstLine(error));
  }
}

}  // namespace edgebert
