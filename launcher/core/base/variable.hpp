#pragma once

#include <string>
#include <vector>

namespace holdfast {

struct Variable {
  std::string name;
  std::string value;

  friend bool operator==(const Variable&, const Variable&) = default;
};

// Adds or replaces the variable; an empty value removes it.
void set_variable(std::vector<Variable>& environment, const Variable& variable);

}  // namespace holdfast
