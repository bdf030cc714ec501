#include "ctest/list_tests.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "values/attach.hpp"

namespace holdfast::cli {
namespace {

// A listing with these tests, as objects of JSON.
std::string listing(const std::string& tests) {
  return "{\n\"kind\":\"ctestInfo\",\"tests\":[" + tests + "]}";
}

std::string test(const std::string& name, const std::string& properties) {
  return "{\"name\":\"" + name + "\",\"properties\":[" + properties + "]}";
}

std::string modifications(const std::string& list) {
  return R"({"name":"ENVIRONMENT_MODIFICATION","value":[)" + list + "]}";
}

// The test "t" in such a listing.
ListedTest listed(const std::string& properties) {
  const auto read = all_listed(listing(test("t", properties)));
  EXPECT_TRUE(read && read->size() == 1) << properties;
  return read && !read->empty() ? read->front() : ListedTest{};
}

TEST(ListedTest, SaysWhatTheLauncherWouldBeTold) {
  const ListedTest read = listed(modifications(
      R"("HOLDFAST_P_TIMEOUT=set:30","HOLDFAST_P_RUN_SERIAL=set:1","OTHER=set:1","HOLDFAST_P_X=unset:")"));
  EXPECT_TRUE(read.properties.serial);
  ASSERT_EQ(read.said.size(), 1U);
  EXPECT_EQ(read.said[0].setting, Setting::timeout);
  EXPECT_EQ(read.said[0].source, Source::property);
  EXPECT_EQ(read.said[0].text, "30");
}

TEST(ListedTest, HasTheLabelsOfItsPropertyHoweverTheyWereTold) {
  const std::string labels = R"({"name":"LABELS","value":["fast","a b"]})";
  EXPECT_EQ(listed(labels).properties.labels, "fast,a%20b");
  EXPECT_EQ(
      listed(modifications(R"("HOLDFAST_P_LABELS=set:old")") + "," + labels).properties.labels,
      "fast,a%20b");
  EXPECT_EQ(listed("").properties.labels, "");
}

TEST(ListedTest, WithALimitOfItsOwnHasNotTheRunsLimit) {
  const std::string run = R"("HOLDFAST_P_DEFAULT_TIMEOUT=set:1500")";
  EXPECT_EQ(listed(modifications(run)).properties.default_timeout, "1500");
  for (const char* own : {"NATIVE_LIMIT", "KEPT_LIMIT"}) {
    const std::string limit = std::string(R"("HOLDFAST_P_)") + own + R"(=set:0")";
    EXPECT_EQ(listed(modifications(limit + "," + run)).properties.default_timeout, "") << own;
  }
}

TEST(ListedTest, ComesInCtestsOrderWithItsNamesakes) {
  const std::string serial = modifications(R"("HOLDFAST_P_RUN_SERIAL=set:1")");
  const auto all =
      all_listed(listing(test("u", "") + "," + test("t", serial) + "," + test("t", "")));
  ASSERT_TRUE(all);
  std::string text;
  for (const ListedTest& one : *all) text += one.name + (one.properties.serial ? "! " : " ");
  EXPECT_EQ(text, "u t! t ");
}

TEST(ListedTest, HasItsScheduleOfItsProperties) {
  const TestSchedule schedule =
      listed(
          R"({"name":"DEPENDS","value":["a"]},{"name":"FIXTURES_SETUP","value":["b"]},)"
          R"({"name":"FIXTURES_REQUIRED","value":["c"]},{"name":"FIXTURES_CLEANUP","value":["d"]})")
          .schedule;
  EXPECT_EQ(schedule, (TestSchedule{{"a"}, {"b"}, {"c"}, {"d"}}));
}

TEST(ListedTest, TheLauncherIsNotPartOfItsCommandAndTellsItsKey) {
  const auto all = all_listed(listing(
      R"({"name":"t","command":["/x/holdfast-launcher","--name","t","--","prog","1"],"properties":[]},)"
      R"({"name":"u","command":["prog","2"],"properties":[]})"));
  ASSERT_TRUE(all && all->size() == 2);
  EXPECT_EQ(all->front().command, (std::vector<std::string>{"prog", "1"}));
  EXPECT_EQ(all->front().key, key_of("t", {}));
  EXPECT_EQ(all->back().command, (std::vector<std::string>{"prog", "2"}));
  EXPECT_EQ(all->back().key, "");
}

TEST(ListedTest, ALauncherThatIsCalledOtherwiseTellsNoKey) {
  const auto command_of = [](const std::string& words) {
    const auto all =
        all_listed(listing(R"({"name":"t","command":[)" + words + R"(],"properties":[]})"));
    EXPECT_TRUE(all) << words;
    return all ? std::pair(all->front().command.size(), all->front().key)
               : std::pair(std::size_t{0}, std::string());
  };
  const std::string key = key_of("t", {});
  EXPECT_EQ(command_of(R"("/x/holdfast-exec","--name","t","--","prog")"),
            std::pair(std::size_t{1}, key));
  // A test that starts one itself, for something else.
  EXPECT_EQ(command_of(R"("/x/holdfast-launcher","--name","u","--","prog")"),
            std::pair(std::size_t{1}, std::string()));
  EXPECT_EQ(command_of(R"("/x/holdfast-launcher","--bogus")"),
            std::pair(std::size_t{2}, std::string()));
  EXPECT_EQ(command_of(""), std::pair(std::size_t{0}, std::string()));
}

TEST(ListedTest, ItsProgramIsWhereTheLauncherWouldLookForIt) {
  const auto with_program = [](const std::string& command, const std::string& path) {
    const auto all = all_listed(listing(R"({"name":"t",)" + command + R"("properties":[)" +
                                        modifications(R"("HOLDFAST_P_COMMAND=set:)" + path +
                                                      R"(","HOLDFAST_P_ARGUMENT=set:/no/x")") +
                                        "]}"));
    EXPECT_TRUE(all && all->size() == 1) << command;
    return all->front();
  };
  const std::string command = R"("command":["prog","1"],)";
  EXPECT_EQ(with_program(command, "/b/prog").command, (std::vector<std::string>{"/b/prog", "1"}));
  EXPECT_EQ(with_program(command, "b/prog").command, (std::vector<std::string>{"prog", "1"}));
  const ListedTest none = with_program("", "b/prog");
  EXPECT_TRUE(none.command.empty());
  EXPECT_EQ(none.missing, "b/prog");
  EXPECT_EQ(none.missing_arguments, std::vector<std::string>{"/no/x"});
}

TEST(ListedTest, HasTheOtherPropertiesThatCommandsLookAt) {
  const ListedTest read = listed(
      R"({"name":"ENVIRONMENT","value":["A=1","B=2"]},{"name":"REQUIRED_FILES","value":["f"]},)"
      R"({"name":"DISABLED","value":true},{"name":"WORKING_DIRECTORY","value":"/w"},)" +
      modifications(R"("A=string_append:2","HOLDFAST_P_NICE=unset:")"));
  EXPECT_EQ(read.environment, (std::vector<std::string>{"A=1", "B=2"}));
  EXPECT_EQ(read.required_files, std::vector<std::string>{"f"});
  EXPECT_TRUE(read.is_disabled);
  EXPECT_EQ(read.directory, "/w");
  EXPECT_EQ(read.modifications, std::vector<std::string>{"A=string_append:2"});
  EXPECT_EQ(read.number, 1U);
}

TEST(ListedTest, ComesAfterWhatPreTestCommandsPrint) {
  const auto read = all_listed("Setting up {all}\n" + listing(test("t", "")));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->size(), 1U);
}

TEST(ListedTest, AnythingElseIsNotUnderstood) {
  for (const char* text : {"", "No tests were found!!!", "{\n}", "{\n\"tests\":[{}]}",
                           "{\n\"tests\":[{\"name\":\"t\",\"properties\":[{\"name\":1}]}]}"}) {
    const auto read = all_listed(text);
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error().message, "ctest's list of tests was not understood");
  }
}

