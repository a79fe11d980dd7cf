#ifndef EDGEBERT_MODEL_MODEL_READER_H_
#define EDGEBERT_MODEL_MODEL_READER_H_

#include <new>
#include <stdexcept>
#include <string>

#include "edgebert/base/status.h"
#include "edgebert/model/byte_source.h"
#include "edgebert/model/model.h"
#include "edgebert/model/model_base.h"

namespace edgebert {

/// All that one file holds.
struct ModelFileContent {
  ModelFileKind kind = ModelFileKind::kModel;
  Model model;              ///< Valid in whole models; otherwise only what the file has of one.
  EmbeddingShape shape;     ///< Of base files.
  BaseReference reference;  ///< Of task files.
};

/// Reads a file of any kind from anywhere, every byte once and in order; `name` stands before every
/// error.
Result<ModelFileContent> ReadModelFileContent(const ByteSource& source, const std::string& name);

/// `status` with `name` before it, in one line of printable text whatever a file put in it.
Status NamedError(const Status& status, const std::string& name);

/// What `function` returns, with `name` before an error. A file may be larger than memory; that is
/// an error like any other.
template <typename Function>
auto Named(const std::string& name, const Function& function) -> decltype(function()) {
  try {
    auto result = function();
    return result.ok() ? std::move(result) : NamedError(result.status(), name);
  } catch (const std::bad_alloc&) {
    return IoError(name + ": not enough memory to hold it");
  } catch (const std::length_error&) {
    return IoError(name + ": not enough memory to hold it");
  }
}

}  // namespace edgebert

#endif  // EDGEBERT_MODEL_MODEL_READER_H_
