// Any bytes: as they are, and with their checksums and size put right, so that mutations reach what
// lies behind those. What is accepted must survive being written and read again.

#include <cstdint>
#include <cstdlib>
#include <vector>

#include "edgebert/model/model_file.h"
#include "edgebert/model/model_file_testing.h"
#include "edgebert/model/model_testing.h"

namespace {

using edgebert::BaseFile;
using edgebert::BaseReference;
using edgebert::Model;
using edgebert::ModelFileInfo;
using edgebert::Result;

using Bytes = std::vector<uint8_t>;

template <typename T>
const T& Require(const Result<T>& result) {
  if (!result.ok()) {
    std::abort();
  }
  return *result;
}

void TryModel(const Bytes& bytes) {
  const Result<Model> model = edgebert::ParseModel(bytes, "fuzz");
  if (!model.ok()) {
    return;
  }
  const Result<Bytes> again = edgebert::SerializeModel(*model);
  if (!(Require(edgebert::ParseModel(Require(again), "fuzz")) == *model)) {
    std::abort();
  }
}

void TryBase(const Bytes& bytes) {
  const Result<BaseFile> base = edgebert::ParseBase(bytes, "fuzz");
  if (!base.ok()) {
    return;
  }
  const Result<Bytes> again = edgebert::SerializeBase(base->base);
  if (!(Require(edgebert::ParseBase(Require(again), "fuzz")).base == base->base)) {
    std::abort();
  }
}

/// A task file with a base that fits some of them, under whatever hash and name they ask for.
void TryTask(const Bytes& bytes, const BaseReference& reference) {
  static const edgebert::ModelBase shared = edgebert::BaseOf(
      edgebert::testing::MakeTestModel({.family = edgebert::Family::kAlbert, .af8 = true}));
  const BaseFile base{shared, reference};
  const Result<Model> model = edgebert::ParseTask(bytes, "fuzz", base);
  if (!model.ok()) {
    return;
  }
  const Result<Bytes> again = edgebert::SerializeTask(*model, base);
  if (!(Require(edgebert::ParseTask(Require(again), "fuzz", base)) == *model)) {
    std::abort();
  }
}

void Try(const Bytes& bytes) {
  TryModel(bytes);
  TryBase(bytes);
  const Result<ModelFileInfo> info = edgebert::InspectModel(bytes, "fuzz");
  if (info.ok() && info->base) {
    TryTask(bytes, *info->base);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Bytes bytes(data, data + size);
  Try(bytes);
  if (size >= 24) {
    edgebert::testing::Put(bytes, 16, uint64_t{size});
  }
  edgebert::testing::RepairChecksums(bytes);
  Try(bytes);
  return 0;
}
