#include "affected/affected_tests.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "values/file_glob.hpp"

namespace holdfast {
namespace {

using Strings = std::vector<std::string>;

// a.cpp and common.h make /b/bin/a, b.cpp and common.h make /b/bin/b; CMakeLists.txt makes
// /b/build.ninja. The tests a and b run these programs, and the test c a script.
class AffectedTests : public testing::Test {
 protected:
  AffectedTests() {
    step({"/s/a.cpp", "/s/common.h"}, "/b/a.o");
    step({"/s/b.cpp", "/s/common.h"}, "/b/b.o");
    step({"/b/a.o"}, "/b/bin/a");
    step({"/b/b.o"}, "/b/bin/b");
    step({"/s/CMakeLists.txt"}, "/b/build.ninja");
    const BuildGraph::Step alias = graph_.add_step(true);
    graph_.add_input(alias, graph_.node("/b/bin/a"));
    graph_.add_output(alias, graph_.node("/b/a"));
    test("a", {"/b/bin/a"});
    test("b", {"/b/bin/b"});
    test("c", {"/s/c.py", "/s/shared.py"});
  }

  void step(const Strings& inputs, const std::string& output) {
    const BuildGraph::Step step = graph_.add_step(false);
    for (const std::string& input : inputs) graph_.add_input(step, graph_.node(input));
    graph_.add_output(step, graph_.node(output));
    in_build_ = graph_.node_count();
  }

  void test(const std::string& name, const Strings& files) {
    tests_.push_back({name});
    named_.push_back(files);
  }

  ChangedFile& change(const std::string& file) {
    const auto known = graph_.find("/s/" + file);
    changes_.push_back({file, graph_.node("/s/" + file), known && *known < in_build_});
    return changes_.back();
  }

  Affected ask() {
    for (std::size_t i = 0; i < tests_.size(); ++i) {
      tests_[i].files.clear();
      for (const std::string& file : named_[i]) {
        if (const auto node = graph_.find(file)) tests_[i].files.push_back({*node, "command"});
      }
    }
    build_.manifest = *graph_.find("/b/build.ninja");
    return affected_by({build_, "/b", changes_, tests_, rules_, preparations_, groups_});
  }

  // "a: because, because" for each test.
  Strings answer() {
    Strings lines;
    for (const AffectedTest& test : ask().tests) {
      std::string line = test.name + ":";
      for (const Reason& reason : test.reasons) line += " " + to_text(reason) + ";";
      lines.push_back(line);
    }
    return lines;
  }

