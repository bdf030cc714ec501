#include "report/excerpt.hpp"

#include <gtest/gtest.h>

#include <string>

namespace holdfast {
namespace {

struct Row {
  const char* tool;
  const char* output;
  const char* headline;
};

// What the tools print, as Debian's versions do.
const Row k_rows[] = {
    {"GoogleTest",
     "[ RUN      ] A.b\n/s/a_test.cpp:12: Failure\nExpected equality of these values:\n  1\n  "
     "two\n    Which is: 2\n\n[  FAILED  ] A.b (0 ms)\n",
     "/s/a_test.cpp:12: Expected equality of these values: 1; two; Which is: 2"},
    {"GoogleTest in colours",
     "\x1b[0;32m[ RUN      ] \x1b[mA.b\n/s/a_test.cpp:12: \x1b[0;31mFailure\n\x1b[mFailed\n\n",
     "/s/a_test.cpp:12: Failed"},
    {"GoogleTest without a blank line", "a.cc:3: Failure\nFailed\n[  FAILED  ] A.b (0 ms)\n",
     "a.cc:3: Failed"},
    {"GoogleTest outside of cases",
     "a.cc:3: Failure\nFailed\nis down\n[----------] 1 test from A\n[ RUN      ] A.b\n",
     "a.cc:3: Failed; is down"},
    {"Catch2",
     "-----\nadds\n-----\na.cpp:4\n.....\n\na.cpp:5: FAILED:\n  REQUIRE( x == 2 )\nwith "
     "expansion:\n  1 == 2\n\n=====\n",
     "a.cpp:5: REQUIRE( x == 2 ); with expansion: 1 == 2"},
    {"doctest", "a.cpp:7: ERROR: CHECK( x == 2 ) is NOT correct!\n  values: CHECK( 1 == 2 )\n\n",
     "a.cpp:7: CHECK( x == 2 ) is NOT correct!; values: CHECK( 1 == 2 )"},
    {"Boost.Test", "a.cpp(9): error: in \"suite/adds\": check x == 2 has failed [1 != 2]\n",
     "a.cpp:9: check x == 2 has failed [1 != 2]"},
    {"Qt Test",
     "FAIL!  : TestA::adds() Compared values are not the same\n   Actual   (x): 1\n   Loc: "
     "[a.cpp(8)]\n",
     "a.cpp:8: TestA::adds() Compared values are not the same"},
    {"words behind the place", "slow.cpp:5: Failure: waiting for the lamp\n",
     "slow.cpp:5: waiting for the lamp"},
    {"line and file", "Parse ....... FAILED at line 5573, tests/file.c\n",
     "tests/file.c:5573: Parse ....... FAILED"},
    {"file and line", "FAILED: x == 2 in src/a.c, line 12\n", "src/a.c:12: FAILED: x == 2"},
    {"assert(3)", "prog: /s/a.c:6: main: Assertion `x == 2' failed.\n",
     "/s/a.c:6: Assertion `x == 2' failed."},
    {"assert(3) of C++ with colons",
     "prog: a.cpp:6: void N::f(int): Assertion `N::x == 2' failed.\n",
     "a.cpp:6: Assertion `N::x == 2' failed."},
    {"assert(3) of musl", "Assertion failed: x == 2 (a.c: main: 6)\n",
     "a.c:6: Assertion failed: x == 2"},
    {"AddressSanitizer",
     "==9==ERROR: AddressSanitizer: heap-use-after-free on address 0x602 at pc 0x55\n    #0 0x55 "
     "in "
     "main /s/a.cpp:3:4\n\nSUMMARY: AddressSanitizer: heap-use-after-free /s/a.cpp:3:4 in main\n",
     "/s/a.cpp:3: AddressSanitizer: heap-use-after-free"},
    {"AddressSanitizer, cut off", "==9==ERROR: AddressSanitizer: SEGV on unknown address\n",
     "AddressSanitizer: SEGV on unknown address"},
    {"ThreadSanitizer", "WARNING: ThreadSanitizer: data race (pid=7)\n",
     "ThreadSanitizer: data race (pid=7)"},
    {"UndefinedBehaviorSanitizer",
     "a.cpp:4:7: runtime error: signed integer overflow: 2147483647 + 1\n",
     "a.cpp:4: runtime error: signed integer overflow: 2147483647 + 1"},
    {"valgrind", "==77== Memcheck, a memory error detector\n==77== Invalid read of size 4\n",
     "Invalid read of size 4"},
    {"an exception", "terminate called after throwing an instance of 'E'\n  what():  no\nAborted\n",
     "terminate called after throwing an instance of 'E'; what():  no"},
    {"pytest",
     "    def test_a():\n>       assert 1 == 2\nE       assert 1 == 2\n\ntest_a.py:2: "
     "AssertionError\n",
     "test_a.py:2: assert 1 == 2"},
    {"Python",
     "Traceback (most recent call last):\n  File \"a.py\", line 9, in <module>\n    f()\n  File "
     "\"b.py\", line 2, in f\n    raise ValueError(\"no\")\nValueError: no\n",
     "b.py:2: ValueError: no"},
    {"Rust", "thread 'main' panicked at src/main.rs:2:5:\nno way\nnote: run with\n",
     "src/main.rs:2: no way"},
    {"older Rust", "thread 'main' panicked at 'no way', src/main.rs:2:5\n",
     "src/main.rs:2: no way"},
    {"Go", "--- FAIL: TestA (0.00s)\n    a_test.go:8: got 1, want 2\nFAIL\n",
     "a_test.go:8: got 1, want 2"},
    {"GCC", "In file included from x.h:1:\na.c:3:5: error: expected ';' before '}'\n",
     "a.c:3: expected ';' before '}'"},
    {"CMake", "CMake Error at a.cmake:3 (message):\n  it is\n  wrong\n\n\n",
     "a.cmake:3: it is; wrong"},
    {"a blank line before the words", "a.cc:3: Failure\n\n  Failed\n", "a.cc:3: Failed"},
    {"any tool", "checking\nerror: no such file\r\nbye\n", "no such file"},
};

TEST(Excerpts, TheWordsOfEachToolAreFound) {
  for (const Row& row : k_rows) {
    const auto found = excerpts_of(row.output, 5);
    ASSERT_FALSE(found.empty()) << row.tool;
    EXPECT_EQ(headline(found.front()), row.headline) << row.tool;
  }
}

TEST(Excerpts, AnOutputWithoutSuchWordsHasNone) {
  EXPECT_TRUE(excerpts_of("", 5).empty());
  EXPECT_TRUE(excerpts_of("all is well\n0 errors, 0 failures\nhttp://x:80: fine\n", 5).empty());
  EXPECT_TRUE(excerpts_of("a:1: Failure\n", 5).empty());  // it says nothing
}

TEST(Excerpts, APlaceIsOfTheNextEndAndOfNoLaterOne) {
  const auto found = excerpts_of(
      "Traceback (most recent call last):\n  File \"a.py\", line 9, in f\nValueError: no\n"
      "terminate called after throwing an instance of 'E'\n  what():  no\n",
      5);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(headline(found[0]), "a.py:9: ValueError: no");
  EXPECT_EQ(headline(found[1]), "terminate called after throwing an instance of 'E'; what():  no");
}

TEST(Excerpts, WhatSaysMostComesFirstAndNothingComesTwice) {
  const std::string output =
      "error: something\nb.py: ValueError\na.c:1: Failure\nfirst\n\na.c:1: Failure\nfirst\n\n"
      "a.c:2: Failure\nsecond\n\nSUMMARY: AddressSanitizer: bad-free a.c:3 in f\n";
  const auto found = excerpts_of(output, 5);
  ASSERT_EQ(found.size(), 3U);
  EXPECT_EQ(found[0], (Excerpt{"AddressSanitizer: bad-free", "a.c", 3}));
  EXPECT_EQ(found[1], (Excerpt{"first", "a.c", 1}));
  EXPECT_EQ(found[2], (Excerpt{"second", "a.c", 2}));
  EXPECT_EQ(excerpts_of(output, 1).size(), 1U);
}

TEST(Excerpts, TwoFailuresWithoutALineBetweenThemAreTwo) {
  const auto found = excerpts_of("a.c:1: Failure\nfirst\na.c:2: Failure\nsecond\n", 5);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0], (Excerpt{"first", "a.c", 1}));
  EXPECT_EQ(found[1], (Excerpt{"second", "a.c", 2}));
}

