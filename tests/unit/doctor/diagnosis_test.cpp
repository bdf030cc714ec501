#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "doctor/examination.hpp"
#include "doctor/found.hpp"
#include "os/process/execute.hpp"
#include "os/scratch.hpp"

namespace holdfast::doctor {
namespace {

Diagnosis diagnosis_of(Findings findings) {
  Diagnosis diagnosis;
  diagnosis.tree = "/b";
  diagnosis.machine.system = "Linux 6.1";
  diagnosis.findings = std::move(findings);
  sort(diagnosis.findings);
  return diagnosis;
}

std::string findings_in(const Diagnosis& diagnosis) {
  const std::string text = to_text(diagnosis);
  return text.substr(text.find("\n\n") + 1);
}

TEST(Findings, TheWrongOnesComeFirstInTheOrderOfTheAreas) {
  Findings all{{Kind::lock_held, "a"}, {Kind::program_missing, "b"},
               {Kind::no_git, "c"},    {Kind::program_old, "d"},
               {Kind::disk_full, "e"}, {Kind::program_missing, "f"}};
  sort(all);
  EXPECT_EQ(kinds_of(all), (Kinds{"disk_full", "program_missing", "program_old", "program_missing",
                                  "no_git", "lock_held"}));
  EXPECT_TRUE(has_wrong(all));
  EXPECT_FALSE(has_wrong({{Kind::lock_held, "a"}}));
}

TEST(Findings, SomeNamesAreSaidAndTheOthersCounted) {
  EXPECT_EQ(some_of({"a"}), "\"a\"");
  EXPECT_EQ(some_of({"a", "b\n"}), "\"a\", \"b\\n\"");
  EXPECT_EQ(some_of({"a", "b", "c", "d", "e"}), "\"a\", \"b\", \"c\" and 2 more");
}

TEST(Findings, IfOneOfThemHasNoTargetTheWholeBuildIsMeant) {
  const Finding known{Kind::program_missing, "a", "", "build the tree", "cmake --build /b", "a"};
  const Finding unknown{Kind::program_missing, "b", "", "build the tree", "cmake --build /b"};
  EXPECT_EQ(command_for({&known, &unknown}), "cmake --build /b");
  const Finding nothing{Kind::program_missing, "c", "", "build the tree", "", "a"};
  EXPECT_EQ(command_for({&nothing}), "");
}

TEST(Diagnosis, NothingWrongIsSaidAsSuch) {
  EXPECT_EQ(findings_in(diagnosis_of({})), "\nnothing is wrong\n");
  EXPECT_NE(findings_in(diagnosis_of({{Kind::no_git, "no git"}}))
                .find("\nnothing is wrong, apart from what is worth knowing\n"),
            std::string::npos);
}

TEST(Diagnosis, AFindingHasItsPlaceAndWhatToDo) {
  EXPECT_EQ(findings_in(diagnosis_of(
                {{Kind::disk_full, "the \x1b[31m disk is full", "/b", "tidy up", "df -h /b"},
                 {Kind::no_git, "git is not in PATH"}})),
            "\nwrong (1):\n"
            "  disk: the \\x1b[31m disk is full\n"
            "    at: /b\n"
            "    do: tidy up: df -h /b\n"
            "\nworth knowing (1):\n"
            "  tools: git is not in PATH\n");
}

TEST(Diagnosis, APlaceThatTheSentenceHasIsNotRepeated) {
  const std::string text = findings_in(diagnosis_of({{Kind::disk_full, "/b is full", "/b"}}));
  EXPECT_EQ(text.find("at:"), std::string::npos) << text;
}

TEST(Diagnosis, ManyOfOneKindAreCounted) {
  Findings many;
  for (int i = 0; i < 14; ++i) many.push_back({Kind::program_missing, std::to_string(i)});
  many.push_back({Kind::program_old, "old"});
  const std::string text = findings_in(diagnosis_of(many));
  EXPECT_NE(text.find("wrong (15):\n"), std::string::npos);
  EXPECT_NE(text.find("  tests: 9\n  tests: 4 more of this kind (--json has them)\n  tests: old\n"),
            std::string::npos)
      << text;
}

TEST(Diagnosis, OfThoseThatAreLeftOutEachIsCountedAlsoWhereOneCommandMendsSeveral) {
  Findings many;
  for (int i = 0; i < 10; ++i) {
    many.push_back({Kind::program_missing, "a", "", "do it", "make " + std::to_string(i)});
  }
  for (const char* target : {"x", "y", "z"}) {
    many.push_back({Kind::program_missing, "b", "", "do it", "ninja", target});
  }
  many.push_back({Kind::program_missing, "c", "", "do it", "scons"});
  const std::string text = findings_in(diagnosis_of(many));
  EXPECT_NE(text.find("wrong (14):\n"), std::string::npos) << text;
  EXPECT_NE(text.find("  tests: 4 more of this kind (--json has them)\n"), std::string::npos)
      << text;
}

TEST(Diagnosis, OneCommandIsSaidOnceForAllThatItMends) {
  const std::string text = findings_in(diagnosis_of(
      {{Kind::program_missing, "a is missing", "", "build the tree", "cmake --build /b", "a"},
       {Kind::program_old, "o is old", "", "build it", "cmake --build /b", "o"},
       {Kind::program_missing, "b is missing", "", "build the tree", "cmake --build /b", "x b"}}));
  EXPECT_EQ(text,
            "\nwrong (3):\n"
            "  tests: a is missing\n"
            "  tests: b is missing\n"
            "    do: build the tree: cmake --build /b --target a 'x b'\n"
            "  tests: o is old\n"
            "    do: build it: cmake --build /b --target o\n");
  Findings many;
  for (int i = 0; i < 14; ++i) {
    many.push_back({Kind::program_old, "old", "", "build it", "make", std::to_string(i)});
  }
  EXPECT_NE(findings_in(diagnosis_of(many)).find("    do: build it: make\n"), std::string::npos);
}

TEST(Diagnosis, OnlyTheMachineIsSaidInOneLine) {
  const std::string text = to_text(Diagnosis{});
  EXPECT_EQ(text.substr(0, text.find('\n')),
            "no build tree here or above: only the machine is checked");
}

TEST(Diagnosis, WhatWasNotLookedAtIsSaid) {
  Diagnosis diagnosis = diagnosis_of({});
  diagnosis.unseen = {"the tests: \x1b[31m"};
  EXPECT_EQ(findings_in(diagnosis), "\nnot checked:\n  the tests: \\x1b[31m\n\nnothing is wrong\n");
}

TEST(Diagnosis, TheMachineIsSaidWithWhatItHas) {
  Diagnosis diagnosis = diagnosis_of({});
  Machine& machine = diagnosis.machine;
  machine.limits.processors = 3;
  machine.limits.descriptors.soft = 1024;
  machine.limits.core.soft = 0;
  machine.memory = {2048, 4096};
  machine.tools.all = {{ToolIs::cmake, "cmake", "/c"}, {ToolIs::git, "git", ""}};
  machine.tools.all[0].state.version = "3.25.1";
  machine.tools.all[1].state.answer = ToolState::Answer::missing;
  Place there{"the build tree", "/b"};
  there.space.free_kb = 3072;
  Place gone{"TMPDIR", "/t"};
  gone.trouble = "/t is no directory";
  machine.places.all = {there, gone, there};
  const std::string text = to_text(diagnosis);
  EXPECT_NE(text.find(", Linux 6.1, 3 processors\n"
                      "tools: cmake 3.25.1\n"
                      "limits: 1024 open files, any number of threads, no core files\n"
                      "disk: /b has 3.0 MiB free\n"
                      "memory: 2.0 MiB of 4.0 MiB available\n"),
            std::string::npos)
      << text;
}

TEST(Diagnosis, JsonHasTheMachine) {
  Diagnosis diagnosis = diagnosis_of({});
  Machine& machine = diagnosis.machine;
  machine.limits.processors = 3;
  machine.limits.processes.soft = 7;
  machine.limits.core = {5, 6};
  machine.limits.core_pattern = "core.%p";
  machine.memory = {2, 4};
  Place there{"the build tree", "/b"};
  there.space = {9, 3, 10, 4};
  Place gone{"TMPDIR", "/t"};
  gone.trouble = "/t is no directory";
  Place endless = there;
  endless.path = "/e";
  endless.space.inodes = 0;
  machine.places.all = {there, gone, endless};
  machine.tools.all = {{ToolIs::cmake, "cmake", "/c"}, {ToolIs::git, "git", ""}};
  machine.tools.all[0].state.version = "3.25.1";
  machine.tools.all[1].state.answer = ToolState::Answer::missing;
  const auto json = nlohmann::ordered_json::parse(to_json(diagnosis))["machine"];
  EXPECT_EQ(json["system"], "Linux 6.1");
  EXPECT_EQ(json["processors"], 3);
  EXPECT_EQ(json["limits"].dump(),
            R"({"descriptors":null,"processes":7,"core_bytes":5,"core_pattern":"core.%p"})");
  EXPECT_EQ(json["memory"].dump(), R"({"available_bytes":2048,"size_bytes":4096})");
  EXPECT_EQ(
      json["disk"].dump(),
      R"([{"path":"/b","use":"the build tree","free_bytes":3072,"size_bytes":9216,"free_inodes":4},)"
      R"({"path":"/e","use":"the build tree","free_bytes":3072,"size_bytes":9216,"free_inodes":null}])");
  EXPECT_EQ(json["tools"].dump(), R"([{"name":"cmake","path":"/c","version":"3.25.1"}])");
}

TEST(Diagnosis, JsonHasNoNumberThatIsNotKnown) {
  Diagnosis diagnosis = diagnosis_of({});
  diagnosis.machine.tools.all = {{ToolIs::build_tool, "make", "/m"}};
  diagnosis.machine.tools.all[0].state = {ToolState::Answer::version, "", "hello"};
  const auto json = nlohmann::ordered_json::parse(to_json(diagnosis))["machine"];
  EXPECT_EQ(json["memory"].dump(), R"({"available_bytes":null,"size_bytes":null})");
  EXPECT_EQ(json["tools"].dump(), R"([{"name":"make","path":"/m","version":null}])");
}

TEST(Diagnosis, OfEachKindWhatIsLeftOutIsCounted) {
  Findings many;
  for (int i = 0; i < 10; ++i) {
    for (const Kind kind : {Kind::program_missing, Kind::disk_full}) {
      many.push_back({kind, "a", "", "do it", "make " + std::to_string(i)});
    }
  }
  many.push_back({Kind::disk_full, "b", "", "do it", "scons"});
  many.push_back({Kind::program_missing, "b", "", "do it", "scons"});
  const std::string text = findings_in(diagnosis_of(many));
  EXPECT_NE(text.find("  disk: 1 more of this kind (--json has them)\n"
                      "  tests: 1 more of this kind (--json has them)\n"),
            std::string::npos)
      << text;
}

TEST(Diagnosis, JsonHasEachFindingWhole) {
  Diagnosis diagnosis = diagnosis_of({{Kind::program_missing, "\xff is missing", "", "build", ""}});
  diagnosis.unseen = {"the tests"};
  diagnosis.machine.limits.descriptors.soft = 1024;
  const auto json = nlohmann::json::parse(to_json(diagnosis));
  EXPECT_EQ(json["version"], 1);
  EXPECT_EQ(json["tree"], "/b");
  EXPECT_EQ(json["wrong"], true);
  const auto& finding = json["findings"][0];
  EXPECT_EQ(finding["severity"], "wrong");
  EXPECT_EQ(finding["area"], "tests");
  EXPECT_EQ(finding["finding"], "program_missing");
  EXPECT_EQ(finding["what"], "\xEF\xBF\xBD is missing");
  EXPECT_EQ(finding["advice"], "build");
  EXPECT_TRUE(finding["where"].is_null());
  EXPECT_TRUE(finding["command"].is_null());
  const auto other = nlohmann::json::parse(to_json(
      diagnosis_of({{Kind::program_old, "old", "/b/a b", "build", "make", "a b"}})))["findings"][0];
  EXPECT_EQ(other["where"], "/b/a b");
  EXPECT_EQ(other["command"], "make --target 'a b'");
  EXPECT_EQ(json["not_looked_at"][0], "the tests");
  EXPECT_EQ(json["machine"]["limits"]["descriptors"], 1024);
  EXPECT_TRUE(json["machine"]["limits"]["processes"].is_null());
  EXPECT_TRUE(nlohmann::json::parse(to_json(Diagnosis{}))["tree"].is_null());
}

// A tree in which nothing is, as the command gives it to doctor.
class ExaminedTree : public testing::Test {
 protected:
  ExaminedTree() {
    order_.tree = tree_.path();
    order_.cached = [this](const std::string& name) {
      const auto found = cache_.find(name);
      return found == cache_.end() ? std::string() : found->second;
    };
  }

