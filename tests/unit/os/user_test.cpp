// Users, as getent(1) prints them.
#include "os/process/user.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

namespace holdfast::os {
namespace {

TEST(User, IsALineOfPasswd) {
  const Result<User> found =
      parse_user("db:x:120:127:the server,,,:/var/lib/db:/bin/false\n", "db");
  ASSERT_TRUE(found);
  EXPECT_EQ(*found, (User{"db", 120, 127, "/var/lib/db"}));
}

TEST(User, NoLineIsNoUser) {
  for (const char* line : {"", "\n", "db", "db:x:a:127:::", "db:x:120", ":x:120:127:::"}) {
    const Result<User> found = parse_user(line, "db");
    ASSERT_FALSE(found) << line;
    EXPECT_EQ(to_text(found.error()), "`user` is \"db\", expected a user of this machine");
  }
}

TEST(User, RootIsFoundByNameAndNumber) {
  for (const char* name : {"root", "0"}) {
    const Result<User> found = find_user(name);
    ASSERT_TRUE(found) << name;
    EXPECT_EQ(found->uid, 0U);
    EXPECT_EQ(found->name, "root");
  }
  EXPECT_FALSE(find_user("--version"));
}

}  // namespace
}  // namespace holdfast::os
