// A GoogleTest program that gives up rights by a library of its own.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

int enter_jail();

TEST(Library, EntersItsJail) {
  mkdir("jail", 0755);
  if (geteuid() == 0) EXPECT_EQ(enter_jail(), 0);
}
TEST(Library, Works) {}
