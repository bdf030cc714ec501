// A doctest program whose cases say what a report of doctest can say. DIES names how the case
// `dies` ends, and STARTS a command of the case `passes`.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>

TEST_CASE("passes") {
  const char* const command = std::getenv("STARTS");
  CHECK((command == nullptr || std::system(command) == 0));
}
TEST_CASE("fails, badly <a> & \"b\" *") {
  const int a = 1;
  INFO("a is " << a);
  CHECK(a == 2);
  CHECK_MESSAGE(a == 3, "more");
}
TEST_SUITE("inner") {
  TEST_CASE("fails in a part") {
    SUBCASE("one") { CHECK(true); }
    SUBCASE("two") { CHECK_EQ(1, 2); }
  }
  TEST_CASE("throws") { throw std::runtime_error("thrown"); }
  TEST_CASE("throws without a word") { throw std::runtime_error(""); }
  TEST_CASE("is skipped" * doctest::skip()) { CHECK(false); }
  TEST_CASE("may fail" * doctest::may_fail()) { CHECK(false); }
  TEST_CASE("should fail" * doctest::should_fail()) { CHECK(true); }
  TEST_CASE("fails as it should" * doctest::should_fail()) { CHECK(false); }
  TEST_CASE("fails twice, not once" * doctest::expected_failures(1)) {
    CHECK(false);
    CHECK(false);
  }
  TEST_CASE("fails once" * doctest::expected_failures(1)) { CHECK(false); }
  TEST_CASE("throws something else") {
    CHECK_THROWS(std::string());
    CHECK_THROWS_AS(std::string(), int);
    CHECK_THROWS_AS(throw std::runtime_error("this"), int);
    CHECK_THROWS_WITH(throw std::runtime_error("this"), "that");
    CHECK_THROWS_WITH_AS(throw std::runtime_error("this"), "that", std::runtime_error);
    CHECK_NOTHROW(throw std::runtime_error("this"));
  }
  SCENARIO("parts without names") {
    SUBCASE("") { CHECK(false); }
    SUBCASE("") { CHECK(false); }
  }
  TEST_CASE_TEMPLATE("typed", T, int, char) { CHECK(sizeof(T) == 1); }
}
TEST_CASE("Twin") {}
TEST_CASE("twin") {}
TEST_CASE("dies" * doctest::description("if it is told to")) {
  const char* how = std::getenv("DIES");
  const std::string dies = how == nullptr ? "" : how;
  if (dies == "killed") std::raise(SIGKILL);
  if (dies == "aborts") std::abort();
  if (dies == "exits") std::exit(0);
}
TEST_CASE("last") { FAIL("no"); }
