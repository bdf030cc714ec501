#include "affected/ninja_tools.hpp"

#include <gtest/gtest.h>

#include <map>

namespace holdfast {
namespace {

using Strings = std::vector<std::string>;

using Views = std::vector<std::string_view>;

// As Ninja 1.11 prints it.
constexpr std::string_view k_graph = R"(digraph ninja {
rankdir="LR"
node [fontsize=10, shape=box, height=0.25]
edge [fontsize=10]
"0x1" [label="foo"]
"0xe1" [label="CXX_EXECUTABLE_LINKER__foo_Debug", shape=ellipse]
"0xe1" -> "0x1"
"0x2" -> "0xe1" [arrowhead=none]
"0x3" -> "0xe1" [arrowhead=none style=dotted]
"0x2" [label="CMakeFiles/foo.dir/a b".cpp.o"]
"0x4" -> "0x2" [label=" CXX_COMPILER__foo_Debug"]
"0x4" [label="/src/a b".cpp"]
"0x3" [label="libplug.so"]
"0xe2" [label="phony", shape=ellipse]
"0xe2" -> "0x5"
"0x1" -> "0xe2" [arrowhead=none]
"0x3" -> "0xe2" [arrowhead=none]
"0x5" [label="all"]
}
)";

TEST(NinjaTools, TheGraphHasTheStepsWithoutOrderOnlyInputs) {
  NinjaGraph graph;
  add_ninja_graph(k_graph, graph);
  ASSERT_EQ(graph.steps.size(), 3U);
  std::map<std::string, const NinjaStep*> steps;
  for (const NinjaStep& step : graph.steps) steps[std::string(step.rule)] = &step;
  const NinjaStep& link = *steps["CXX_EXECUTABLE_LINKER__foo_Debug"];
  EXPECT_EQ(link.inputs, Views{"CMakeFiles/foo.dir/a b\".cpp.o"});
  EXPECT_EQ(link.outputs, Views{"foo"});
  EXPECT_FALSE(link.is_compile());
  EXPECT_FALSE(link.is_phony());
  const NinjaStep& compile = *steps["CXX_COMPILER__foo_Debug"];
  EXPECT_EQ(compile.inputs, Views{"/src/a b\".cpp"});
  EXPECT_EQ(compile.outputs, Views{"CMakeFiles/foo.dir/a b\".cpp.o"});
  EXPECT_TRUE(compile.is_compile());
  EXPECT_TRUE(steps["phony"]->is_phony());
  EXPECT_EQ(steps["phony"]->inputs, (Views{"foo", "libplug.so"}));
}

TEST(NinjaTools, AGraphThatIsCutOffIsReadAsFarAsItGoes) {
  for (std::size_t size = 0; size < k_graph.size(); ++size) {
    NinjaGraph graph;
    add_ninja_graph(k_graph.substr(0, size), graph);
    for (const NinjaStep& step : graph.steps) {
      // No address is left in it.
      for (const std::string_view input : step.inputs) EXPECT_FALSE(input.starts_with("0x"));
      for (const std::string_view output : step.outputs) EXPECT_FALSE(output.starts_with("0x"));
    }
  }
}

TEST(NinjaTools, AStepThatTwoGraphsShowIsThereOnce) {
  NinjaGraph graph;
  add_ninja_graph(k_graph, graph);
  add_ninja_graph(R"("0xe9" [label="phony", shape=ellipse]
"0xe9" -> "0x1"
"0x2" -> "0xe9" [arrowhead=none]
"0x2" [label="foo"]
"0x1" [label="all"]
"0x2" -> "0x7" [label=" phony"]
"0x7" [label="more"]
)",
                  graph);
  ASSERT_EQ(graph.steps.size(), 4U);
  EXPECT_EQ(graph.steps[3].inputs, Views{"foo"});
  EXPECT_EQ(graph.steps[3].outputs, Views{"more"});
  EXPECT_EQ(graph.makers.at("more"), 3U);
}

TEST(NinjaTools, ATargetIsWhatStandsBeforeTheLastColon) {
  const auto names = read_ninja_targets(
      "all: phony\na: b.txt: CUSTOM_COMMAND\na b: C_LINKER\n/b/gen.sh: CUSTOM_COMMAND\nnothing\n");
  EXPECT_EQ(Strings(names.begin(), names.end()), (Strings{"all", "a: b.txt", "a b", "/b/gen.sh"}));
}

TEST(NinjaTools, ARecordHasItsOutputAndItsInputs) {
  std::map<std::string, Strings> records;
  read_ninja_deps(
      "a.o: #deps 2, deps mtime 17 (VALID)\n    /src/a.cpp\n    /src/a b.h\n\n"
      "x: #deps y.o: #deps 0, deps mtime 0 (STALE)\n\n"
      "c.o: deps not found\n    /src/lost.h\n"
      "d.o: #deps 1, deps mtime 5 (VALID)\n    ../d.cpp",
      [&](const RecordedInputs& record) {
        Strings& told = records[std::string(record.output)];
        told.assign(record.inputs.begin(), record.inputs.end());
        if (record.is_stale) told.emplace_back("(stale)");
      });
  const std::map<std::string, Strings> expected{
      {"a.o", {"/src/a.cpp", "/src/a b.h"}}, {"x: #deps y.o", {"(stale)"}}, {"d.o", {"../d.cpp"}}};
  EXPECT_EQ(records, expected);
}

TEST(NinjaTools, OfALogTheLastLineOfAnOutputCounts) {
  const auto times = read_ninja_log(
      "# ninja log v5\n1\t2\t17\ta b.o\tff\n3\t4\t18\tc.h\tfe\n5\t6\t19\ta b.o\tff\n"
      "7\t8\tx\tbad\tff\n9\t10\t20\n11\t12\t21\tcut");
  const std::map<std::string_view, std::int64_t> sorted(times.begin(), times.end());
  EXPECT_EQ(sorted,
            (std::map<std::string_view, std::int64_t>{{"a b.o", 19}, {"c.h", 18}, {"cut", 21}}));
}

TEST(NinjaTools, ADepfileIsReadAsMakeWould) {
  const std::vector<DepfileRule> rules = read_depfile(
      "gen.cpp other: \\\n  /src/in\\ put.txt \\\r\n\tC:/x.h $$HOME a\\#b\nlast:/not/a/rule\n"
      "end : one\nbroken:\\\n /src/a.txt\\\r\n /src/b.txt\r\na\\:b:\\\r\n c\n"
      "C:\\d\\: a\\b a\\\rb $x \\");
  ASSERT_EQ(rules.size(), 5U);
  EXPECT_EQ(rules[0].outputs, (Strings{"gen.cpp", "other"}));
  EXPECT_EQ(rules[0].inputs, (Strings{"/src/in put.txt", "C:/x.h", "$HOME", "a#b"}));
  EXPECT_EQ(rules[1].outputs, Strings{"end"});
  EXPECT_EQ(rules[1].inputs, Strings{"one"});
  EXPECT_EQ(rules[2].outputs, Strings{"broken"});
  EXPECT_EQ(rules[2].inputs, (Strings{"/src/a.txt", "/src/b.txt"}));
  EXPECT_EQ(rules[3].outputs, Strings{"a:b"});
  EXPECT_EQ(rules[3].inputs, Strings{"c"});
  EXPECT_EQ(rules[4].outputs, Strings{"C:\\d\\"});
  EXPECT_EQ(rules[4].inputs, (Strings{"a\\b", "a\\", "b", "$x"}));
}

}  // namespace
}  // namespace holdfast