TEST(Excerpts, AreBounded) {
  std::string output = "a.c:1: Failure\n" + std::string(1U << 20U, 'x') + "\n\n";
  for (int i = 0; i < 10000; ++i) output += "a.c:" + std::to_string(i) + ": Failure\nno\n\n";
  const auto found = excerpts_of(output, 1000);
  EXPECT_LE(found.size(), 200U);
  ASSERT_FALSE(found.empty());
  EXPECT_LE(found.front().message.size(), 2000U);
}

TEST(Excerpts, APlaceThatFollowsNothingIsNoExcerptAndTakesNoPlaceAway) {
  EXPECT_TRUE(excerpts_of("   Loc: [a.cpp(8)]\n", 5).empty());
  const auto found =
      excerpts_of("FAIL!  : TestA::adds() no\n   Loc: [a.cpp(8)]\n   Loc: [b.cpp(9)]\n", 5);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(headline(found[0]), "a.cpp:8: TestA::adds() no");
}

TEST(Excerpts, OnlyAFailureThatHasLinesBelowItEndsAnother) {
  const auto found = excerpts_of("a.cc:3: Failure\nFailed\nerror: no such file\nbye\n\n", 5);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0], (Excerpt{"Failed\nerror: no such file\nbye", "a.cc", 3}));
}

TEST(Excerpts, AHeadlineHasNoEmptyPart) {
  EXPECT_EQ(headline({"one\n\n  two", "", 0}), "one; two");
}

}  // namespace
}  // namespace holdfast
