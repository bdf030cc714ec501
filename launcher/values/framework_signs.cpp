#include "values/framework_signs.hpp"

#include "base/environment.hpp"

namespace holdfast {

bool has_googletest(const ProgramTexts& program) {
  return program.has(".rodata", environment::k_googletest_runs) ||
         program.has(".dynstr", "libgtest");
}

std::optional<FrameworkKind> framework_in(const ProgramTexts& program) {
  // Any other framework comes before GoogleTest: GoogleMock works with all of them.
  if (program.has(".dynstr", "libCatch2")) return FrameworkKind::catch2_three;
  if (program.has(".rodata", "A Catch2 test executable")) {
    return program.has(".rodata", "list-test-names-only") ? FrameworkKind::catch2_two
                                                          : FrameworkKind::catch2_three;
  }
  if (program.has(".rodata", "listing all test case names")) return FrameworkKind::doctest;
  if (program.has(".dynstr", "libboost_unit_test_framework") ||
      program.has(".rodata", "BOOST_TEST_RUN_FILTERS")) {
    return FrameworkKind::boost;
  }
  return has_googletest(program) ? std::optional(FrameworkKind::googletest) : std::nullopt;
}

}  // namespace holdfast
