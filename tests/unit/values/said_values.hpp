// Settings as a user said them, for tests.
#pragma once

#include <string>
#include <utility>

#include "values/value.hpp"

namespace holdfast {

inline Value by_property(Setting setting, std::string text) {
  return {setting, Source::property, std::move(text), {}};
}
inline Value by_option(Setting setting, std::string text) {
  return {setting, Source::option, std::move(text), {}};
}
inline Value in_file(Setting setting, std::string text, std::string origin = "a file") {
  return {setting, Source::file, std::move(text), std::move(origin)};
}

}  // namespace holdfast
