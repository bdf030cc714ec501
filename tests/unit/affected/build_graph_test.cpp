#include "affected/build_graph.hpp"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

using Node = BuildGraph::Node;
using Causes = std::vector<std::uint32_t>;

void add_step(BuildGraph& graph, const std::vector<std::string>& inputs,
              const std::vector<std::string>& outputs, bool is_phony = false) {
  const BuildGraph::Step step = graph.add_step(is_phony);
  for (const std::string& input : inputs) graph.add_input(step, graph.node(input));
  for (const std::string& output : outputs) graph.add_output(step, graph.node(output));
}

TEST(BuildGraph, HasOneNodeForEachPath) {
  BuildGraph graph;
  const Node a = graph.node("a");
  EXPECT_EQ(graph.node("a"), a);
  EXPECT_NE(graph.node("b"), a);
  EXPECT_EQ(graph.find("a"), a);
  EXPECT_EQ(graph.find("c"), std::nullopt);
  EXPECT_EQ(graph.path(a), "a");
}

TEST(BuildGraph, PathsOutliveItsGrowthAndAMove) {
  BuildGraph graph;
  for (int i = 0; i < 1000; ++i) graph.node(std::to_string(i));
  const BuildGraph moved = std::move(graph);
  for (Node i = 0; i < 1000; ++i) EXPECT_EQ(moved.path(i), std::to_string(i));
}

TEST(BuildGraph, APhonyStepMakesNothing) {
  BuildGraph graph;
  add_step(graph, {"a.o"}, {"prog"});
  add_step(graph, {"prog"}, {"alias"}, true);
  add_step(graph, {"prog", "lib"}, {"all"}, true);
  EXPECT_TRUE(graph.is_made(graph.node("prog")));
  EXPECT_FALSE(graph.is_made(graph.node("alias")));
  EXPECT_FALSE(graph.is_made(graph.node("a.o")));
  EXPECT_TRUE(graph.is_phony(graph.node("alias")));
  EXPECT_FALSE(graph.is_phony(graph.node("prog")));
  EXPECT_FALSE(graph.is_phony(graph.node("a.o")));
  EXPECT_EQ(graph.aliases_of(graph.node("prog")), std::vector<Node>{graph.node("alias")});
}

TEST(BuildGraph, AnOutputThatIsNamedTwiceIsOne) {
  BuildGraph graph;
  add_step(graph, {"in"}, {"out", "other", "out"});
  EXPECT_EQ(graph.outputs_of(0), (std::vector<Node>{*graph.find("out"), *graph.find("other")}));
}

TEST(BuildGraph, KnowsWhatLeadsToANode) {
  BuildGraph graph;
  add_step(graph, {"a.in"}, {"a"});
  add_step(graph, {"a"}, {"name"}, true);
  add_step(graph, {"name", "b"}, {"goal"});
  add_step(graph, {"goal"}, {"b"});  // a circle
  add_step(graph, {"a", "c"}, {"other"});
  const std::vector<bool> leads = leading_to(graph, *graph.find("goal"));
  for (const char* name : {"a.in", "a", "name", "b", "goal"}) {
    EXPECT_TRUE(leads[*graph.find(name)]) << name;
  }
  for (const char* name : {"other", "c"}) EXPECT_FALSE(leads[*graph.find(name)]) << name;
}

TEST(Reach, GoesThroughStepsAndNamesToAllThatIsMade) {
  BuildGraph graph;
  add_step(graph, {"h", "c"}, {"o"});
  add_step(graph, {"o"}, {"name"}, true);
  add_step(graph, {"name"}, {"prog", "map"});
  add_step(graph, {"other"}, {"else"});
  Reach reach(graph);
  reach.spread(7, *graph.find("h"));
  reach.spread(8, *graph.find("other"));
  for (const char* name : {"h", "o", "name", "prog", "map"}) {
    EXPECT_EQ(reach.causes_of(*graph.find(name)), Causes{7}) << name;
  }
  EXPECT_EQ(reach.causes_of(*graph.find("c")), Causes{});
  EXPECT_EQ(reach.causes_of(*graph.find("else")), Causes{8});
}

TEST(Reach, EndsInACircle) {
  BuildGraph graph;
  add_step(graph, {"a"}, {"b"});
  add_step(graph, {"b"}, {"a"});
  Reach reach(graph);
  reach.spread(0, *graph.find("a"));
  EXPECT_EQ(reach.causes_of(*graph.find("b")), Causes{0});
}

TEST(Reach, OfManyCausesTheFirstAreKeptAndNobodyHasNone) {
  BuildGraph graph;
  for (int i = 0; i < 100; ++i) add_step(graph, {"h" + std::to_string(i)}, {"o"});
  add_step(graph, {"o"}, {"prog"});
  Reach reach(graph);
  for (std::uint32_t i = 0; i < 100; ++i) reach.spread(i, *graph.find("h" + std::to_string(i)));
  EXPECT_EQ(reach.causes_of(*graph.find("prog")), (Causes{0, 1, 2, 3, 4, 5, 6, 7}));
  EXPECT_EQ(reach.causes_of(*graph.find("h99")), Causes{99});
}

}  // namespace
}  // namespace holdfast
