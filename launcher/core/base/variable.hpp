#pragma once

#include <string>

namespace holdfast {

struct Variable {
  std::string name;
  std::string value;

  friend bool operator==(const Variable&, const Variable&) = default;
};

}  // namespace holdfast
