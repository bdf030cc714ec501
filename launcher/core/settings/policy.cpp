#include "core/settings/policy.hpp"

#include <algorithm>

namespace holdfast {

std::vector<Variable> default_environment() {
  return {{"PYTHONFAULTHANDLER", "1"},
          {"RUST_BACKTRACE", "1"},
          {"UBSAN_OPTIONS", "print_stacktrace=1"}};
}

void set_variable(std::vector<Variable>& environment, const Variable& variable) {
  const auto same =
      std::find_if(environment.begin(), environment.end(),
                   [&](const Variable& known) { return known.name == variable.name; });
  if (variable.value.empty()) {
    if (same != environment.end()) environment.erase(same);
  } else if (same != environment.end()) {
    same->value = variable.value;
  } else {
    environment.push_back(variable);
  }
}

}  // namespace holdfast