  Diagnosis examined() const { return examine_tree(order_, Milliseconds{60'000}); }
  static Findings of_kind(const Diagnosis& diagnosis, Kind kind) {
    Findings found = diagnosis.findings;
    std::erase_if(found, [&](const Finding& one) { return one.kind != kind; });
    return found;
  }
  static ListedTest listed(const std::string& name, std::vector<std::string> command) {
    ListedTest test;
    test.name = name;
    test.command = std::move(command);
    return test;
  }
  // Whether this could not be looked at.
  static bool is_unseen(const Diagnosis& diagnosis, const std::string& what) {
    return std::ranges::find(diagnosis.unseen, what) != diagnosis.unseen.end();
  }

  os::Scratch tree_;
  std::map<std::string, std::string> cache_;
  TreeOrder order_;
};

TEST_F(ExaminedTree, WhyItsTestsAreNotKnownIsSaid) {
  order_.listing.unseen = "expected --config";
  const Diagnosis unasked = examined();
  EXPECT_TRUE(is_unseen(unasked, "the tests: expected --config"));
  EXPECT_TRUE(of_kind(unasked, Kind::tests_unlisted).empty());
  EXPECT_TRUE(of_kind(unasked, Kind::no_tests).empty());
  EXPECT_EQ(unasked.tree, tree_.path());
  order_.listing = {.said = "holdfast: \"t\": no such property\n",
                    .trouble = "ctest took too long"};
  const Diagnosis failed = examined();
  ASSERT_EQ(of_kind(failed, Kind::tests_unlisted).size(), 1U);
  const Finding unlisted = of_kind(failed, Kind::tests_unlisted)[0];
  EXPECT_EQ(unlisted.what, "ctest took too long");
  EXPECT_EQ(unlisted.where, tree_.path());
  EXPECT_EQ(unlisted.command, "ctest --test-dir " + tree_.path() + " -N");
  ASSERT_EQ(of_kind(failed, Kind::said_by_ctest).size(), 1U);
  EXPECT_EQ(of_kind(failed, Kind::said_by_ctest)[0].what, "\"t\": no such property");
  EXPECT_TRUE(of_kind(failed, Kind::no_tests).empty());
}

TEST_F(ExaminedTree, WithoutNinjaTheAgeOfProgramsIsNotKnown) {
  order_.listing.tests = {listed("a", {"/bin/sh"})};
  EXPECT_TRUE(is_unseen(examined(),
                        "whether programs are older than their sources: the tree is built by "
                        "another tool, and only Ninja says it"));
  cache_["CMAKE_GENERATOR"] = "Unix Makefiles";
  EXPECT_TRUE(is_unseen(examined(),
                        "whether programs are older than their sources: the tree is built by Unix "
                        "Makefiles, and only Ninja says it"));
}

TEST_F(ExaminedTree, ItsProgramsAreThoseOfTheConfiguration) {
  const std::string ninja = os::find_program("ninja");
  if (ninja.empty()) GTEST_SKIP() << "no ninja in PATH";
  cache_ = {{"CMAKE_GENERATOR", "Ninja Multi-Config"}, {"CMAKE_MAKE_PROGRAM", ninja}};
  order_.configuration = "Debug";
  const std::string tree = tree_.path();
  std::ofstream(tree + "/s") << "source";
  std::ofstream(tree + "/build-Debug.ninja")
      << "rule touch\n  command = touch $out\nbuild p: touch s\nbuild q: touch s\n";
  ASSERT_EQ(std::system((ninja + " -C " + tree + " -f build-Debug.ninja q >/dev/null").c_str()), 0);
  const auto later = std::filesystem::last_write_time(tree + "/q") + std::chrono::seconds(1);
  std::filesystem::last_write_time(tree + "/s", later);
  order_.listing.tests = {listed("a", {tree + "/p"}), listed("b", {"/bin/sh", tree + "/q"})};
  const Diagnosis diagnosis = examined();
  const Findings missing = of_kind(diagnosis, Kind::program_missing);
  ASSERT_EQ(missing.size(), 1U) << to_text(diagnosis);
  EXPECT_EQ(missing[0].what, "\"a\": the program does not exist: " + tree + "/p");
  EXPECT_EQ(missing[0].command, "cmake --build " + tree + " --config Debug");
  EXPECT_EQ(missing[0].target, "p");
  const Findings old = of_kind(diagnosis, Kind::program_old);
  ASSERT_EQ(old.size(), 1U) << to_text(diagnosis);
  EXPECT_EQ(old[0].what, "\"b\": the program is older than its sources: " + tree + "/q");
  EXPECT_EQ(old[0].command, "cmake --build " + tree + " --config Debug");
  EXPECT_EQ(old[0].target, "q");
}

TEST_F(ExaminedTree, FilesThatTestsNameMayBeOfTheFuture) {
  const std::string tree = tree_.path();
  for (const char* const name : {"/input", "/script", "/CMakeCache.txt"}) {
    std::ofstream(tree + name) << "text";
    const auto now = std::filesystem::last_write_time(tree + name);
    std::filesystem::last_write_time(tree + name, now + std::chrono::hours(1));
  }
  ListedTest test = listed("a", {"/bin/sh", "script"});
  test.directory = tree;
  test.required_files = {"input"};
  order_.listing.tests = {test};
  std::vector<std::string> files;
  for (const Finding& one : of_kind(examined(), Kind::file_from_future)) files.push_back(one.where);
  std::ranges::sort(files);
  EXPECT_EQ(files, (std::vector<std::string>{tree + "/CMakeCache.txt", tree + "/input",
                                             tree + "/script"}));
}

std::string read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(Reference, ThePageHasEachKindOfFinding) {
  const std::string path = std::string(HOLDFAST_SOURCE_DIRECTORY) + "/docs/reference/doctor.md";
  const std::string page = read(path);
  const std::string begin = "<!-- findings: begin, written by doctor_test -->\n";
  const std::size_t first = page.find(begin);
  const std::size_t last = page.find("<!-- findings: end -->");
  ASSERT_TRUE(first != std::string::npos && last != std::string::npos);
  std::string table = "| area | finding | severity | meaning |\n|---|---|---|---|\n";
#define HOLDFAST_FINDING(id, severity, area, meaning)                            \
  table += "| " + std::string(name_of(Area::area)) + " | `" #id "` | " +         \
           (Severity::severity == Severity::wrong ? "wrong" : "worth knowing") + \
           " | " meaning " |\n";
#include "doctor/base/findings.def"
  const std::string expected =
      page.substr(0, first + begin.size()) + "\n" + table + "\n" + page.substr(last);
  if (std::getenv("HOLDFAST_WRITE_REFERENCE") != nullptr) {
    std::ofstream(path, std::ios::binary) << expected;
  }
  EXPECT_EQ(read(path), expected) << "HOLDFAST_WRITE_REFERENCE=1 doctor_test writes " << path;
}

}  // namespace
}  // namespace holdfast::doctor
