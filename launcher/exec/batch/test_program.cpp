#include "exec/batch/test_program.hpp"

#include <optional>

#include "core/ctest/test_framework.hpp"
#include "os/stack/elf_text.hpp"

namespace holdfast::exec {
namespace {

// Any other framework comes before GoogleTest: GoogleMock works with all of them. Catch2's session,
// doctest's and Boost.Test's runner are only in programs of theirs.
std::optional<Catch2Version> catch2_in(const std::string& path) {
  if (os::elf_section_holds(path, ".dynstr", "libCatch2")) return Catch2Version::three;
  if (!os::elf_section_holds(path, ".rodata", "A Catch2 test executable")) return std::nullopt;
  const bool is_two = os::elf_section_holds(path, ".rodata", "list-test-names-only");
  return is_two ? Catch2Version::two : Catch2Version::three;
}

bool is_doctest(const std::string& path) {
  return os::elf_section_holds(path, ".rodata", "listing all test case names");
}

bool is_boost_test(const std::string& path) {
  return os::elf_section_holds(path, ".dynstr", "libboost_unit_test_framework") ||
         os::elf_section_holds(path, ".rodata", "BOOST_TEST_RUN_FILTERS");
}

}  // namespace

std::unique_ptr<TestProgram> test_program(const os::Command& command, const std::string& markers,
                                          bool may_ask) {
  // Nearly every batch of GoogleTest has a filter among its arguments. For such a batch we need not
  // read the file.
  if (!has_googletest_argument(command.arguments)) {
    const std::string path = command.arguments[0];
    if (const std::optional<Catch2Version> version = catch2_in(path)) {
      return catch2_program(command, markers, *version);
    }
    if (is_doctest(path)) return doctest_program(command, markers);
    if (is_boost_test(path)) return boost_program(command, markers);
  }
  return googletest_program(command, markers, may_ask);
}

}  // namespace holdfast::exec
