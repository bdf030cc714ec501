#include "core/ctest/cmake_truth.hpp"

#include <cstdlib>
#include <string>

namespace holdfast {

bool is_true_in_cmake(std::string_view text) {
  std::string upper(text);
  for (char& c : upper) c = static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
  if (upper == "ON" || upper == "YES" || upper == "TRUE" || upper == "Y") return true;
  char* end = nullptr;
  const double number = std::strtod(upper.c_str(), &end);
  return !upper.empty() && *end == '\0' && number != 0;
}

}  // namespace holdfast
