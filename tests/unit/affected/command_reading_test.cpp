#include "affected/command_reading.hpp"
#include "affected/build_graph.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "values/file_glob.hpp"

namespace holdfast {
namespace {

using Strings = std::vector<std::string>;

const std::string k_any(1, k_unknown);

// Shows the wildcards of a pattern: `~` is unknown text.
std::string shown(std::string text) {
  std::ranges::replace(text, k_unknown, '~');
  std::ranges::replace(text, k_star, '*');
  std::ranges::replace(text, k_one, '?');
  return text;
}

class CommandReading : public testing::Test {
 protected:
  ReadCommand read(const Strings& words) {
    CommandReader reader("/b", [&](const std::string& name) -> std::optional<std::string> {
      return name == "HOME" ? std::optional<std::string>("/home/u") : std::nullopt;
    });
    for (const auto& [name, value] : environment_) reader.set(name, value);
    reader.read(words);
    return std::move(reader).take();
  }

  ReadCommand script(const std::string& text) { return read({"sh", "-c", text}); }

  // The words of a script, without `sh` and `-c`.
  Strings words(const std::string& text) {
    Strings all;
    for (const CommandWord& word : script(text).words) all.push_back(shown(word.text));
    if (all.size() >= 2) all.erase(all.begin(), all.begin() + 2);
    return all;
  }

  Strings directories(const std::string& text) {
    Strings all = script(text).directories;
    std::ranges::transform(all, all.begin(), shown);
    return all;
  }

