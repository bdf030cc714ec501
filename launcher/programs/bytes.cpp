// Copies and compares bytes for holdfast-exec, which copies dozens of names and lines for each case
// of a batch. The functions of musl are made to be small. Its memcmp goes byte by byte. Its memcpy
// on x86_64 is one string instruction for any length, which is slow to start for a short name.
//
// memmove is here because musl's memmove would link musl's memcpy.
#include <cstddef>
#include <cstdint>
#include <cstring>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace {

// Sixteen bytes at any address.
struct Block {
  std::uint64_t low;
  std::uint64_t high;
};

template <class Word>
Word load(const unsigned char* from) {
  Word word;
  __builtin_memcpy(&word, from, sizeof word);  // constant length, so no call
  return word;
}

template <class Word>
void store(unsigned char* to, const Word& word) {
  __builtin_memcpy(to, &word, sizeof word);
}

// Copies the first and the last Word, which may overlap: both are read before either is written.
template <class Word>
void copy_ends(unsigned char* to, const unsigned char* from, std::size_t size) {
  const Word first = load<Word>(from);
  const Word last = load<Word>(from + size - sizeof(Word));
  store(to, first);
  store(to + size - sizeof(Word), last);
}

// Copies up to twice sizeof(Block), even if the two ranges overlap.
void copy_few(unsigned char* to, const unsigned char* from, std::size_t size) {
  if (size >= sizeof(Block)) return copy_ends<Block>(to, from, size);
  if (size >= 8) return copy_ends<std::uint64_t>(to, from, size);
  if (size >= 4) return copy_ends<std::uint32_t>(to, from, size);
  if (size >= 2) return copy_ends<std::uint16_t>(to, from, size);
  if (size == 1) *to = *from;
}

void copy_up(unsigned char* to, const unsigned char* from, std::size_t size) {
  const Block last = load<Block>(from + size - sizeof(Block));
  unsigned char* const last_place = to + size - sizeof(Block);
  for (; to < last_place; to += sizeof(Block), from += sizeof(Block)) store(to, load<Block>(from));
  store(last_place, last);
}

void copy_down(unsigned char* to, const unsigned char* from, std::size_t size) {
  const Block first = load<Block>(from);
  for (std::size_t left = size; left > sizeof(Block);) {
    left -= sizeof(Block);
    store(to + left, load<Block>(from + left));
  }
  store(to, first);
}

}  // namespace

extern "C" {

void* memcpy(void* __restrict to, const void* __restrict from, std::size_t size) {
  auto* const target = static_cast<unsigned char*>(to);
  const auto* const source = static_cast<const unsigned char*>(from);
  if (size <= 2 * sizeof(Block)) {
    copy_few(target, source, size);
  } else {
    copy_up(target, source, size);
  }
  return to;
}

void* memmove(void* to, const void* from, std::size_t size) {
  auto* const target = static_cast<unsigned char*>(to);
  const auto* const source = static_cast<const unsigned char*>(from);
  if (size <= 2 * sizeof(Block)) {
    copy_few(target, source, size);
  } else if (target <= source || target >= source + size) {
    copy_up(target, source, size);
  } else {
    copy_down(target, source, size);
  }
  return to;
}

int memcmp(const void* left, const void* right, std::size_t size) {
  const auto* a = static_cast<const unsigned char*>(left);
  const auto* b = static_cast<const unsigned char*>(right);
  for (; size >= 8; a += 8, b += 8, size -= 8) {
    if (load<std::uint64_t>(a) != load<std::uint64_t>(b)) break;
  }
  for (; size > 0; ++a, ++b, --size) {
    if (*a != *b) return *a < *b ? -1 : 1;
  }
  return 0;
}

#ifdef __SSE2__
// Lines and fields end at a byte, so this looks at sixteen bytes at a time. It may look twice at
// the last bytes, and at some after the first match: all `size` bytes must exist.
void* memchr(const void* bytes, int byte, std::size_t size) {
  const auto* at = static_cast<const unsigned char*>(bytes);
  const auto wanted = static_cast<unsigned char>(byte);
  const __m128i all_wanted = _mm_set1_epi8(static_cast<char>(wanted));
  constexpr std::size_t k_block = sizeof(__m128i);
  const unsigned char* const last = size >= k_block ? at + size - k_block : nullptr;
  while (last != nullptr) {
    const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    const int found = _mm_movemask_epi8(_mm_cmpeq_epi8(block, all_wanted));
    if (found != 0) {
      return const_cast<unsigned char*>(at + __builtin_ctz(static_cast<unsigned>(found)));
    }
    if (at == last) return nullptr;
    at = last - at > static_cast<std::ptrdiff_t>(k_block) ? at + k_block : last;
  }
  for (; size > 0; ++at, --size) {
    if (*at == wanted) return const_cast<unsigned char*>(at);
  }
  return nullptr;
}
#endif

}  // extern "C"
