#include "attempt/hand_over.hpp"

#include <gtest/gtest.h>

#include <string>

#include "os/file/descriptors.hpp"

namespace holdfast::supervision {
namespace {

Result<HandOver> taken_from(std::string word) {
  std::string name = "holdfast-exec";
  char* words[] = {name.data(), word.data(), nullptr};
  char** arguments = words;
  return take_over(arguments);
}

TEST(HandOver, IsEmptyForAProgramThatWasHandedNothing) {
  const Result<HandOver> held = taken_from("--name=t");
  ASSERT_TRUE(held);
  EXPECT_FALSE(held->callers);
  EXPECT_FALSE(held->grant);
}

TEST(HandOver, IsEmptyForAProgramWithoutArguments) {
  std::string name = "holdfast-exec";
  char* words[] = {name.data(), nullptr};
  char** arguments = words;
  const Result<HandOver> held = take_over(arguments);
  ASSERT_TRUE(held);
  EXPECT_FALSE(held->callers);
  EXPECT_EQ(arguments, words);
}

TEST(HandOver, ThatIsNotUnderstoodIsRefused) {
  for (const char* number : {"none", "", "-1", "987654", "99999999999"}) {
    EXPECT_FALSE(taken_from(std::string("--handed-over=") + number)) << number;
  }
  Result<os::UniqueFd> file = os::memory_file("no message");
  ASSERT_TRUE(file);
  EXPECT_FALSE(taken_from("--handed-over=" + std::to_string(file->release())));
}

}  // namespace
}  // namespace holdfast::supervision
