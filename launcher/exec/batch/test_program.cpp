#include "exec/batch/test_program.hpp"

#include "os/stack/elf_text.hpp"

namespace holdfast::exec {

std::unique_ptr<TestProgram> test_program(const os::Command& command, const std::string& markers,
                                          bool may_ask) {
  const std::optional<FrameworkKind> kind = os::framework_of(command.arguments);
  switch (kind.value_or(FrameworkKind::googletest)) {
    case FrameworkKind::catch2_two:
    case FrameworkKind::catch2_three:
      return catch2_program(command, markers, *kind);
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
