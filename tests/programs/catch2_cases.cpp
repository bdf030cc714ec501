// Catch2 2 and 3: one case per way to end. Its main() is in its library.
#include <signal.h>
#include <stdlib.h>

#if __has_include(<catch2/catch_test_macros.hpp>)
#include <catch2/catch_test_macros.hpp>
#else
#include <catch2/catch.hpp>
#endif

TEST_CASE("passes") { CHECK(1 + 1 == 2); }
TEST_CASE("fails") { CHECK(1 + 1 == 3); }
TEST_CASE("fails twice") {
  CHECK(1 + 1 == 3);
  CHECK(1 + 1 == 4);
}
TEST_CASE("throws") { throw 1; }
TEST_CASE("segfaults") { raise(SIGSEGV); }
TEST_CASE("aborts") { abort(); }
TEST_CASE("is killed") { raise(SIGKILL); }
TEST_CASE("exits with 0") { exit(0); }
TEST_CASE("exits with 3") { exit(3); }
TEST_CASE("is hidden", "[.]") { CHECK(false); }
#ifdef SKIP  // from version 3.3 on
TEST_CASE("is skipped") { SKIP("nothing here"); }
#endif
