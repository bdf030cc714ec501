#include "output/gtest_output.hpp"

#include <gtest/gtest.h>

#include <cstdint>

namespace holdfast {
namespace {

std::string text_of(const GtestEvent& event) {
  switch (event.kind) {
    case GtestEvent::Kind::running:
      return "running " + std::to_string(event.count);
    case GtestEvent::Kind::began:
      return "began " + std::string(event.name);
    case GtestEvent::Kind::ended:
      return "ended " + std::string(event.name) + " " + std::string(name_of(outcome_of(event.end)));
    case GtestEvent::Kind::finished:
      return "finished " + std::to_string(event.count);
  }
  return "?";
}

std::vector<std::string> read(std::string_view text, std::size_t piece = std::string::npos) {
  GtestOutput output;
  std::vector<std::string> events;
  for (std::size_t at = 0; at < text.size(); at += std::min(piece, text.size() - at)) {
    output.read(text.substr(at, piece),
                [&](const GtestEvent& event) { events.push_back(text_of(event)); });
  }
  return events;
}

constexpr std::string_view k_real =
    "Running main() from ./googletest/src/gtest_main.cc\n"
    "\x1b[0;32m[==========] \x1b[mRunning 4 tests from 3 test suites.\n"
    "\x1b[0;32m[----------] \x1b[mGlobal test environment set-up.\n"
    "\x1b[0;32m[----------] \x1b[m3 tests from A\n"
    "\x1b[0;32m[ RUN      ] \x1b[mA.ok\n"
    "no newline\x1b[0;32m[       OK ] \x1b[mA.ok (0 ms)\n"
    "\x1b[0;33m[ DISABLED ] \x1b[mA.DISABLED_no\n"
    "\x1b[0;32m[ RUN      ] \x1b[mA.skip\n"
    "\x1b[0;32m[  SKIPPED ] \x1b[mA.skip (0 ms)\n"
    "\x1b[0;32m[ RUN      ] \x1b[mTy/0.x\n"
    "\x1b[0;32m[       OK ] \x1b[mTy/0.x (0 ms)\n"
    "\x1b[0;32m[ RUN      ] \x1b[mI/P.p/1\n"
    "\x1b[0;31m[  FAILED  ] \x1b[mI/P.p/1, where TypeParam = x and GetParam() = 2 (0 ms)\n"
    "\x1b[0;32m[----------] \x1b[mGlobal test environment tear-down\n"
    "\x1b[0;32m[==========] \x1b[m4 tests from 3 test suites ran. (1 ms total)\n"
    "\x1b[0;32m[  PASSED  ] \x1b[m2 tests.\n"
    "\x1b[0;31m[  FAILED  ] \x1b[m1 test, listed below:\n"
    "\x1b[0;31m[  FAILED  ] \x1b[mI/P.p/1, where GetParam() = 2\n";

const std::vector<std::string> k_real_events{
    "running 4",           "began A.ok",           "ended A.ok passed",
    "began A.skip",        "ended A.skip skipped", "began Ty/0.x",
    "ended Ty/0.x passed", "began I/P.p/1",        "ended I/P.p/1 failed",
    "finished 4"};

TEST(GtestOutputTest, a_help_is_what_is_printed_last) {
  const auto ends_with_help = [](std::string_view text) {
    GtestOutput output;
    output.read(text, [](const GtestEvent&) {});
    return output.ends_with_help();
  };
  EXPECT_TRUE(ends_with_help("please report it to\n<googletestframework@googlegroups.com>.\n\n"));
  EXPECT_TRUE(
      ends_with_help("\x1b[0;32m<googletestframework\x1b[m\x1b[0;32m@\x1b[m"
                     "\x1b[0;32mgooglegroups.com>\x1b[m.\n"));
  EXPECT_FALSE(ends_with_help("<googletestframework@googlegroups.com>.\nall is well\n"));
  EXPECT_FALSE(ends_with_help("see <googletestframework@googlegroups.com>.\n"));
  EXPECT_FALSE(ends_with_help(""));
}

TEST(GtestOutputTest, only_whole_colours_are_taken_out) {
  EXPECT_EQ(without_colours("\x1b[0;32mok\x1b[m \x1bM\x1b"), "ok \x1bM\x1b");
  EXPECT_EQ(without_colours("ok\x1b[0;3"), "ok");
  EXPECT_EQ(read("]\n ] x ]\n"), std::vector<std::string>{});
}

TEST(GtestOutputTest, whole_output_gives_each_case_once) { EXPECT_EQ(read(k_real), k_real_events); }

TEST(GtestOutputTest, every_way_of_cutting_gives_the_same) {
  for (std::size_t piece = 1; piece < 80; ++piece) {
    EXPECT_EQ(read(k_real, piece), k_real_events) << piece;
  }
}

TEST(GtestOutputTest, a_terminal_ends_lines_with_two_characters) {
  std::string text;
  for (const char c : k_real) text += c == '\n' ? std::string("\r\n") : std::string(1, c);
  for (std::size_t piece = 1; piece < 80; ++piece) {
    EXPECT_EQ(read(text, piece), k_real_events) << piece;
  }
}

TEST(GtestOutputTest, names_are_of_any_characters_on_a_line_and_have_a_dot) {
  using namespace std::string_literals;
  for (const char* name :
       {"A.", ".a", ".", "A b.c d", "A.tab\tx", "A.x (0 ms)", "A.x, where y = 1"}) {
    const std::string text = "[ RUN      ] "s + name + "\n[       OK ] " + name + " (0 ms)\n";
    EXPECT_EQ(read(text),
              (std::vector<std::string>{"began "s + name, "ended "s + name + " passed"}));
  }
  EXPECT_EQ(read("[ RUN      ] A.a\0b\n[ RUN      ] none\n"s), std::vector<std::string>{});
}

TEST(GtestOutputTest, the_name_of_the_one_case_may_be_of_more_lines) {
  for (const std::string name : {"A.one\ntwo", "\nA.b", "A.b\r\nc", "A.\x1b[0;31mred"}) {
    const std::string text = "[ RUN      ] A.other\n[ RUN      ] " + name +
                             "\nin it\n[  FAILED  ] " + name + " (0 ms)\n";
    std::vector<std::string> events;
    GtestOutput output(name);
    output.read(text, [&](const GtestEvent& event) { events.push_back(text_of(event)); });
    EXPECT_EQ(events, (std::vector<std::string>{"began " + name, "ended " + name + " failed"}));
  }
}

TEST(GtestOutputTest, every_beginning_gives_a_beginning_of_the_events) {
  for (std::size_t length = 0; length <= k_real.size(); ++length) {
    const std::vector<std::string> events = read(k_real.substr(0, length));
    ASSERT_LE(events.size(), k_real_events.size());
    EXPECT_TRUE(std::equal(events.begin(), events.end(), k_real_events.begin())) << length;
  }
}

struct Row {
  const char* what;
  const char* text;
  std::vector<std::string> events;
};

TEST(GtestOutputTest, cases_print_what_they_like) {
  const Row rows[] = {
      {"an end of a case that is not open", "[       OK ] A.a (0 ms)\n", {}},
      {"a begin inside of a case",
       "[ RUN      ] A.a\n[ RUN      ] B.b\n[       OK ] A.a (0 ms)\n",
       {"began A.a", "ended A.a passed"}},
      {"an end of another inside of a case",
       "[ RUN      ] A.a\n[  FAILED  ] B.b (0 ms)\n[       OK ] A.a (0 ms)\n",
       {"began A.a", "ended A.a passed"}},
      {"its own end, before it comes",
       "[ RUN      ] A.a\n[       OK ] A.a (0 ms)\n[  FAILED  ] A.a (0 ms)\n[ RUN      ] A.b\n",
       {"began A.a", "ended A.a passed", "ended A.a failed", "began A.b"}},
      {"the list of those that failed, behind the last",
       "[ RUN      ] A.a\n[       OK ] A.a (0 ms)\n[----------] 1 test from A (0 ms total)\n"
       "[  FAILED  ] A.a\n",
       {"began A.a", "ended A.a passed"}},
      {"a name with blanks",
       "[ RUN      ] A/pair<int, int>.a\n[       OK ] A/pair<int, int>.a (0 ms)\n",
       {"began A/pair<int, int>.a", "ended A/pair<int, int>.a passed"}},
      {"one whose name goes on", "[ RUN      ] A.a\n[  FAILED  ] A.ab (0 ms)\n", {"began A.a"}},
      {"a nested program that runs a case of the same name",
       "[ RUN      ] A.a\n[==========] Running 1 test from 1 test suite.\n[ RUN      ] A.a\n"
       "[  FAILED  ] A.a (0 ms)\n[==========] 1 test from 1 test suite ran. (0 ms total)\n"
       "[       OK ] A.a (1 ms)\n[==========] 1 test from 1 test suite ran. (1 ms total)\n",
       {"began A.a", "ended A.a passed", "finished 1"}},
      {"no times", "[ RUN      ] A.a\n[       OK ] A.a\n", {"began A.a", "ended A.a passed"}},
      {"text in front of a begin", "set up[ RUN      ] A.a\n", {"began A.a"}},
      {"no name", "[ RUN      ] \n[ RUN      ] a b\n", {}},
      {"an old release's words",
       "[==========] 3 tests from 1 test case ran. (0 ms total)\n",
       {"finished 3"}},
      {"only one test", "[==========] Running 1 test from 1 test suite.\n", {"running 1"}},
      {"no tests", "[==========] Running 0 tests from 0 test suites.\n", {"running 0"}},
      {"no number",
       "[==========] Running x tests\n[==========] Running 99999999999999999999999 tests\n",
       {}},
      {"a summary line in a case's output",
       "[ RUN      ] A.a\n[  FAILED  ] 1 test, listed below:\n[  PASSED  ] 3 tests.\n",
       {"began A.a"}},
      {"an unfinished escape",
       "[ RUN      ] A.a\x1b[\n[       OK ] A.a\x1b[0;3\n",
       {"began A.a", "ended A.a passed"}},
      {"carriage returns within a line", "[ RUN      ] A.a\rB\n", {"began A.a\rB"}},
  };
  for (const Row& row : rows) EXPECT_EQ(read(row.text), row.events) << row.what;
}

// GoogleTest prints these pieces with a call each, and a thread may print before any of them. What
// it prints after the name in the line of a beginning is left out: see gtest_output.hpp.
std::vector<std::string> pieces_of_two_cases(bool coloured) {
  const auto tag = [coloured](std::string_view text, int colour) {
    if (!coloured) return std::string(text);
    return "\x1b[0;3" + std::to_string(colour) + "m" + std::string(text) + "\x1b[m";
  };
  return {tag("[==========] ", 2),
          "Running 2 tests from 1 test suite.\n",
          tag("[----------] ", 2),
          "Global test environment set-up.\n",
          tag("[----------] ", 2),
          "2 tests from A\n",
          tag("[ RUN      ] ", 2),
          "A.a\n",
          tag("[       OK ] ", 2),
          "A.a",
          " (0 ms)\n",
          tag("[ RUN      ] ", 2),
          "A.b\n",
          tag("[  FAILED  ] ", 1),
          "A.b",
          ", where GetParam() = 1",
          " (10 ms)\n",
          tag("[----------] ", 2),
          "2 tests from A (10 ms total)\n\n",
          tag("[----------] ", 2),
          "Global test environment tear-down\n",
          tag("[==========] ", 2),
          "2 tests from 1 test suite ran.",
          " (11 ms total)",
          "\n",
          tag("[  PASSED  ] ", 2),
          "1 test.\n"};
}

TEST(GtestOutputTest, a_thread_may_print_lines_between_all_pieces_of_a_line) {
  const std::vector<std::string> events{"running 2", "began A.a",        "ended A.a passed",
                                        "began A.b", "ended A.b failed", "finished 2"};
  for (const bool coloured : {false, true}) {
    const std::vector<std::string> pieces = pieces_of_two_cases(coloured);
    for (std::size_t one = 0; one < pieces.size(); ++one) {
      std::string text;
      for (std::size_t i = 0; i < pieces.size(); ++i) {
        if (i == one) text += "from a thread 7\nand again\n";
        text += pieces[i];
      }
      EXPECT_EQ(read(text), events) << text;
      EXPECT_EQ(read(text, 5), events) << text;
    }
    // Between all of them, but for those of the cases' beginnings.
    std::string text;
    for (const std::string& piece : pieces) {
      if (piece != "A.a\n" && piece != "A.b\n") text += "from a thread 7\n";
      text += piece;
    }
    EXPECT_EQ(read(text), events) << text;
  }
}

TEST(GtestOutputTest, the_one_case_may_begin_on_a_line_that_a_thread_prints_into) {
  for (const char* begin : {"[ RUN      ] from A.b\nA.a\n", "[ RUN      ] A.afrom a thread\n\n"}) {
    GtestOutput output("A.a");
    std::vector<std::string> events;
    output.read(std::string(begin) + "[       OK ] A.b (0 ms)\n[       OK ] A.a (0 ms)\n",
                [&](const GtestEvent& event) { events.push_back(text_of(event)); });
    EXPECT_EQ(events, (std::vector<std::string>{"began A.a", "ended A.a passed"})) << begin;
  }
}

TEST(GtestOutputTest, an_end_with_a_missing_piece_is_told_when_the_program_is_through) {
  const std::string begin = "[ RUN      ] A.a\n";
  const std::string ran = "[==========] 1 test from 1 test suite ran. (1 ms total)\n";
  using Events = std::vector<std::string>;
  EXPECT_EQ(read(begin + "[       OK ] A.afrom a thread\n (0 ms)\n" + ran),
            (Events{"began A.a", "ended A.a passed", "finished 1"}));
  EXPECT_EQ(read(begin + "[  FAILED  ] A.a, where x = 1thread\n (0 ms)\n" + ran),
            (Events{"began A.a", "ended A.a failed", "finished 1"}));
  EXPECT_EQ(read(begin + "[       OK ] from a thread\nA.a (0 ms)\n" + ran),
            (Events{"began A.a", "ended A.a passed", "finished 1"}));
  EXPECT_EQ(read(begin + "[       OK ] from a thread\n" + ran), Events{"began A.a"});
  EXPECT_EQ(read(begin + "[       OK ] A.afrom a thread\n" + ran),
            (Events{"began A.a", "ended A.a passed", "finished 1"}));
  // The case runs two programs of GoogleTest, and prints in between.
  EXPECT_EQ(read(begin + "[  FAILED  ] 1 test, listed below:\nA.a: again\n" + ran +
                 "[       OK ] A.a (0 ms)\n" + ran),
            (Events{"began A.a", "ended A.a passed", "finished 1"}));
  EXPECT_EQ(read(begin + "[       OK ] from a thread\nfrom another A.a (3 ms)\n" + ran),
            (Events{"began A.a", "ended A.a passed", "finished 1"}));
  EXPECT_EQ(read(begin + begin + "[       OK ] A.afrom a thread\n" + ran), Events{"began A.a"})
      << "the program inside is through";
  // Another case's end, and a program that does not say that it is through.
  EXPECT_EQ(read(begin + "[       OK ] A.ab (0 ms)\n" + ran), Events{"began A.a"});
  EXPECT_EQ(read(begin + "[       OK ] A.afrom a thread\n"), Events{"began A.a"});
  EXPECT_EQ(read(begin + "[       OK ] A.afrom a thread\n[==========] Running 1 test.\n"),
            Events{"began A.a"});
  // The true end comes later.
  EXPECT_EQ(read(begin + "[       OK ] A.a: not yet\n[  FAILED  ] A.a (0 ms)\n" + ran),
            (Events{"began A.a", "ended A.a failed", "finished 1"}));
}

TEST(GtestOutputTest, a_line_of_any_length_may_stand_before_the_end) {
  std::string text =
      "[ RUN      ] A.a\n" + std::string(1'000'000, 'x') + "[       OK ] A.a (0 ms)\n";
  EXPECT_EQ(read(text, 777), (std::vector<std::string>{"began A.a", "ended A.a passed"}));
}

TEST(GtestOutputTest, where_there_is_one_case_nothing_else_begins) {
  GtestOutput output("A.a");
  std::vector<std::string> events;
  output.read(
      "[ RUN      ] A.b\n[ RUN      ] A.a\n[       OK ] A.a (0 ms)\n[ RUN      ] A.b\n"
      "[  FAILED  ] A.a (0 ms)\n[==========] 1 test from 1 test suite ran.\n",
      [&](const GtestEvent& event) { events.push_back(text_of(event)); });
  EXPECT_EQ(events, (std::vector<std::string>{"began A.a", "ended A.a passed", "ended A.a failed",
                                              "finished 1"}));
}

TEST(GtestOutputTest, offsets_enclose_what_is_the_cases) {
  GtestOutput output;
  const std::string before = "x\ny";
  const std::string own = "\x1b[0;32m[ RUN      ] \x1b[mA.a\nbody[       OK ] A.a (0 ms)\n";
  std::vector<std::uint64_t> offsets;
  output.read(before + own + "after\n",
              [&](const GtestEvent& event) { offsets.push_back(event.offset); });
  EXPECT_EQ(offsets, (std::vector<std::uint64_t>{before.size(), before.size() + own.size()}));
  EXPECT_EQ(output.open_case(), "");
}

TEST(GtestOutputTest, random_bytes_do_no_harm) {
  std::uint32_t state = 1;
  const auto next = [&] { return state = state * 1664525U + 1013904223U; };
  const std::string_view pieces[] = {
      "[ RUN      ] ", "[       OK ] ",   "A.a",   "\n",      "\x1b[", "m", "\0", " (0 ms)",
      "[==========] ", "Running 3 tests", " ran.", ", where "};
  for (int round = 0; round < 300; ++round) {
    GtestOutput output;
    std::size_t began = 0;
    std::size_t ended = 0;
    for (int i = 0; i < 60; ++i) {
      output.read(pieces[next() / 65536U % std::size(pieces)], [&](const GtestEvent& event) {
        began += event.kind == GtestEvent::Kind::began ? 1U : 0U;
        ended += event.kind == GtestEvent::Kind::ended ? 1U : 0U;
      });
      ASSERT_LE(ended, began);
      ASSERT_LE(began, ended + 1);
    }
  }
}

}  // namespace
}  // namespace holdfast
