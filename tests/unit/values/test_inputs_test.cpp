#include "values/test_inputs.hpp"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

using Files = std::vector<std::string>;

TEST(TestInputs, FileArgumentsAreSeenFromTheTestsDirectory) {
  EXPECT_EQ(file_arguments({"/usr/bin/python3", "-B", "gone.py", "./data/a", "/x/b.txt"}, "/w"),
            (Files{"/w/gone.py", "/w/data/a", "/x/b.txt"}));
  EXPECT_EQ(file_arguments({"python3", "gone.py", "/x/b"}, ""), Files{"/x/b"});
  EXPECT_EQ(file_arguments({"p", "a.c", "a.c", "./a.c"}, "/w"), Files{"/w/a.c"});
}

TEST(TestInputs, TheProgramOptionsTextAndAddressesAreNone) {
  EXPECT_EQ(file_arguments({"/bin/sh", "-c", "cat /etc/passwd; exit 4"}, "/w"), Files{});
  EXPECT_EQ(file_arguments({"p", "--config=/x/y", "-I/usr", "1.5", "word", "", "dir/", "a b.c",
                            "http://host/x.html", "$HOME/x", "*.c", "x\n.py", ".5", "A=/b/c", "-o",
                            "/x/made", "--output", "made.txt"},
                           "/w"),
            Files{});
  EXPECT_EQ(file_arguments({}, "/w"), Files{});
  EXPECT_EQ(file_arguments({"only.py"}, "/w"), Files{});
}

TEST(TestInputs, AnAbsolutePathMayHaveBlanks) {
  EXPECT_EQ(file_arguments({"python3", "/home/a b/gone.py", "/x/my data", "c d.py"}, "/w"),
            (Files{"/home/a b/gone.py", "/x/my data"}));
  EXPECT_EQ(file_arguments({"sh", "-c", "/x/run me", "/x/run --fast", "/x/a; /x/b", "/x/a > /x/b",
                            "/x/a b/", "/x y=z", "/x://a b", "-o", "/x/a b"},
                           "/w"),
            Files{});
  EXPECT_EQ(file_arguments({"server", "-c", "/x/config.ini"}, "/w"), Files{"/x/config.ini"});
}

TEST(TestInputs, NotMoreThanAFew) {
  std::vector<std::string> names;
  for (int i = 0; i < 50; ++i) names.push_back("f" + std::to_string(i) + ".c");
  std::vector<std::string_view> words{"p"};
  words.insert(words.end(), names.begin(), names.end());
  EXPECT_EQ(file_arguments(words, "/w").size(), 8U);
  const std::string longest(2000, 'a');
  EXPECT_EQ(file_arguments({"p", "/" + longest}, "/w"), Files{});
}

TEST(TestInputs, RequiredFilesAreDecodedAndAbsolute) {
  EXPECT_EQ(required_files("/a/b,x,%2Fa%2Cc,/a/b"), (Files{"/a/b", "/a,c"}));
  EXPECT_EQ(required_files(""), Files{});
}

TEST(TestInputs, OnlyWhoHasARelativeOneNeedsItsDirectory) {
  EXPECT_TRUE(has_relative_file({"python3", "gone.py"}));
  EXPECT_FALSE(has_relative_file({"python3", "/x/gone.py"}));
  EXPECT_FALSE(has_relative_file({"a/b", "-x"}));
  EXPECT_FALSE(has_relative_file({}));
}

TEST(TestInputs, WhatATestWritesIsNoInput) {
  const ProjectPlace place{"/src", "/src/build"};
  EXPECT_TRUE(is_input("/src/build/gen/x.py", Named::first, false, place));
  EXPECT_FALSE(is_input("/src/build/gen/x.py", Named::later, false, place));
  EXPECT_TRUE(is_input("/src/build/tool", Named::first, true, place));
  EXPECT_FALSE(is_input("/src/build/tool", Named::later, true, place));
  EXPECT_TRUE(is_input("/src/data/case.json", Named::later, false, place));
  EXPECT_FALSE(is_input("/src/build/out.txt", Named::first, false, place));
  EXPECT_FALSE(is_input("/tmp/out.txt", Named::first, false, place));
  EXPECT_FALSE(is_input("/srcs/out.txt", Named::first, false, place));
  EXPECT_FALSE(is_input("/src/x", Named::first, false, {}));
}

}  // namespace
}  // namespace holdfast
