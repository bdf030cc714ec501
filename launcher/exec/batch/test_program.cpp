#include "exec/batch/test_program.hpp"

#include <optional>

#include "core/ctest/test_framework.hpp"
#include "os/stack/elf_text.hpp"

namespace holdfast::exec {
std::unique_ptr<TestProgram> test_program(const os::Command& command, const std::string& markers,
                                          bool may_ask) {
  // Nearly every batch of GoogleTest has a filter among its arguments. For such a batch we need not
  // read the file.
  const bool is_clear = has_googletest_argument(command.arguments);
  const auto kind = is_clear ? std::nullopt : os::framework_in(command.arguments[0]);
  switch (kind.value_or(FrameworkKind::googletest)) {
    case FrameworkKind::catch2_two:
      return catch2_program(command, markers, FrameworkKind::catch2_two);
    case FrameworkKind::catch2_three:
      return catch2_program(command, markers, FrameworkKind::catch2_three);
    case FrameworkKind::doctest:
      return doctest_program(command, markers);
    case FrameworkKind::boost:
      return boost_program(command, markers);
    case FrameworkKind::googletest:
      break;
  }
  return googletest_program(command, markers, may_ask);
}

}  // namespace holdfast::exec
