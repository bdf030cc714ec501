#include "core/ctest/name_expression.hpp"

#include <cstddef>

namespace holdfast {
namespace {

constexpr std::string_view k_no_utf8 = "\xEF\xBF\xBD";
constexpr std::string_view k_any_such_bytes = "[^ -~]+";

void add_name(std::string& expression, std::string_view name) {
  while (!name.empty()) {
    if (name.starts_with(k_no_utf8)) {
      while (name.starts_with(k_no_utf8)) name.remove_prefix(k_no_utf8.size());
      expression += k_any_such_bytes;
      continue;
    }
    if (std::string_view("\\^$.[]()*+?|").find(name.front()) != std::string_view::npos) {
      expression += '\\';
    }
    expression += name.front();
    name.remove_prefix(1);
  }
}

}  // namespace

std::string expression_for_names(const std::vector<std::string>& names) {
  std::string expression;
  for (const std::string& name : names) {
    expression += expression.empty() ? "^(" : "|";
    add_name(expression, name);
  }
  return expression.empty() ? "^$" : expression + ")$";
}

bool is_too_large_for_ctest(std::string_view expression) {
  constexpr std::size_t k_most = 65'000;
  // A name begins with two nodes of three bytes, and ends with a NUL byte. An escaped byte has a
  // node of its own, and so has what follows it, if anything does. A set has its bytes one by one.
  std::size_t size = 0;
  for (std::size_t i = 0; i < expression.size(); ++i) {
    switch (expression[i]) {
      case '\\':
        size += 8;
        break;
      case '[':
        size += expression.substr(i).starts_with(k_any_such_bytes) ? 200 : 1;
        break;
      case '|':
        size += 7;
        break;
      default:
        size += 1;
    }
  }
  return size > k_most;
}

}  // namespace holdfast
