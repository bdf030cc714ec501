// The words for a ctest, and becoming it; a script answers in ctest's place.
#include "select/ctest_call.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "os/child_process.hpp"
#include "os/scratch.hpp"

namespace holdfast::cli {
namespace {

namespace fs = std::filesystem;
using Words = std::vector<std::string>;
using Numbers = std::vector<std::size_t>;

class CtestCalls : public testing::Test {
 protected:
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(scratch_.path(name)) << text;
  }
  std::string text(const std::string& name) const {
    std::ifstream in(scratch_.path(name));
    return {std::istreambuf_iterator<char>(in), {}};
  }
  // Whoever asks it for JSON gets `json`, else it prints `shown`.
  CtestCall ctest() const {
    write("ctest",
          "#!/bin/sh\ncase \"$*\" in *json*) cat json;; *) echo \"$*\" >asked; cat shown;; esac\n");
    fs::permissions(scratch_.path("ctest"), fs::perms::owner_all);
    return {scratch_.path("ctest"), scratch_.path(), {}};
  }
  static std::string listed(const std::string& before = "") {
    return before +
           "{\n\"tests\": [{\"name\": \"a\", \"properties\": []}, {\"name\": \"b\", "
           "\"properties\": []}]}\n";
  }

  const os::Scratch scratch_;
};

TEST_F(CtestCalls, ALongListOfNumbersIsAFile) {
  const fs::path file = scratch_.path("numbers");
  const Result<Words> few = words_for({3, 5}, file);
  ASSERT_TRUE(few);
  EXPECT_EQ(*few, (Words{"-I", value_of_numbers({3, 5})}));
  EXPECT_FALSE(fs::exists(file));
  Numbers many;
  for (std::size_t i = 1; i < 4000; i += 2) many.push_back(i);
  const Result<Words> words = words_for(many, file);
  ASSERT_TRUE(words);
  EXPECT_EQ(*words, (Words{"-I", file.string()}));
  EXPECT_EQ(text("numbers"), value_of_numbers(many) + "\n") << "ctest reads whole lines";
  EXPECT_FALSE(words_for(many, scratch_.path("nowhere/numbers")));
}

TEST_F(CtestCalls, AnOrderIsAFileThatCtestIsToldOf) {
  ::unsetenv("HOLDFAST_TEST_ORDER");
  EXPECT_FALSE(put_in_order(scratch_.path("nowhere/order"), "x"));
  EXPECT_EQ(std::getenv("HOLDFAST_TEST_ORDER"), nullptr);
  EXPECT_TRUE(put_in_order(scratch_.path("order"), "x"));
  EXPECT_EQ(std::getenv("HOLDFAST_TEST_ORDER"), scratch_.path("order"));
  EXPECT_EQ(text("order"), "x");
  ::unsetenv("HOLDFAST_TEST_ORDER");
}

TEST_F(CtestCalls, WhoBecomesCtestHasItsNameItsWordsAndItsDirectory) {
  fs::create_directory(scratch_.path("in"));
  os::Child child([&] {
    // The word after the script is its $0.
    const std::string script =
        "pwd >../place; echo \"$@\" >../words; tr '\\0' '\\n' </proc/$$/cmdline >../all";
    (void)become_ctest({"sh", scratch_.path("in"), {"-c", script, "zero", "a b", ""}}, "ctest");
    return 9;
  });
  EXPECT_EQ(child.wait(), 0);
  EXPECT_EQ(text("place"), scratch_.path("in") + "\n");
  EXPECT_EQ(text("words"), "a b \n");
  EXPECT_TRUE(text("all").starts_with("ctest\n-c\n")) << text("all");
}

TEST_F(CtestCalls, WhatHindersItIsSaid) {
  const std::string here = fs::current_path();
  const Error gone = become_ctest({"ctest", scratch_.path("gone"), {}}, "ctest");
  EXPECT_NE(to_text(gone).find("enter " + scratch_.path("gone")), std::string::npos)
      << to_text(gone);
  const Error none = become_ctest({scratch_.path("none"), here, {}}, "ctest");
  EXPECT_NE(to_text(none).find("execute " + scratch_.path("none")), std::string::npos)
      << to_text(none);
}

TEST_F(CtestCalls, WhatIsSelectedIsThatPartOfTheList) {
  const CtestCall call = ctest();
  write("json", listed());
  write("shown", "  Test #2: b\nTotal Tests: 1\n");
  const RerunWords words = *rerun_words({"ctest", "-C", "Debug", "-R", "b"});
  const Result<TreeTests> all = list_tree_tests(call, words, Keys::of_namesakes);
  ASSERT_TRUE(all) << to_text(all.error());
  EXPECT_EQ(all->listed.size(), 2U);
  ASSERT_EQ(all->tests.size(), 1U);
  EXPECT_EQ(all->tests[0].name, "b");
  EXPECT_EQ(all->ranks, Numbers{2});
  EXPECT_EQ(text("asked"), "-C Debug -R b -N\n");
}

// The user's expression is wrong, or only one of the project's.
TEST_F(CtestCalls, AnExpressionThatCtestDoesNotCompileIsRefusedIfItIsTheUsers) {
  const std::string wrong =
      "RegularExpression::compile(): Unmatched parentheses.\n"
      "RegularExpression::compile(): Error in compile.\n";
  const CtestCall call = ctest();
  const RerunWords words = *rerun_words({"ctest", "-R", "("});
  write("json", listed());
  write("shown", wrong + "  Test #1: a\nTotal Tests: 1\n");
  const Result<TreeTests> refused = list_tree_tests(call, words, Keys::of_namesakes);
  ASSERT_FALSE(refused);
  EXPECT_EQ(to_text(refused.error()),
            "ctest does not compile an expression: Unmatched parentheses.");
  write("json", listed(wrong));
  const Result<TreeTests> all = list_tree_tests(call, words, Keys::of_namesakes);
  ASSERT_TRUE(all) << to_text(all.error());
  EXPECT_EQ(all->tests.size(), 1U);
  write("shown", wrong + wrong + "  Test #1: a\nTotal Tests: 1\n");
  EXPECT_FALSE(list_tree_tests(call, words, Keys::of_namesakes));
}

TEST_F(CtestCalls, WhatIsNotUnderstoodIsNoList) {
  const CtestCall call = ctest();
  const RerunWords words = *rerun_words({"ctest", "-R", "b"});
  write("json", "{\n\"tests\": 7}\n");
  EXPECT_FALSE(list_tree_tests(call, words, Keys::of_namesakes));
  write("json", listed());
  write("ctest", "#!/bin/sh\ncase \"$*\" in *json*) cat json;; *) exit 1;; esac\n");
  EXPECT_FALSE(list_tree_tests(call, words, Keys::of_namesakes)) << "which are selected?";
}

TEST(CtestWords, WithoutTestsCtestFailsUnlessAllAreDisabled) {
  TreeTests all;
  all.tests = {{"a", 1}, {"b", 2}, {"c", 3}};
  all.tests[0].is_disabled = all.tests[2].is_disabled = true;
  all.ranks = {1, 0, 2};
  EXPECT_EQ(no_tests_word(all, {0, 2}), "--no-tests=ignore");
  EXPECT_EQ(no_tests_word(all, {0, 1}), "--no-tests=error");
  EXPECT_EQ(ranks_of(all, {0, 1, 2}), (Numbers{1, 2})) << "ctest brings b along";
  EXPECT_TRUE(ranks_of(all, {1}).empty());
}

}  // namespace
}  // namespace holdfast::cli
