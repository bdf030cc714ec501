#include "values/lock_spec.hpp"

#include <gtest/gtest.h>

#include "base/random_text.hpp"

namespace holdfast {
namespace {

const LockHome k_home{"myproject", "/home/a/build"};
const LockHome k_nowhere{};

LockSpec spec(std::string_view text) {
  Result<LockSpec> parsed = parse_lock_spec(text);
  EXPECT_TRUE(parsed) << text;
  return parsed ? *parsed : LockSpec{};
}

TEST(LockPlace, IsTheDirectoryOfTheScopeAndTheNameOfTheLock) {
  EXPECT_EQ(place_of(spec("db"), k_home), "project-myproject/db");
  EXPECT_EQ(place_of(spec("db:shared"), k_home), "project-myproject/db");
  EXPECT_EQ(place_of(spec("db:1/4@user"), k_home), "user/db");
  EXPECT_EQ(place_of(spec("d b@machine"), k_home), "machine/d%20b");
  EXPECT_EQ(scope_directory(LockScope::build, k_home).rfind("build-", 0), 0U);
}

TEST(LockPlace, OutsideABuildTreeTheScopesOfATreeAreTheUsers) {
  for (const char* text : {"db", "db@build", "db@user"})
    EXPECT_EQ(place_of(spec(text), k_nowhere), "user/db");
  EXPECT_EQ(place_of(spec("db@machine"), k_nowhere), "machine/db");
}

// Two locks of one file would make a test wait for itself.
TEST(LockPlace, LocksThatMeetInTheUsersScopeAreOneLock) {
  const struct {
    LockHome home;
    std::vector<std::string_view> texts;
    std::vector<std::string> expected;
  } rows[] = {
      {k_nowhere, {"db@build", "db@user"}, {"db@user"}},
      {k_nowhere, {"db", "db@user"}, {"db@user"}},
      {k_nowhere, {"db:shared@build", "db", "db@machine"}, {"db@user", "db@machine"}},
      {{"", "/home/a/build"}, {"db", "db@build", "db@user"}, {"db@build", "db@user"}},
      {{"myproject", ""}, {"db", "db@build", "db@user"}, {"db@project", "db@user"}},
      {k_home, {"db", "db@build", "db@user"}, {"db@build", "db@project", "db@user"}},
  };
  for (const auto& row : rows) {
    std::vector<LockSpec> specs;
    for (const std::string_view text : row.texts) specs.push_back(spec(text));
    const Result<std::vector<LockSpec>> locks = locks_at(row.home, specs);
    ASSERT_TRUE(locks);
    std::vector<std::string> found;
    for (const LockSpec& one : *locks) found.push_back(to_text(one));
    EXPECT_EQ(found, row.expected);
  }
}

TEST(LockPlace, TwoTreesOfOneProjectShareItsLocksAndHaveTheirOwn) {
  const LockHome other{"myproject", "/home/a/build2"};
  EXPECT_EQ(place_of(spec("db"), k_home), place_of(spec("db"), other));
  EXPECT_NE(place_of(spec("db@build"), k_home), place_of(spec("db@build"), other));
  EXPECT_NE(place_of(spec("db"), k_home), place_of(spec("db"), {"other", "/home/a/build"}));
}

TEST(LockPlace, AnyProjectAndTreeMakeOneFileName) {
  RandomText random(13);
  const std::string keys[] = {"..", "a/../b", std::string(150, '/'), std::string(200, '%'),
                              std::string(5000, 'x')};
  for (int i = 0; i < 2'000; ++i) {
    const std::string key = i < 5 ? keys[i] : "k" + random.bytes(300);
    for (LockScope scope : {LockScope::build, LockScope::project}) {
      const std::string name = scope_directory(scope, {key, key});
      EXPECT_LE(name.size(), 255U);
      EXPECT_EQ(name.find('/'), std::string::npos) << name;
      EXPECT_NE(name, scope_directory(scope, {key + "x", key + "x"}));
    }
  }
}

}  // namespace
}  // namespace holdfast
