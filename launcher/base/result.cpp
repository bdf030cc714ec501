#include "base/result.hpp"

#include "base/text.hpp"

namespace holdfast {
namespace {

constexpr std::string_view k_expected = ": expected ";

}  // namespace

Error::Error() = default;
Error::Error(std::string tried) : message(std::move(tried)) {}
Error::Error(const Error& other) = default;
Error::Error(Error&& other) noexcept = default;
Error& Error::operator=(const Error& other) = default;
Error& Error::operator=(Error&& other) noexcept = default;
Error::~Error() = default;

ErrorInWords::ErrorInWords(std::string words) : Error(std::move(words)) { form = Form::words; }

BadValue::BadValue(std::string found, std::string_view expected) {
  form = Form::value;
  found_size = found.size();
  message = std::move(found);
  message.append(k_expected).append(expected);
}

std::string found_in(const Error& error) { return error.message.substr(0, error.found_size); }

std::string expected_by(const Error& error) {
  return error.message.substr(error.found_size + k_expected.size());
}

std::string to_text(const Error& error) {
  return error.form == Error::Form::tried ? "failed to " + error.message : error.message;
}

std::string to_text(std::string_view name, const Error& error) {
  return text_of({name, error.form == Error::Form::value ? " " : ": ", to_text(error)});
}

}  // namespace holdfast