namespace fs = std::filesystem;

// A build tree with a program in place of ctest.
class TreeOfCtest : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/holdfast-test-listing-XXXXXX";
    ASSERT_NE(::mkdtemp(name), nullptr);
    tree_ = name;
  }
  void TearDown() override { fs::remove_all(tree_); }

  void write(const std::string& file, const std::string& text) const {
    std::ofstream(tree_ + "/" + file) << text;
  }

  ListingOrder order(const std::string& script) const {
    write("ctest", "#!/bin/sh\n" + script + "\n");
    fs::permissions(tree_ + "/ctest", fs::perms::owner_all);
    ListingOrder made{tree_ + "/ctest", tree_};
    made.time = Milliseconds{60'000};
    return made;
  }

  static std::string trouble_of(const ListingOrder& asked) {
    const Result<Listing> answer = ask_for_tests(asked);
    return answer ? std::string("none") : to_text(answer.error());
  }

  std::string tree_;
};

TEST_F(TreeOfCtest, AValueOfTheCacheIsThatOfTheWholeName) {
  EXPECT_EQ(cached_value(tree_, "A"), "");
  write("CMakeCache.txt", "//A:STRING=0\nAB:STRING=1\nA:STRING=x=y\nB:INTERNAL=\n");
  EXPECT_EQ(cached_value(tree_, "A"), "x=y");
  EXPECT_EQ(cached_value(tree_, "AB"), "1");
  EXPECT_EQ(cached_value(tree_, "B"), "");
  EXPECT_EQ(cached_value(tree_, "STRING"), "");
}

