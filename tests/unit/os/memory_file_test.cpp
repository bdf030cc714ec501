
#include <gtest/gtest.h>
#include <unistd.h>

#include "os/file/descriptors.hpp"

namespace holdfast::os {
namespace {

TEST(MemoryFile, ItIsReadFromItsBeginningHoweverOften) {
  for (const std::string& text :
       {std::string(), std::string("a\0b", 3), std::string(100'000, 'x')}) {
    const Result<UniqueFd> file = memory_file(text);
    ASSERT_TRUE(file);
    EXPECT_EQ(*read_memory_file(file->get()), text);
    EXPECT_EQ(*read_memory_file(file->get()), text);
  }
}

TEST(MemoryFile, ADescriptorThatCannotSeekIsAnError) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const UniqueFd reading(ends[0]);
  const UniqueFd writing(ends[1]);
  EXPECT_FALSE(read_memory_file(reading.get()));
  EXPECT_FALSE(read_memory_file(-1));
}

}  // namespace
}  // namespace holdfast::os
