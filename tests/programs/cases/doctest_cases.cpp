// A doctest program with one case per way to end.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>
#include <signal.h>
#include <stdlib.h>

TEST_CASE("passes") { CHECK(1 + 1 == 2); }
TEST_CASE("fails") { CHECK(1 + 1 == 3); }
TEST_CASE("throws") { throw 1; }
TEST_CASE("segfaults") { raise(SIGSEGV); }
TEST_CASE("aborts") { abort(); }
TEST_CASE("is killed") { raise(SIGKILL); }
TEST_CASE("exits with 0") { exit(0); }
TEST_CASE("exits with 3") { exit(3); }
TEST_CASE("is skipped" * doctest::skip()) { CHECK(false); }
