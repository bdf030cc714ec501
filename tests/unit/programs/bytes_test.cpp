// Tests the functions of programs/bytes.cpp under names of their own, beside the C library's.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>

// NOLINTBEGIN(readability-identifier-naming,bugprone-suspicious-include)
#define memcpy batch_memcpy
#define memmove batch_memmove
#define memcmp batch_memcmp
#define memchr batch_memchr
#include "programs/bytes.cpp"
// NOLINTEND(readability-identifier-naming,bugprone-suspicious-include)
#undef memcpy
#undef memmove
#undef memcmp
#undef memchr

namespace holdfast {
namespace {

std::string letters(std::size_t size) {
  std::string text(size, ' ');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>('a' + i % 26 + i / 26 % 3);
  return text;
}

TEST(BatchBytes, CopiesEachLengthAndNoByteMore) {
  for (std::size_t size = 0; size < 300; ++size) {
    const std::string from = letters(size);
    std::string to(size + 2, '#');
    EXPECT_EQ(batch_memcpy(to.data() + 1, from.data(), size), to.data() + 1);
    EXPECT_EQ(to, "#" + from + "#") << size;
  }
}

TEST(BatchBytes, MovesOverItselfInBothDirections) {
  for (std::size_t size = 0; size < 100; ++size) {
    for (std::size_t from = 0; from <= 80; ++from) {
      std::string text = letters(200);
      std::string expected = text;
      expected.replace(40, size, text.substr(from, size));
      EXPECT_EQ(batch_memmove(text.data() + 40, text.data() + from, size), text.data() + 40);
      ASSERT_EQ(text, expected) << size << " bytes from " << from;
    }
  }
}

TEST(BatchBytes, ComparesAsBytesWithoutSign) {
  for (std::size_t size = 0; size < 40; ++size) {
    const std::string text = letters(size);
    EXPECT_EQ(batch_memcmp(text.data(), std::string(text).data(), size), 0);
    for (std::size_t at = 0; at < size; ++at) {
      std::string other = text;
      other[at] = '\xff';
      if (at + 1 < size) other[at + 1] = ' ';  // later bytes do not count
      EXPECT_LT(batch_memcmp(text.data(), other.data(), size), 0) << size << " at " << at;
      EXPECT_GT(batch_memcmp(other.data(), text.data(), size), 0) << size << " at " << at;
    }
  }
}

#ifdef __SSE2__
TEST(BatchBytes, FindsTheFirstOfAByteAndLooksNoFurther) {
  for (std::size_t size = 0; size < 70; ++size) {
    // The bytes around the text must not be found.
    std::string text(size + 2, 'x');
    char* const bytes = text.data() + 1;
    for (const char wanted : {'x', '\xff', '\0'}) {
      std::fill_n(bytes, size, '.');
      text.front() = text.back() = wanted;
      ASSERT_EQ(batch_memchr(bytes, wanted, size), nullptr) << size;
      for (std::size_t at = size; at > 0; --at) {
        bytes[at - 1] = wanted;  // the later ones are there, too
        ASSERT_EQ(batch_memchr(bytes, wanted, size), bytes + at - 1) << size;
      }
    }
  }
}
#endif

}  // namespace
}  // namespace holdfast
