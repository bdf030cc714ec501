#include "command/test_names.hpp"

#include "base/strings.hpp"
#include "base/text.hpp"
#include "command/commands.hpp"
#include "ctest/cmake_expression.hpp"

namespace holdfast::cli {

Result<std::string> names_as_expression(const std::vector<std::string>& names) {
  std::string expression = expression_for_names(names);
  if (!is_too_large_for_ctest(expression)) return expression + '\n';
  return ErrorInWords{"--format ctest: ctest takes no expression for " +
                      counted(names.size(), "test") +
                      ": expected --format names, for ctest --tests-from-file (CMake 3.29)"};
}

std::string names_as_lines(const std::vector<std::string>& names) {
  std::string lines;
  for (const std::string& name : names) {
    if (name.find('\n') == std::string::npos) {
      lines += name + '\n';
    } else {
      complain("left out, because its name is more than a line: " + brief_in_quotes(name));
    }
  }
  return lines;
}

}  // namespace holdfast::cli
