#include "values/file_glob.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace holdfast {
namespace {

using Strings = std::vector<std::string>;

// The parts that were taken, of a machine on which these paths are known.
Strings taken(std::string_view word, const Strings& known) {
  Strings paths;
  find_paths(word, [&](std::string_view path) {
    if (std::ranges::find(known, path) == known.end()) return false;
    if (std::ranges::find(paths, path) == paths.end()) paths.emplace_back(path);
    return true;
  });
  return paths;
}

TEST(WordPaths, APathIsFoundWhereverAWordHasIt) {
  struct Case {
    std::string word;
    Strings found;
  };
  const std::vector<Case> cases{
      {"/b/p", {}},  // the whole word
      {"--prog=/b/p", {"/b/p"}},
      {"--define=PROG=/b/p", {"/b/p"}},
      {"--input=a.txt", {"a.txt"}},
      {"-D=X=a.txt", {"a.txt"}},
      {"a.txt x", {}},  // a word of a sentence, maybe
      {"--prog:/b/p", {"/b/p"}},
      {"-f/b/p", {"/b/p"}},
      {"-/b/p", {"/b/p"}},
      {"-fs/in.txt", {"s/in.txt"}},
      {"-Ia.txt", {"a.txt"}},
      {"x -Ia.txt,y", {"a.txt"}},
      {"--a.txt", {}},
      {"-I", {}},
      {"@/b/p", {"/b/p"}},
      {"@./q", {"./q"}},
      {"[/b/p]", {"/b/p"}},
      {"{!/b/p}", {"/b/p"}},
      {"s/in.txt#x", {"s/in.txt"}},
      {"/b/p?x=y", {"/b/p"}},
      {"/b/p; true", {"/b/p"}},
      {"cd x && ./q <s/in.txt | diff - '/b/p'", {"./q", "s/in.txt", "/b/p"}},
      {"--progs=/b/p,/b/p2;/b/p3", {"/b/p", "/b/p2", "/b/p3"}},
      {"/b/p\n", {"/b/p"}},
      {"run /b/a tree/p2 now", {"/b/a tree/p2"}},
      {"run \"/b/a tree/p2\" /b/p", {"/b/a tree/p2", "/b/p"}},
      {"/b/pp /x/b/p", {}},
      {"=", {}},
      {"", {}},
      {"/", {}},
      {"a=/", {}},
  };
  const Strings known{"/b/p", "/b/p2", "/b/p3", "./q", "s/in.txt", "a.txt", "/b/a tree/p2"};
  for (const Case& one : cases) EXPECT_EQ(taken(one.word, known), one.found) << one.word;
}

TEST(WordPaths, ALongWordIsTriedInProportionToItsLength) {
  std::string word;
  for (int i = 0; i < 1000; ++i) word += "/a b ";
  std::size_t tries = 0;
  find_paths(word, [&](std::string_view) {
    ++tries;
    return false;
  });
  EXPECT_LE(tries, 8000U);
}

}  // namespace
}  // namespace holdfast
