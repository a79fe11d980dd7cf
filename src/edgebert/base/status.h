#ifndef EDGEBERT_BASE_STATUS_H_
#define EDGEBERT_BASE_STATUS_H_

#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace edgebert {

/// What kind of thing went wrong; the message says the rest.
enum class StatusCode {
  kOk,
  kInvalidArgument,  ///< The caller asked for something impossible (a flag, a request).
  kNotFound,         ///< A file, tensor, label or column is not there.
  kDataLoss,         ///< A file is damaged, truncated or not what it says it is.
  kUnsupported,      ///< Well-formed, but of a kind or version this build does not handle.
  kInfeasible,       ///< No operating point or schedule meets the request.
  kCancelled,        ///< The caller asked to stop.
  kIoError,          ///< The operating system refused to read or write.
  kInternal,         ///< A defect in this library.
};

/// Returns the lower-case name of `code`, e.g. "data loss".
std::string_view StatusCodeName(StatusCode code);

/// Success, or an error with a message that says where, what was found and what was expected.
class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(StatusCode code, std::string message) : code_(code), message_(std::move(message)) {}

  bool ok() const { return code_ == StatusCode::kOk; }
  StatusCode code() const { return code_; }
  const std::string& message() const { return message_; }

  /// The same error with `context` and ": " put before its message; success stays success.
  Status WithContext(std::string_view context) const;

 private:
  StatusCode code_ = StatusCode::kOk;
  std::string message_;
};

inline Status OkStatus() { return {}; }
Status InvalidArgument(std::string message);
Status NotFound(std::string message);
Status DataLoss(std::string message);
Status Unsupported(std::string message);
Status Infeasible(std::string message);
Status Cancelled(std::string message);
Status IoError(std::string message);
Status Internal(std::string message);

/// A value, or the error that explains why there is none.
/// Reading the value of an error is a defect of the caller and undefined.
template <typename T>
class [[nodiscard]] Result {
 public:
  // Implicit, so that a function returns a value or an error as it stands.
  // NOLINTNEXTLINE(google-explicit-constructor)
  Result(T value) : state_(std::in_place_index<1>, std::move(value)) {}
  // NOLINTNEXTLINE(google-explicit-constructor)
  Result(Status status) : state_(std::in_place_index<0>, std::move(status)) {
    if (std::get<0>(state_).ok()) {
      state_.template emplace<0>(StatusCode::kInternal, "a Result was built from an OK status");
    }
  }

  bool ok() const { return state_.index() == 1; }
  Status status() const { return ok() ? Status() : *std::get_if<0>(&state_); }

  T& value() & { return *std::get_if<1>(&state_); }
  const T& value() const& { return *std::get_if<1>(&state_); }
  T&& value() && { return std::move(*std::get_if<1>(&state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return std::get_if<1>(&state_); }
  const T* operator->() const { return std::get_if<1>(&state_); }

 private:
  std::variant<Status, T> state_;
};

}  // namespace edgebert

#define EDGEBERT_CONCAT_INNER_(a, b) a##b
#define EDGEBERT_CONCAT_(a, b) EDGEBERT_CONCAT_INNER_(a, b)

/// Returns from the enclosing function when `expression` is a failed Status.
#define EDGEBERT_RETURN_IF_ERROR(expression)                        \
  do {                                                              \
    if (::edgebert::Status status_ = (expression); !status_.ok()) { \
      return status_;                                               \
    }                                                               \
  } while (false)

// A declaration cannot stand in parentheses.
// NOLINTBEGIN(bugprone-macro-parentheses)
#define EDGEBERT_ASSIGN_OR_RETURN_IMPL_(result, target, expression) \
  auto result = (expression);                                       \
  if (!result.ok()) {                                               \
    return result.status();                                         \
  }                                                                 \
  target = std::move(result).value()
// NOLINTEND(bugprone-macro-parentheses)

/// Assigns the value of a Result to `target` (which may declare a variable), or returns its error.
#define EDGEBERT_ASSIGN_OR_RETURN(target, expression) \
  EDGEBERT_ASSIGN_OR_RETURN_IMPL_(EDGEBERT_CONCAT_(edgebert_result_, __LINE__), target, expression)

#endif  // EDGEBERT_BASE_STATUS_H_
