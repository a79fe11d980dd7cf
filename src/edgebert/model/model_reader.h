#ifndef EDGEBERT_MODEL_MODEL_READER_H_
#define EDGEBERT_MODEL_MODEL_READER_H_

#include <string>

#include "edgebert/base/status.h"
#include "edgebert/model/byte_source.h"
#include "edgebert/model/model.h"

namespace edgebert {

/// Reads and validates a model from anywhere; `name` stands before every error.
Result<Model> ReadModel(const ByteSource& source, const std::string& name);

/// `status` with `name` before it, in one line of printable text whatever a file put in it.
Status NamedError(const Status& status, const std::string& name);

}  // namespace edgebert

#endif  // EDGEBERT_MODEL_MODEL_READER_H_