  std::vector<std::pair<std::string, std::string>> environment_;
};

TEST_F(CommandReading, ACommandRunsWhereItBeginsAndWhereItGoes) {
  EXPECT_EQ(directories("./p"), Strings{"/b"});
  EXPECT_EQ(directories("cd d && ./p"), (Strings{"/b", "/b/d"}));
  EXPECT_EQ(directories("cd d; cd ..; cd -; cd"), (Strings{"/b", "/b/d", "/"}));
  EXPECT_EQ(directories("(cd /s/data && cat a)"), (Strings{"/b", "/s/data"}));
  EXPECT_EQ(directories("if pushd -P d; then ls; fi"), (Strings{"/b", "/b/d"}));
  EXPECT_EQ(directories("make -C d; git -C /s log"), (Strings{"/b", "/b/d", "/s"}));
  EXPECT_EQ(directories("cd \"$NOBODY\" && ./p"), (Strings{"/b", "~"}));
  EXPECT_EQ(directories("cd $(dirname /x/y)/z"), (Strings{"/b", "~/z"}));
  EXPECT_EQ(read({"cmake", "-E", "chdir", "d", "./p"}).directories, (Strings{"/b", "/b/d"}));
}

TEST_F(CommandReading, AVariableHasAllValuesThatItMayHave) {
  EXPECT_EQ(words("P=/b/d; $P/p"), (Strings{"P=/b/d", "/b/d/p"}));
  EXPECT_EQ(words("P=/1; P=/2; \"${P}/p\""), (Strings{"P=/1", "P=/2", "/1/p", "/2/p"}));
  EXPECT_EQ(words("export P=/b/d && $P/p").back(), "/b/d/p");
  EXPECT_EQ(words("for p in a b; do ./$p").back(), "./b");
  EXPECT_EQ(words("cat ${X:-/s/y}/f"), (Strings{"cat", "~/f", "/s/y/f"}));
  EXPECT_EQ(words("cat ~/f $HOME/g"), (Strings{"cat", "/home/u/f", "/home/u/g"}));
  EXPECT_EQ(words("$P/p"), Strings{"~/p"});
  EXPECT_EQ(words("read P; ${P%/*}/p"), (Strings{"read", "P", "~/p"}));
  EXPECT_EQ(words("read P; ${P:0:4}/p").back(), "~/p");
  EXPECT_EQ(words("${A:-${B}/d}/p").back(), "~/p");
  EXPECT_EQ(words("while x; do ./$N; N=b; done")[3], "./b");
  EXPECT_EQ(words("i=1; while x; do ./$i; i=$((i+1)); done")[5], "./~");
  EXPECT_EQ(words("while x; do for f in a; do ./$f").back(), "./a");
  EXPECT_EQ(words("ls $(pwd)/x").back(), "/b/x");
  environment_ = {{"P", "/e"}};
  EXPECT_EQ(words("$P/p"), Strings{"/e/p"});
  EXPECT_EQ(words("'$P'/p"), Strings{"$P/p"});
}

TEST_F(CommandReading, ManyValuesAreUnknown) {
  EXPECT_EQ(words("for p in 1 2 3 4 5 6 7 8 9; do ./$p").back(), "./~");
  EXPECT_EQ(words("for p in 1 2 3; do ./$p$p$p").back(), "./3~~");
  EXPECT_EQ(directories("cd 1; cd 2; cd 3; cd 4; cd 5").back(), "~");
}

TEST_F(CommandReading, QuotesBackslashesAndGlobsAreThoseOfAShell) {
  EXPECT_EQ(words("cat a\\ b 'c d' \"e f\" g\\\nh"), (Strings{"cat", "a b", "c d", "e f", "gh"}));
  EXPECT_EQ(words("cat d/*.txt d/?.c d/'*' \"*\""),
            (Strings{"cat", "d/*.txt", "d/?.c", "d/*", "*"}));
  EXPECT_TRUE(is_glob(script("cat d/*.txt").words.back().text));
  EXPECT_FALSE(is_pattern(script("cat d/'*'").words.back().text));
  EXPECT_EQ(words("cat d/[ab].txt d/{x,y}.c {}"), (Strings{"cat", "d/~.txt", "d/~.c", "{}"}));
  EXPECT_EQ(words("cat [[:digit:]]*.txt {a,{b,c}}.x {1..3} [! {"),
            (Strings{"cat", "~*.txt", "~.x", "~", "[!", "{"}));
  EXPECT_EQ(words("cat $'a b' $\"c d\""), (Strings{"cat", "a b", "c d"}));
  EXPECT_EQ(words("p <in >out 2>&1 | q & r # it's"),
            (Strings{"p", "in", "out", "2", "1", "q", "r"}));
  EXPECT_EQ(words("cat a \\\n b"), (Strings{"cat", "a", "b"}));
  EXPECT_EQ(words("cat [^a]x [!]a]y []a]z"), (Strings{"cat", "~x", "~y", "~z"}));
  EXPECT_EQ(words("cat \"a\\\"b\\$c\\`d\\\ne\\f\\\\g\" \"a`ls`b\" \"a\\"),
            (Strings{"ls", "cat", "a\"b$c`de\\f\\g", "a~b", "a\\"}));
  EXPECT_EQ(words("cat ~u/x a~/y"), (Strings{"cat", "~u/x", "a~/y"}));
  EXPECT_FALSE(is_pattern(script("cat a~/y").words.back().text));
  EXPECT_EQ(words("cat 'open").back(), "open");
  EXPECT_EQ(words("cat \"open").back(), "open");
  EXPECT_EQ(words("echo $"), Strings{});
}

TEST_F(CommandReading, ScriptsWithinScriptsAreRead) {
  EXPECT_EQ(directories("sh -ec 'cd d && ./p'"), (Strings{"/b", "/b/d"}));
  EXPECT_EQ(directories("sh -c \\\n 'cd d'"), (Strings{"/b", "/b/d"}));
  EXPECT_EQ(directories("eval 'cd d'; trap 'cd e' EXIT"),
            (Strings{"/b", "/b/d", "/b/e", "/b/d/e"}));
  EXPECT_EQ(directories("x=$(cd d && ./p)"), (Strings{"/b", "/b/d"}));
  EXPECT_EQ(directories("x=`cd d`"), (Strings{"/b", "/b/d"}));
  EXPECT_EQ(read({"env", "A=/x", "bash", "-lc", "$A/p"}).words.back().text, "/x/p");
  EXPECT_EQ(read({"with-server", "cd d && ./p"}).directories, (Strings{"/b", "/b/d"}));
  EXPECT_EQ(read({"python3", "-c", "x(); cd d && p"}).directories, Strings{"/b"});
  EXPECT_EQ(read({"sh", "-c", "$1/p", "sh", "/x"}).words[3].text, "/x/p");
  EXPECT_EQ(words("f() { ./$1; }; f p")[2], "./~");
  EXPECT_EQ(words("function f { ./$1; }; f p")[3], "./~");
  std::string deep = "cd d";
  for (int i = 0; i < 50; ++i) deep = "$(" + deep + ")";
  EXPECT_EQ(directories(deep), Strings{"/b"});
  EXPECT_EQ(words(deep).back(), "~");
}

TEST_F(CommandReading, WhatAShellSetsItselfHasItsValue) {
  const auto names = [&](const Strings& command, const std::string& text) {
    const auto all = read(command).words;
    return std::ranges::find(all, text, &CommandWord::text) != all.end();
  };
  for (const char* const arguments : {"$1", "$@", "\"$*\"", "${2}"}) {
    EXPECT_TRUE(names({"sh", "-c", std::string("cat ") + arguments + "/f", "sh", "/x"}, "/x/f"))
        << arguments;
  }
  EXPECT_TRUE(names({"sh", "-c", "cat a$1"}, "a"));  // there is none
  EXPECT_TRUE(names({"sh", "-c", "set -- /x; cat $1/f"}, "/x/f"));
  EXPECT_EQ(words("cat $PWD/f").back(), "/b/f");
  EXPECT_EQ(words("cat a$#b$$c$!d$-e$?").back(), "a0b0c0d0e0");
  EXPECT_EQ(words("read -r P; ./$P").back(), "./~");
}

TEST_F(CommandReading, WhatIsNoScriptIsAWord) {
  for (const Strings& command : {Strings{"sh", "-e", "a b"}, Strings{"sh", "--norc", "a b"},
                                 Strings{"sh", "-o=c", "a b"}, Strings{"sh", "-", "a b"}}) {
    EXPECT_EQ(read(command).words.back().text, "a b") << command[1];
  }
  for (const char* const script : {"cd d", "p || cd d", "p; cd d"}) {
    EXPECT_EQ(read({"with-server", script}).directories, (Strings{"/b", "/b/d"})) << script;
    EXPECT_EQ(read({"awk", script}).directories, Strings{"/b"}) << script;
  }
  EXPECT_EQ(directories("x=$(echo ')'; cd d)"), (Strings{"/b", "/b/d"}));
}

TEST_F(CommandReading, WhatOnlyPrintsNamesNothingUnknown) {
  EXPECT_EQ(words("echo p $X a/b; exit $?; [ -z \"$X\" ]; y=$X; cd $X"),
            (Strings{"a/b", "[", "-z", "]", "cd"}));
  EXPECT_EQ(words("./echo p"), (Strings{"./echo", "p"}));
  EXPECT_EQ(words("cat $X"), (Strings{"cat", "~"}));
  EXPECT_EQ(words("$X"), Strings{"~"});
}

TEST_F(CommandReading, ABuildIsSeen) {
  EXPECT_TRUE(read({"/usr/bin/ctest", "--build-and-test", "/s/x", "y"}).builds);
  EXPECT_TRUE(read({"cmake", "--build", "y"}).builds);
  EXPECT_TRUE(script("cd y && make all").builds);
  EXPECT_TRUE(read({"timeout", "9", "/usr/bin/ninja", "-C", "y"}).builds);
  EXPECT_FALSE(read({"cmake", "-P", "x.cmake"}).builds);
  EXPECT_FALSE(read({"cmake", "-G", "Ninja", "/s/make.txt"}).builds);
}

TEST_F(CommandReading, AScriptThatIsNoScriptIsRead) {
  for (const char* const text : {"$(", "${", "`", "\\", "$((1+", "for", "for x", "cd", "((((",
                                 "&&;|", "a{", "[", "<", "'"}) {
    script(text);
  }
}

TEST(PathPattern, FitsPaths) {
  const auto is_fit = [](std::string pattern, std::string_view path) {
    std::ranges::replace(pattern, '~', k_unknown);
    std::ranges::replace(pattern, '*', k_star);
    std::ranges::replace(pattern, '?', k_one);
    return fits_pattern(pattern, path);
  };
  EXPECT_TRUE(is_fit("/a/*.txt", "/a/b.txt"));
  EXPECT_FALSE(is_fit("/a/*.txt", "/a/b/c.txt"));
  EXPECT_TRUE(is_fit("~/c.txt", "/a/b/c.txt"));
  EXPECT_FALSE(is_fit("~/c.txt", "/a/b/xc.txt"));
  EXPECT_TRUE(is_fit("/a/?", "/a/b"));
  EXPECT_FALSE(is_fit("/a?b", "/a/b"));
  EXPECT_TRUE(is_fit("~/x*y/z", "/xy/x1/xay/z"));
  EXPECT_FALSE(is_fit("~/x*y/z", "/xy/x1/xay/zz"));
  EXPECT_TRUE(is_fit("~", ""));
  EXPECT_TRUE(is_fit("a~b~c", "abbc"));
  EXPECT_FALSE(is_fit("a", ""));
}

TEST(PathPattern, JoinsPathsByTheirText) {
  EXPECT_EQ(joined_path("/b", "./d/../e//f"), "/b/e/f");
  EXPECT_EQ(joined_path("/b", "/x"), "/x");
  EXPECT_EQ(joined_path("/b", "../.."), "/");
  EXPECT_EQ(joined_path(k_any, "../p"), k_any + "/p");
  EXPECT_EQ(joined_path("/b", k_any + "/p"), k_any + "/p");
  EXPECT_EQ(joined_path("/b", k_any + "/../p"), k_any + "/p");
  EXPECT_EQ(joined_path("/b", k_any + "/d/../../p"), k_any + "/p");
  EXPECT_EQ(joined_path("/", "/b/x" + k_any + "/../p"), k_any + "/p");
  EXPECT_EQ(joined_path("/b", k_any + "/./p"), k_any + "/p");
  EXPECT_EQ(joined_path("/", "//" + k_any + "/p"), "/" + k_any + "/p");
  EXPECT_EQ(joined_path("/", "/x/../" + k_any), "/" + k_any);
}

TEST(PathPattern, FindsNodesByTheirPaths) {
  BuildGraph graph;
  for (const char* path : {"/a/b", "/a/b/c", "/a/b/d/c", "/a/bc", "/c"}) graph.node(path);
  const PathIndex index(graph);
  const auto paths = [&](const std::vector<BuildGraph::Node>& nodes) {
    Strings all;
    for (const BuildGraph::Node node : nodes) all.push_back(graph.path(node));
    std::ranges::sort(all);
    return all;
  };
  EXPECT_EQ(paths(index.below("/a/b")), (Strings{"/a/b/c", "/a/b/d/c"}));
  EXPECT_EQ(index.below("/").size(), 5U);
  EXPECT_EQ(paths(index.fitting(k_any + "/c")), (Strings{"/a/b/c", "/a/b/d/c", "/c"}));
  EXPECT_EQ(paths(index.fitting("/a/b" + k_any)), (Strings{"/a/b", "/a/b/c", "/a/b/d/c", "/a/bc"}));
  EXPECT_EQ(paths(index.fitting(std::string("/") + k_star + "/b")), Strings{"/a/b"});
  EXPECT_EQ(paths(index.fitting(k_any + "/")), Strings{});
  EXPECT_EQ(index.fitting(k_any).size(), 5U);
}

}  // namespace
}  // namespace holdfast
