// A value or an error, without exceptions: the launcher is built without them. Low layers return
// an error; the program's main prints it once, by to_text().
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace holdfast {

// What went wrong. Its form says what its message is:
//
//   tried   what we tried, on what, and why it failed: "open /x: Permission denied"
//   value   a value that somebody gave, in quotes, and what was expected: "\"5y\": expected a time"
//   words   a sentence or a part of one, about what somebody gave
//
// No member function of Error is inline: otherwise each function that returns a Result would be
// some bytes longer, and the launcher has hundreds.
struct Error {
  enum class Form : std::uint8_t { tried, value, words };
  Error();
  explicit Error(std::string tried);
  Error(const Error& other);
  Error(Error&& other) noexcept;
  Error& operator=(const Error& other);
  Error& operator=(Error&& other) noexcept;
  ~Error();

  std::string message;
  Form form = Form::tried;
  std::size_t found_size = 0;  // of Form::value: how many bytes of the message are what was found
};

// Errors of the other two forms.
struct BadValue : Error {
  BadValue(std::string found, std::string_view expected);
};
struct ErrorInWords : Error {
  explicit ErrorInWords(std::string words);
};

// The two parts of an error of Form::value. Not to be called for an error of another form.
std::string found_in(const Error& error);
std::string expected_by(const Error& error);

// For people: "failed to open /x: Permission denied", or the complaint as it is.
std::string to_text(const Error& error);
// The same, with the `name` of what has the value or of what the complaint is about: `--timeout
// "5y": expected a time`, `HOLDFAST_LOCKS: failed to …`.
std::string to_text(std::string_view name, const Error& error);

template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : content_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : content_(std::in_place_index<1>, std::move(error)) {}

  explicit operator bool() const { return content_.index() == 0; }
  // Only for a result that holds a value.
  T& operator*() { return *std::get_if<0>(&content_); }
  const T& operator*() const { return *std::get_if<0>(&content_); }
  T* operator->() { return std::get_if<0>(&content_); }
  const T* operator->() const { return std::get_if<0>(&content_); }
  // Only for a result that holds an error.
  const Error& error() const { return *std::get_if<1>(&content_); }
  // For callers that do not care what went wrong.
  T value_or(T otherwise) && { return *this ? std::move(**this) : std::move(otherwise); }

 private:
  std::variant<T, Error> content_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}
  explicit operator bool() const { return !error_.has_value(); }
  const Error& error() const { return *error_; }

 private:
  std::optional<Error> error_;
};

// Declares what a Result has, or returns its error from the function around it. A variable or a
// member that is there already gets the value:
//
//   HOLDFAST_TRY(const UniqueFd file, open_existing(path));
//   HOLDFAST_TRY(order.tree, find_tree(wanted));
//
// A type with a comma needs `auto`.
#define HOLDFAST_TRY(declared, ...) \
  HOLDFAST_TRY_AS(HOLDFAST_UNIQUE(__LINE__), declared, __VA_ARGS__)
// Returns the error of a Result<void> from the function around it, if there is one. A value would
// be destroyed at once: a lock that it holds would be free.
#define HOLDFAST_DO(...) HOLDFAST_DO_AS(HOLDFAST_UNIQUE(__LINE__), __VA_ARGS__)

#define HOLDFAST_TRY_AS(result, declared, ...) \
  auto result = __VA_ARGS__;                   \
  if (!result) return result.error();          \
  declared = std::move(*result)
#define HOLDFAST_DO_AS(result, ...) \
  if (const Result<void> result = __VA_ARGS__; !result) return result.error()
#define HOLDFAST_PASTE(a, b) a##b
#define HOLDFAST_UNIQUE(line) HOLDFAST_PASTE(holdfast_result_, line)

// The warning of launcher and keeper about records that they cannot write. Both use the same words,
// because the keeper says the same line only once per run.
inline std::string describe_unrecorded(const Error& error) {
  return "ignoring that attempts are not recorded: " + to_text(error);
}

}  // namespace holdfast
