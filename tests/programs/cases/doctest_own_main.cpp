// A doctest program whose main() reads no command line. RETURNS: it returns that code before the
// cases.
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <cstdlib>

TEST_CASE("passes") { CHECK(1 + 1 == 2); }
TEST_CASE("may fail") { CHECK(std::getenv("FAILS") == nullptr); }

int main() {
  if (const char* code = std::getenv("RETURNS")) return std::atoi(code);
  doctest::Context context;
  return context.run();
}