TEST_F(TreeOfCtest, ItsWordsAreTheOptionsAndTheForm) {
  ListingOrder asked = order("echo \"$*\"; echo w >&2");
  asked.options = {"-C", "Debug"};
  const Result<Listing> answer = ask_for_tests(asked);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->text, "-C Debug --show-only=json-v1\n");
  EXPECT_EQ(answer->said, "w\n");
}

TEST_F(TreeOfCtest, ItIsAskedInItsDirectoryAndWithVariablesBeforeOurs) {
  fs::create_directories(tree_ + "/sub");
  ListingOrder asked = order("pwd; echo \"$HOLDFAST_EXPLAIN $X $TMPDIR\"");
  asked.directory = tree_ + "/sub";
  asked.variables = {"X=1"};
  const Result<Listing> answer = ask_for_tests(asked);
  ASSERT_TRUE(answer);
  EXPECT_TRUE(answer->text.starts_with(fs::canonical(tree_ + "/sub").string() + "\n1 1 "))
      << answer->text;
}

TEST_F(TreeOfCtest, WhoGivesNoAnswerInTimeIsNotWaitedFor) {
  ListingOrder asked = order("exec sleep 1000");
  asked.time = Milliseconds{100};
  asked.format = "-N";
  EXPECT_EQ(trouble_of(asked), "ctest -N gave no answer within 0.1 s in " + tree_);
}

TEST_F(TreeOfCtest, TheCacheSaysWhichCtestIsOfTheTree) {
  EXPECT_EQ(ctest_of(tree_), "ctest");
  write("CMakeCache.txt", "CMAKE_CTEST_COMMAND:INTERNAL=/x/ctest\n");
  EXPECT_EQ(listing_of(tree_, "").ctest, "/x/ctest");
  EXPECT_TRUE(listing_of(tree_, "").options.empty());
  EXPECT_EQ(listing_of(tree_, "Debug").options, (std::vector<std::string>{"-C", "Debug"}));
  // Other generators have no files from which configurations could be known.
  write("build-Debug.ninja", "");
  EXPECT_TRUE(configurations_of(tree_).empty());
}

TEST_F(TreeOfCtest, OfAFailureTheErrorIsSaidAndNotTheWarningsBefore) {
  const ListingOrder asked = order(
      "printf 'CMake Warning at x:\\n  old\\n\\nCMake Error at y:\\n  bad  one\\n' >&2; exit 1");
  EXPECT_EQ(trouble_of(asked),
            "ctest --show-only=json-v1 failed in " + tree_ + ": CMake Error at y: bad one");
  EXPECT_EQ(trouble_of(order("echo plain words >&2; kill -9 $$")),
            "ctest --show-only=json-v1 failed in " + tree_ + ": plain words");
  EXPECT_EQ(trouble_of(ListingOrder{tree_ + "/nobody", tree_}),
            "failed to run " + tree_ + "/nobody: No such file or directory");
}

TEST_F(TreeOfCtest, AConfigurationIsAskedForWhereNoneWasChosen) {
  write("CMakeCache.txt", "CMAKE_GENERATOR:INTERNAL=Ninja Multi-Config\n");
  for (const char* file : {"build-Release.ninja", "build-Debug.ninja", "build.ninja"}) {
    write(file, "");
  }
  EXPECT_EQ(configurations_of(tree_), (std::vector<std::string>{"Debug", "Release"}));
  ListingOrder asked = order("exit 1");
  EXPECT_EQ(trouble_of(asked),
            "ctest --show-only=json-v1 failed in " + tree_ +
                ", which has several configurations (expected -C Debug or Release)");
  for (const char* option : {"-C", "-CDebug", "--build-config"}) {
    asked.options = {option, "Debug"};
    EXPECT_EQ(trouble_of(asked), "ctest --show-only=json-v1 failed in " + tree_) << option;
  }
}

TEST(BuildTree, ItsConfigurationsAreThoseThatWereGenerated) {
  char name[] = "/tmp/holdfast-test-tree-XXXXXX";
  ASSERT_NE(::mkdtemp(name), nullptr);
  const std::string tree = name;
  const auto write = [&](const std::string& file, const std::string& text) {
    std::ofstream(tree + "/" + file) << text;
  };
  for (const char* const file : {"build.ninja", "build-Release.ninja", "build-Debug.ninja",
                                 "build-Debug.ninja.tmp", "build-log"}) {
    write(file, "");
  }
  write("CMakeCache.txt", "CUT_OFF:STRING\nCMAKE_GENERATOR:INTERNAL=Ninja Multi-Config\n");
  EXPECT_EQ(configurations_of(tree), (std::vector<std::string>{"Debug", "Release"}));
  EXPECT_EQ(cached_value(tree, "CUT_OFF"), "");
  write("CMakeCache.txt", "CMAKE_GENERATOR:INTERNAL=Ninja\n");
  EXPECT_TRUE(configurations_of(tree).empty());
  std::filesystem::remove_all(tree);
}

}  // namespace
}  // namespace holdfast::cli
