// Tests the memory of exec/memory.cpp, which this whole program uses.
#include "exec/memory.cpp"  // NOLINT(bugprone-suspicious-include)

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

namespace holdfast {
namespace {

struct Piece {
  unsigned char* bytes;
  std::size_t size;
  unsigned char filling;

  void fill() const { std::memset(bytes, filling, size); }
  bool is_as_filled() const {
    return std::all_of(bytes, bytes + size, [this](unsigned char byte) { return byte == filling; });
  }
};

Piece piece_of(std::size_t size) {
  static unsigned char filling = 0;
  Piece piece{static_cast<unsigned char*>(::operator new(size)), size, ++filling};
  piece.fill();
  return piece;
}

TEST(BatchMemory, EachLengthHoldsWhatItIsForAndWastesNoMoreThanAQuarter) {
  std::size_t before = 0;
  for (std::size_t size = 1; size <= k_longest; ++size) {
    const std::size_t which = length_for(size);
    ASSERT_LT(which, k_lengths) << size;
    const std::size_t bytes = bytes_of(which);
    ASSERT_GE(bytes, size);
    ASSERT_TRUE(bytes < size + k_unit || bytes <= size + size / 4) << size;
    ASSERT_EQ(bytes % k_unit, 0U) << size;
    ASSERT_GE(which, before) << size;
    before = which;
  }
}

TEST(BatchMemory, PiecesAreAlignedAndNoneLiesInAnother) {
  std::vector<Piece> pieces;
  for (std::size_t size = 0; size < 3 * k_longest / 2; size += 1 + size / 3) {
    for (int i = 0; i < 8; ++i) pieces.push_back(piece_of(size));
  }
  for (const Piece& piece : pieces) {
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(piece.bytes) % k_unit, 0U);
    EXPECT_TRUE(piece.is_as_filled()) << piece.size;
    ::operator delete(piece.bytes);
  }
}

TEST(BatchMemory, WhatIsDroppedIsUsedAgain) {
  for (const std::size_t size : {std::size_t{0}, std::size_t{100}, std::size_t{10'000}}) {
    void* const first = ::operator new(size);
    ::operator delete(first);
    EXPECT_EQ(::operator new(size), first) << size;
    ::operator delete(first);
  }
}

TEST(BatchMemory, MuchMoreThanOneSpaceHolds) {
  std::vector<Piece> pieces;
  for (std::size_t i = 0; i < 8 * k_space / 50'000; ++i) pieces.push_back(piece_of(50'000));
  for (const Piece& piece : pieces) {
    EXPECT_TRUE(piece.is_as_filled());
    ::operator delete(piece.bytes);
  }
}

TEST(BatchMemory, WhatNobodyHasIsRefusedToWhoCanBeTold) {
  volatile std::size_t all = SIZE_MAX - 8;  // hides the value from the compiler
  EXPECT_EQ(::operator new(all, std::nothrow), nullptr);
}

}  // namespace
}  // namespace holdfast
