// A program with one case per way to end, for Catch2 2 and 3. Its main() is in Catch2's library.
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <iostream>

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

// For tests/system/batches/catch2_batches_test.py, as are those of
// tests/programs/catch2_three_cases.cpp.
TEST_CASE("prints", "[.says]") { std::cout << "said by prints\n"; }
TEST_CASE("prints and segfaults", "[.says]") {
  std::cout << "said before the end" << std::endl;
  raise(SIGSEGV);
}
TEST_CASE("hangs", "[.hangs]") {
  std::cout << "said by hangs" << std::endl;
  sleep(60);
}
TEST_CASE("a,[b] \"c\" \\d", "[.names]") { CHECK(true); }
TEST_CASE("-dash, #2 & <xml>", "[.names]") { CHECK(true); }
TEST_CASE("#hash", "[.names]") { CHECK(true); }
TEST_CASE("exclude:this", "[.names]") { CHECK(true); }
TEST_CASE("Twin", "[.names]") { CHECK(true); }
TEST_CASE("twin", "[.names]") { CHECK(true); }
