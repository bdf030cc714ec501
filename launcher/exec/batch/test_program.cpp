#include "exec/batch/test_program.hpp"

#include <optional>

#include "core/ctest/test_framework.hpp"
#include "os/stack/elf_text.hpp"

namespace holdfast::exec {
namespace {

// Catch2 comes first: a program that contains its session is a Catch2 program, even if it contains
// GoogleTest too. GoogleMock works with any framework.
std::optional<Catch2Version> catch2_in(const std::string& path) {
  if (os::elf_section_holds(path, ".dynstr", "libCatch2")) return Catch2Version::three;
  if (!os::elf_section_holds(path, ".rodata", "A Catch2 test executable")) return std::nullopt;
  const bool is_two = os::elf_section_holds(path, ".rodata", "list-test-names-only");
  return is_two ? Catch2Version::two : Catch2Version::three;
}

}  // namespace

std::unique_ptr<TestProgram> test_program(const os::Command& command, const std::string& markers,
                                          bool may_ask) {
  // Nearly every batch of GoogleTest has a filter among its arguments. For such a batch we need not
  // read the file.
  if (!has_googletest_argument(command.arguments)) {
    if (const std::optional<Catch2Version> version = catch2_in(command.arguments[0])) {
      return catch2_program(command, markers, *version);
    }
  }
  return googletest_program(command, markers, may_ask);
}

}  // namespace holdfast::exec
