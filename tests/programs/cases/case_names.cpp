// Cases with names that are no identifiers, which RegisterTest() allows, and a text before their
// list. It is built with Holdfast's main function and without. The name of a case says how it ends.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#ifdef LINKED
#include <holdfast/gtest.h>
#endif

namespace {

class Named : public ::testing::Test {
 public:
  explicit Named(bool fails) : fails_(fails) {}
  void TestBody() override { EXPECT_FALSE(fails_); }

 private:
  bool fails_;
};

void add(const char* suite, const char* name) {
  const std::string whole = std::string(suite) + name;
  const bool fails = whole.find("bad") != std::string::npos;
  ::testing::RegisterTest(suite, name, nullptr, nullptr, __FILE__, __LINE__,
                          [fails]() -> ::testing::Test* { return new Named(fails); });
}

void add_all() {
  add("First", "bad");  // first in the list, right behind the text
  for (const char* name : {"blank bad", "tab\tbad", "line\nbad", "bad (0 ms)", "bad, where x",
                           "bad  # x", "umlaut \xc3\xa4 bad", "quote \"\\/ bad", "dash-bad",
                           "star*bad", "colon:bad", "what?bad", "good", "good too"}) {
    add("Odd names", name);
  }
  add("Odd names", "");
  add("", "no suite");
  add("Nobad", "");
  add("a.DISABLED_b", "bad");  // not disabled: suite and case begin otherwise
  add("Slash/of a type", "bad");
  add("Near", "a-b");
  add("Near", "aXb bad");
  add("Near", "aXb");
  add("Same", "a-b");
  add("Same", "a:b");
}

}  // namespace

int main(int count, char** words) {
  if (std::getenv("QUIET") == nullptr) std::printf("Starting up... ");
  ::testing::InitGoogleTest(&count, words);
  // As with a release of GoogleTest that cannot write a list to a file.
  if (std::getenv("PRINTED_LIST") != nullptr) GTEST_FLAG_SET(output, "");
  add_all();
#ifdef LINKED
  return holdfast::run_all_tests();
#else
  return RUN_ALL_TESTS();
#endif
}
