#include "doctor/tree/build.hpp"

#include <gtest/gtest.h>

#include <map>

namespace holdfast::doctor {
namespace {

// `p` is linked from `a.o` and `b.o`. `a.o` is compiled from `a.c`, and reads `a.h`, which is not
// in the graph, and `v.h`, which a step writes that runs in each build: its output `stamp` never
// exists.
constexpr const char* k_graph = R"(digraph ninja {
"0x1" [label="p"]
"0x2" [label="LINKER", shape=ellipse]
"0x2" -> "0x1"
"0x3" -> "0x2" [arrowhead=none]
"0x4" -> "0x2" [arrowhead=none]
"0x3" [label="a.o"]
"0x5" -> "0x3" [label=" C_COMPILER__p_"]
"0x4" [label="b.o"]
"0x6" -> "0x4" [label=" C_COMPILER__p_"]
"0x5" [label="a.c"]
"0x6" [label="b.c"]
"0x7" [label="stamp"]
"0x8" [label="v.h"]
"0x9" [label="CUSTOM_COMMAND", shape=ellipse]
"0x9" -> "0x7"
"0x9" -> "0x8"
"0x6" -> "0x9" [arrowhead=none]
}
)";
constexpr const char* k_deps = "a.o: #deps 3, deps mtime 20 (VALID)\n    a.c\n    a.h\n    v.h\n\n";
constexpr const char* k_log =
    "# ninja log v5\n0\t1\t20\ta.o\tx\n0\t1\t20\tb.o\tx\n0\t1\t30\tp\tx\n0\t1\t10\tstamp\tx\n";

class FileTimes : public testing::Test {
 protected:
  bool p_is_old() const {
    const auto time_of = [&](std::string_view path) {
      const auto found = times_.find(path);
      return found == times_.end() ? std::int64_t{0} : found->second;
    };
    return are_old({"p"}, {{k_graph}, k_deps, k_log}, dirty_, time_of).front();
  }

  NinjaNames dirty_;
  std::map<std::string, std::int64_t, std::less<>> times_{
      {"p", 30}, {"a.o", 20}, {"b.o", 20}, {"a.c", 10}, {"b.c", 10}, {"a.h", 10}, {"v.h", 10}};
};

TEST_F(FileTimes, WhatIsBuiltIsNotOldWhateverRunsInEachBuild) {
  EXPECT_FALSE(p_is_old());
  times_["b.c"] = 15;  // newer than v.h, but the step runs in each build anyway
  EXPECT_FALSE(p_is_old());
}

TEST_F(FileTimes, ANewerInputOfAnyStepMakesTheProgramOld) {
  for (const char* file : {"a.c", "b.c", "a.h", "v.h", "a.o", "b.o"}) {
    const std::int64_t before = times_[file];
    times_[file] = 31;
    EXPECT_TRUE(p_is_old()) << file;
    times_[file] = before;
  }
}

TEST_F(FileTimes, WhatNinjaNamesMakesOldWhatIsMadeOfIt) {
  for (const char* file : {"p", "a.o", "b.o", "a.c", "v.h"}) {
    dirty_ = {file};
    EXPECT_TRUE(p_is_old()) << file;
  }
  dirty_ = {"stamp"};  // another output of the step that writes v.h
  EXPECT_TRUE(p_is_old());
  dirty_ = {"unknown"};
  EXPECT_FALSE(p_is_old());
}

TEST_F(FileTimes, ACommandThatLeftItsOutputAsItWasCounts) {
  times_["b.o"] = 5;  // the log says that it was up to date at 20
  EXPECT_FALSE(p_is_old());
  times_["b.c"] = 21;
  EXPECT_TRUE(p_is_old());
}

TEST_F(FileTimes, WhatWasNeverMadeMakesTheProgramOld) {
  times_.erase("b.o");  // the log has it: such a step runs each time
  EXPECT_FALSE(p_is_old());
  const auto none = [](std::string_view) { return std::int64_t{0}; };
  EXPECT_EQ(are_old({"p", "unknown"}, {{k_graph}, k_deps}, {}, none),
            (std::vector<bool>{true, false}));
}

TEST(FileTimesOfNames, APhonyHasTheTimeOfWhatItStandsFor) {
  const NinjaTexts texts{
      {"\"1\" [label=\"p\"]\n\"2\" [label=\"LINKER\", shape=ellipse]\n\"2\" -> \"1\"\n"
       "\"3\" -> \"2\" [arrowhead=none]\n\"4\" -> \"2\" [arrowhead=none]\n"
       "\"3\" [label=\"name\"]\n\"4\" [label=\"b\"]\n"
       "\"5\" [label=\"phony\", shape=ellipse]\n\"5\" -> \"3\"\n\"6\" -> \"5\" [arrowhead=none]\n"
       "\"6\" [label=\"a\"]\n"}};
  std::int64_t time_of_a = 1;
  const auto time_of = [&](std::string_view path) -> std::int64_t {
    if (path == "name") return 0;
    return path == "p" ? 5 : path == "a" ? time_of_a : 1;
  };
  EXPECT_EQ(are_old({"p"}, texts, {}, time_of), std::vector<bool>{false});
  time_of_a = 6;
  EXPECT_EQ(are_old({"p"}, texts, {}, time_of), std::vector<bool>{true});
}

}  // namespace
}  // namespace holdfast::doctor
