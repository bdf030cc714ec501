// A value and who said it: "holdfast.toml:12, [profile.ci]".
#pragma once

#include <optional>
#include <string>

namespace holdfast {

template <typename T>
struct Said {
  T value;
  std::string origin;
};

// What is said later holds; where nothing is, what was before.
template <typename T>
void take_over(std::optional<T>& value, const std::optional<T>& later) {
  if (later) value = later;
}

}  // namespace holdfast
