// The one EINTR helper, and errors from errno.
#pragma once

#include <cerrno>
#include <cstring>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace holdfast::os {

// Repeats a system call that a signal interrupted. `call` returns -1 on error.
template <typename Call>
auto retried(Call call) {
  auto result = call();
  while (result == -1 && errno == EINTR) result = call();
  return result;
}

// Makes "open /x: Permission denied" from `number`. Uses strerrordesc_np(), because strerror()
// allocates a locale.
inline Error system_error(std::string_view what, int number) {
  const char* text = strerrordesc_np(number);
  return Error{std::string(what) + ": " + (text != nullptr ? text : "unknown error")};
}

// Does the same with errno, which is read before anything can change it.
inline Error system_error(std::string_view what) { return system_error(what, errno); }

}  // namespace holdfast::os
