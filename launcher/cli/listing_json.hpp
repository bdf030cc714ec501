// The parts of a listing (cli/listed_test.hpp) that several readers take from its JSON.
#pragma once

#include <string>
#include <vector>

#include "core/base/result.hpp"

namespace holdfast::cli {

inline ErrorInWords listing_not_understood() {
  return ErrorInWords{"ctest's list of tests was not understood"};
}

// Throws an exception of the JSON library if `value` is no list of texts.
template <typename Json>
std::vector<std::string> texts_in(const Json& value) {
  std::vector<std::string> texts;
  for (const Json& text : value) texts.push_back(text.template get_ref<const std::string&>());
  return texts;
}

}  // namespace holdfast::cli
