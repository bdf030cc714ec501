// A GoogleTest program that becomes another user by a function whose name it does not import.
// Nothing in its file says that it can.
#include <dlfcn.h>
#include <gtest/gtest.h>
#include <sys/types.h>

TEST(Hidden, BecomesNobody) {
  using Set = int (*)(uid_t);
  const auto set = reinterpret_cast<Set>(dlsym(RTLD_DEFAULT, "setuid"));
  ASSERT_NE(set, nullptr);
  ASSERT_EQ(set(65534), 0);
}
TEST(Hidden, Works) {}
