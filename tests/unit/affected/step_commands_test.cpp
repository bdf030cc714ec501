#include "affected/step_commands.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace holdfast::cli {
namespace {

namespace fs = std::filesystem;
using Words = std::vector<std::string>;

// A build tree with some directories, a source and headers.
class StepCommands : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/holdfast-test-steps-XXXXXX";
    ASSERT_NE(::mkdtemp(name), nullptr);
    tree_ = fs::canonical(name).string();
    for (const char* directory : {"one", "two", "three", "four", "five"}) {
      fs::create_directories(tree_ + "/" + directory);
    }
    write("a.c", "#include \"a.h\"\n");
  }
  void TearDown() override { fs::remove_all(tree_); }

  void write(const std::string& file, const std::string& text) const {
    std::ofstream(tree_ + "/" + file) << text;
  }

  static std::string listed(const std::string& output, const std::string& command) {
    return R"({"output":")" + output + R"(","command":")" + command + R"("})";
  }

  CompileCommand compile(const std::string& options) const {
    const std::string text = "[" + listed("other.o", "cc -c nothing.c") + "," +
                             listed("a.o", "cc " + options + " -o a.o -c a.c") + "]";
    const auto commands =
        read_compile_commands(text, tree_, [](std::string_view output) { return output == "a.o"; });
    EXPECT_EQ(commands.size(), 1U) << text;
    return commands.empty() ? CompileCommand() : commands.front();
  }

  std::string tree_;
};

TEST_F(StepCommands, EachOptionForHeadersNamesItsDirectory) {
  const Words all{"one", "two", "three", "four"};
  const CompileCommand apart = compile("-I one -isystem two -iquote three -idirafter four");
  EXPECT_EQ(apart.output, "a.o");
  EXPECT_EQ(apart.directories, all);
  EXPECT_EQ(apart.files, Words{"a.c"});
  EXPECT_FALSE(apart.is_elsewhere);
  const CompileCommand joined = compile("-Ione -isystemtwo -iquotethree -idirafterfour");
  EXPECT_EQ(joined.directories, all);
  EXPECT_EQ(joined.files, Words{"a.c"});
  EXPECT_FALSE(joined.is_elsewhere);
}

TEST_F(StepCommands, AForcedHeaderIsSoughtWhereTheOthersAre) {
  write("here.h", "");
  write("two/there.h", "");
  const CompileCommand found = compile("-include here.h -imacros there.h -Ione -Itwo");
  EXPECT_EQ(found.files, (Words{"a.c", "here.h", "two/there.h"}));
  EXPECT_FALSE(found.is_elsewhere);
  // The build may make it.
  EXPECT_TRUE(compile("-include gone.h -Ione").is_elsewhere);
}

TEST_F(StepCommands, WhatIsNotReadMayNameHeadersToo) {
  for (const char* word : {"@x.rsp", "--include=here.h", "--imacros=here.h", "-iprefix one/",
                           "-iwithprefix one", "-Wp,-MD,x", "--sysroot=/x", "-isysroot /x"}) {
    EXPECT_TRUE(compile(word).is_elsewhere) << word;
  }
}

TEST_F(StepCommands, WhatAHeaderIncludesIsIncludedToo) {
  write("one/a.h", "#include \"b.h\"\n#include <stdio.h>\n");
  write("three/b.h", "");
  FileNames names(tree_);
  IncludedFiles included(names,
                         [&](const std::string& name) { return name == tree_ + "/one/made.h"; });
  // Headers of the system do not change with the project.
  const Words directories{tree_ + "/one", tree_ + "/three", "/usr/include"};
  EXPECT_EQ(included.of({tree_ + "/a.c"}, directories),
            (Words{tree_ + "/a.c", tree_ + "/one/a.h", tree_ + "/three/b.h"}));
  // One that the build makes need not be there yet.
  write("m.c", "#include \"made.h\"\n");
  EXPECT_EQ(included.of({tree_ + "/m.c"}, directories),
            (Words{tree_ + "/m.c", tree_ + "/one/made.h"}));
  // Whose name a macro has, nobody knows.
  write("x.c", "#include HEADER\n");
  EXPECT_EQ(included.of({tree_ + "/x.c"}, directories), std::nullopt);
  // One that cannot be read may include anything.
  EXPECT_EQ(included.of({tree_ + "/gone.c"}, directories), std::nullopt);
}

TEST_F(StepCommands, AnIncludedFileAboveALinkIsThatOfTheRealDirectory) {
  fs::create_directories(tree_ + "/far/deep");
  fs::create_directory_symlink(tree_ + "/far/deep", tree_ + "/link");
  write("far/b.h", "");
  write("b.h", "");
  write("l.c", "#include \"../b.h\"\n");
  FileNames names(tree_);
  IncludedFiles included(names, [](const std::string&) { return false; });
  EXPECT_EQ(included.of({tree_ + "/l.c"}, {tree_ + "/link"}),
            (Words{tree_ + "/l.c", tree_ + "/far/b.h"}));
}

TEST_F(StepCommands, AStepNamesPathsWhereverItGoes) {
  const std::string text =
      "[" + listed("made", "cd one && sh ../gen.sh list.txt /s/in.txt $X/odd") + "]";
  const auto steps = read_named_paths(text, tree_, [](std::string_view) { return true; });
  ASSERT_EQ(steps.size(), 1U);
  EXPECT_EQ(steps[0].output, "made");
  const auto has = [&](const std::string& path) {
    return std::ranges::find(steps[0].paths, path) != steps[0].paths.end();
  };
  for (const char* path : {"/gen.sh", "/one/list.txt", "/list.txt"}) {
    EXPECT_TRUE(has(tree_ + path)) << path;
  }
  EXPECT_TRUE(has("/s/in.txt"));
  for (const std::string& path : steps[0].paths) EXPECT_TRUE(path.starts_with('/')) << path;
}

TEST_F(StepCommands, AnotherTextHasNone) {
  const auto any = [](std::string_view) { return true; };
  for (const char* text : {"", "ninja: error: x", "{}", "[]"}) {
    EXPECT_TRUE(read_compile_commands(text, tree_, any).empty()) << text;
  }
}

}  // namespace
}  // namespace holdfast::cli