  NinjaBuild build_;
  BuildGraph& graph_ = build_.graph;
  std::size_t in_build_ = 0;
  std::vector<CandidateTest> tests_;
  std::vector<Strings> named_;
  std::vector<ChangedFile> changes_;
  std::vector<RuledTests> rules_;
  std::vector<Preparation> preparations_;
  std::vector<FileGroup> groups_;
};

TEST_F(AffectedTests, ASourceAffectsTheTestsWhoseProgramsAreMadeFromIt) {
  change("a.cpp");
  EXPECT_EQ(answer(), Strings{"a: a.cpp, through bin/a;"});
  change("common.h");
  EXPECT_EQ(answer(), (Strings{"a: a.cpp, through bin/a; common.h, through bin/a;",
                               "b: common.h, through bin/b;"}));
}

TEST_F(AffectedTests, NumbersAreThoseOfCtest) {
  change("b.cpp");
  const Affected affected = ask();
  ASSERT_EQ(affected.tests.size(), 1U);
  EXPECT_EQ(affected.tests[0].number, 2U);
  EXPECT_TRUE(affected.for_all.empty());
  EXPECT_EQ(affected.known, std::vector<KnownBy>{KnownBy::build});
}

TEST_F(AffectedTests, AFileThatATestNamesAffectsThatTest) {
  change("c.py");
  EXPECT_EQ(answer(), Strings{"c: c.py, which its command names;"});
  EXPECT_EQ(ask().known, std::vector<KnownBy>{KnownBy::test});
}

TEST_F(AffectedTests, AFileThatNobodyKnowsAffectsAllTests) {
  change("a.cpp");
  change("data.txt");
  EXPECT_EQ(answer(),
            (Strings{"a: a.cpp, through bin/a; data.txt, which nobody knows;",
                     "b: data.txt, which nobody knows;", "c: data.txt, which nobody knows;"}));
  EXPECT_EQ(ask().known, (std::vector<KnownBy>{KnownBy::build, KnownBy::nobody}));
}

TEST_F(AffectedTests, OfManyFilesThatNobodyKnowsTheFirstAreTold) {
  for (int i = 0; i < 20; ++i) change(std::to_string(i) + ".txt");
  const Affected affected = ask();
  EXPECT_EQ(affected.known, std::vector<KnownBy>(20, KnownBy::nobody));
  ASSERT_EQ(affected.for_all.size(), 8U);
  EXPECT_EQ(affected.for_all.back().file, "7.txt");
  ASSERT_EQ(affected.tests.size(), 3U);
  EXPECT_EQ(affected.tests[0].reasons.size(), 8U);
}

TEST_F(AffectedTests, WhatCMakeReadsAffectsAllTests) {
  change("CMakeLists.txt");
  EXPECT_EQ(ask().tests.size(), 3U);
  EXPECT_EQ(ask().known, std::vector<KnownBy>{KnownBy::configure});
  EXPECT_EQ(ask().for_all[0].because, Because::configured);
}

TEST_F(AffectedTests, WhatCMakeReadsIsKnownHoweverManyFilesOfItChanged) {
  Strings files;
  for (int i = 0; i < 20; ++i) files.push_back("/s/" + std::to_string(i) + "/CMakeLists.txt");
  step(files, "/b/build.ninja");
  for (int i = 0; i < 20; ++i) change(std::to_string(i) + "/CMakeLists.txt");
  EXPECT_EQ(ask().known, std::vector<KnownBy>(20, KnownBy::configure));
}

TEST_F(AffectedTests, AnIgnoredFileIsNoReasonUnlessSomebodyKnowsIt) {
  change("README.md").is_ignored = true;
  build_.doubts.push_back({*graph_.find("/b/b.o"), "is not built"});
  EXPECT_EQ(answer(), Strings{});
  EXPECT_EQ(ask().known, std::vector<KnownBy>{KnownBy::ignored});
  change("a.cpp").is_ignored = true;
  change("c.py").is_ignored = true;
  EXPECT_EQ(answer(), (Strings{"a: a.cpp, through bin/a;", "b: b.o is not built, through bin/b;",
                               "c: c.py, which its command names;"}));
}

TEST_F(AffectedTests, ARuleNamesTestsBesideThoseThatTheBuildNames) {
  rules_ = {{"holdfast.toml:3, [[affected]]", {2}}, {"holdfast.toml:7, [[affected]]", {0, 1}}};
  change("data.txt").rules = {0};
  change("a.cpp").rules = {1};
  EXPECT_EQ(answer(), (Strings{"a: a.cpp, through bin/a; a.cpp, by holdfast.toml:7, [[affected]];",
                               "b: a.cpp, by holdfast.toml:7, [[affected]];",
                               "c: data.txt, by holdfast.toml:3, [[affected]];"}));
  EXPECT_EQ(ask().known, (std::vector<KnownBy>{KnownBy::rule, KnownBy::build}));
}

TEST_F(AffectedTests, OfManyFilesARuleTellsTheFirst) {
  rules_ = {{"x", {0, 2}}};
  for (int i = 0; i < 100; ++i) change("data/" + std::to_string(i)).rules = {0};
  for (const AffectedTest& test : ask().tests) {
    ASSERT_EQ(test.reasons.size(), 8U);
    EXPECT_EQ(test.reasons.back().file, "data/7");
  }
  EXPECT_EQ(ask().tests.size(), 2U);
}

TEST_F(AffectedTests, ATestNeedsWhatOthersPrepareForIt) {
  preparations_ = {{"fixture f", {0, 2}, {1}}, {"DEPENDS", {1}, {2}}, {"fixture g", {1}, {0, 1}}};
  EXPECT_EQ(answer(), Strings{});
  change("a.cpp");
  EXPECT_EQ(answer(), (Strings{"a: a.cpp, through bin/a; the test b, for fixture g;",
                               "b: the test a, for fixture f;", "c: the test b, for DEPENDS;"}));
  EXPECT_EQ(ask().known, std::vector<KnownBy>{KnownBy::build});
}

TEST_F(AffectedTests, ATestIsAsSureAsWhatItNeeds) {
  const auto certainties = [&] {
    std::vector<Certainty> all;
    for (const AffectedTest& test : ask().tests) all.push_back(test.certainty);
    return all;
  };
  using enum Certainty;
  preparations_ = {{"fixture f", {0, 1}, {2}}};
  tests_[1].trouble = ProgramTrouble::made_elsewhere;
  change("README.md").rules = {0};
  rules_ = {{"x", {}}};
  EXPECT_EQ(certainties(), (std::vector{made_elsewhere, made_elsewhere}));
  tests_[0].trouble = ProgramTrouble::missing;
  EXPECT_EQ(certainties(), (std::vector{doubtful, made_elsewhere, doubtful}));
  rules_ = {{"x", {0}}};
  EXPECT_EQ(certainties(), (std::vector{certain, made_elsewhere, certain}));
}

TEST_F(AffectedTests, WhereAChangeLeadsADoubtAddsNothing) {
  build_.doubts.push_back({*graph_.find("/b/a.o"), "is not built"});
  change("a.cpp");
  EXPECT_EQ(answer(), Strings{"a: a.cpp, through bin/a;"});
}

TEST_F(AffectedTests, WhatIsInDoubtIsTaken) {
  build_.doubts.push_back({*graph_.find("/b/b.o"), "is not built"});
  EXPECT_EQ(answer(), Strings{});  // nothing changed
  change("a.cpp");
  EXPECT_EQ(answer(), (Strings{"a: a.cpp, through bin/a;", "b: b.o is not built, through bin/b;"}));
}

TEST_F(AffectedTests, AGraphThatNoLongerHoldsAffectsAllTests) {
  build_.newer_than_manifest = "/s/x.cmake";
  EXPECT_EQ(answer(), Strings{});
  change("a.cpp");
  EXPECT_EQ(ask().tests.size(), 3U);
  EXPECT_EQ(ask().for_all[0].because, Because::not_configured);
}

TEST_F(AffectedTests, AProgramThatNobodyMakesIsTaken) {
  tests_[1].trouble = ProgramTrouble::missing;
  tests_[1].program = "b_NOT_BUILT";
  tests_[2].trouble = ProgramTrouble::made_elsewhere;
  tests_[2].program = "/b/inner/c";
  EXPECT_EQ(answer(), Strings{});
  change("a.cpp");
  EXPECT_EQ(answer(), (Strings{"a: a.cpp, through bin/a;", "b: b_NOT_BUILT does not exist;",
                               "c: no step of Ninja makes /b/inner/c;"}));
}

TEST_F(AffectedTests, ATargetHasItsNameOrItsPath) {
  EXPECT_EQ(target_name(graph_, *graph_.find("/b/bin/a"), "/b"), "a");
  EXPECT_EQ(target_name(graph_, *graph_.find("/b/bin/b"), "/b"), "bin/b");
  EXPECT_EQ(target_name(graph_, graph_.node("/bin2/x"), "/b"), "/bin2/x");
}

TEST_F(AffectedTests, ATestThatBuildsNeedsHeadersAndSourcesOfLibraries) {
  step({"/s/both.cpp"}, "/b/both.o");
  step({"/b/both.o"}, "/b/bin/a");
  step({"/b/both.o"}, "/b/bin/b");
  step({"/s/lib.cpp"}, "/b/lib.o");
  step({"/b/lib.o"}, "/b/lib.a");
  step({"/b/lib.a", "/b/b.o"}, "/b/bin/b");
  for (const char* object : {"/b/a.o", "/b/b.o", "/b/both.o", "/b/lib.o"}) {
    build_.objects.insert(graph_.node(object));
  }
  tests_.push_back({"builds"});
  named_.push_back({"/b/nothing"});
  tests_.back().builds = true;
  for (const auto& [file, is_taken] : std::map<std::string, bool>{{"a.cpp", false},
                                                                  {"common.h", true},
                                                                  {"lib.cpp", true},
                                                                  {"b.cpp", false},
                                                                  {"both.cpp", true}}) {
    changes_.clear();
    const BuildGraph::Node node = change(file).node;
    if (file != "common.h") build_.compiled.insert(node);
    const Strings lines = answer();
    const std::string line = "builds: " + file + ", which the build that it starts may read;";
    EXPECT_EQ(std::ranges::find(lines, line) != lines.end(), is_taken) << file;
  }
}

TEST_F(AffectedTests, OfManyFilesThatABuildMayReadTheFirstAreTold) {
  Strings files;
  for (int i = 0; i < 20; ++i) files.push_back("/s/" + std::to_string(i) + ".h");
  step(files, "/b/x.o");
  for (int i = 0; i < 20; ++i) change(std::to_string(i) + ".h");
  tests_.push_back({"builds"});
  named_.push_back({});
  tests_.back().builds = true;
  const Affected affected = ask();
  ASSERT_EQ(affected.tests.size(), 1U);
  ASSERT_EQ(affected.tests[0].reasons.size(), 8U);
  EXPECT_EQ(affected.tests[0].reasons.back().file, "7.h");
}

TEST_F(AffectedTests, OfManyFilesInAGroupTheFirstAreTold) {
  groups_ = {{FileGroup::Kind::directory, "/s/data"}};
  tests_.push_back({"g"});
  named_.push_back({});
  tests_.back().groups = {{0, "command", "word"}};
  for (int i = 10; i < 30; ++i) change("data/" + std::to_string(i) + ".txt");
  const Affected affected = ask();
  EXPECT_EQ(affected.known, std::vector<KnownBy>(20, KnownBy::test));
  ASSERT_EQ(affected.tests.size(), 1U);
  EXPECT_EQ(affected.tests[0].reasons.size(), 8U);
}

TEST_F(AffectedTests, AGroupHasWhatADoubtLeadsToButNotWhatIsInDoubtItself) {
  groups_ = {{FileGroup::Kind::directory, "/b"}, {FileGroup::Kind::not_built, "/b"}};
  for (std::size_t i = 0; i < groups_.size(); ++i) {
    tests_.push_back({"g" + std::to_string(i)});
    named_.push_back({});
    tests_.back().groups = {{i, "command", "word"}};
  }
  build_.doubts.push_back({*graph_.find("/b/b.o"), "is not built"});
  change("a.cpp");
  EXPECT_EQ(answer(), (Strings{"a: a.cpp, through bin/a;", "b: b.o is not built, through bin/b;",
                               "g0: a.cpp, for word, which its command names; "
                               "b.o is not built, through bin/b;"}));
}

TEST_F(AffectedTests, AGroupHasReasonsOfItsKind) {
  const std::string unknown(1, k_unknown);
  groups_ = {{FileGroup::Kind::directory, "/s/data"},
             {FileGroup::Kind::glob, std::string("/s/data/") + k_star + ".txt"},
             {FileGroup::Kind::doubt, unknown + "/a"},
             {FileGroup::Kind::not_built, "/s"},
             {FileGroup::Kind::doubt, unknown},
             {FileGroup::Kind::directory, "/b/bin"}};
  for (std::size_t i = 0; i < groups_.size(); ++i) {
    tests_.push_back({"g" + std::to_string(i)});
    named_.push_back({});
    tests_.back().groups = {{i, "command", "word"}};
  }
  change("data/x.txt");
  EXPECT_EQ(answer(), (Strings{"g0: data/x.txt, for word, which its command names;",
                               "g1: data/x.txt, which its command names;",
                               "g3: data/x.txt, for word, which its command names;",
                               "g4: data/x.txt, if word of its command leads there;"}));
  EXPECT_EQ(ask().known, std::vector{KnownBy::test});
  changes_.clear();
  change("a.cpp");
  EXPECT_EQ(answer(),
            (Strings{"a: a.cpp, through bin/a;", "g2: a.cpp, if word of its command leads there;",
                     "g4: a.cpp, if word of its command leads there;",
                     "g5: a.cpp, for word, which its command names;"}));
  EXPECT_EQ(ask().tests[1].certainty, Certainty::unclear);
  changes_.clear();
  change("data/new.h");  // a directory does not know sources
  EXPECT_EQ(ask().known, std::vector{KnownBy::nobody});
  tests_[3].builds = true;
  EXPECT_EQ(ask().known, std::vector{KnownBy::test});
  changes_.clear();
  change("data/x.txt").is_ignored = true;
  groups_.erase(groups_.begin() + 1);
  tests_.resize(3);
  named_.resize(3);
  tests_.push_back({"g0"});
  tests_.back().groups = {{0, "command", "word"}};
  named_.push_back({});
  EXPECT_EQ(ask().known, std::vector{KnownBy::ignored});
  EXPECT_EQ(answer(), Strings{});
}

}  // namespace
}  // namespace holdfast
