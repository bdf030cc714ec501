#include "core/settings/policy.hpp"

namespace holdfast {

std::vector<Variable> default_environment() {
  return {{"PYTHONFAULTHANDLER", "1"},
          {"RUST_BACKTRACE", "1"},
          {"UBSAN_OPTIONS", "print_stacktrace=1"}};
}

}  // namespace holdfast
