// Memory for holdfast-exec, which makes and drops some texts for every case of a batch. The heap of
// musl returns pages with nearly each drop and asks for them again; that took longer than all other
// work for a case. Here a dropped piece is kept for the next text of its length. Pages are touched
// in order, because each page costs as much as some cases do. The order also saves copies: a page
// that fork(2) shares is copied when it is written to again.
//
// Memory is never returned before the end: a batch uses no more than at its peak.
#include <sys/mman.h>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>

namespace {

// The head of each piece: the index of its length, or k_from_heap if it comes from the heap.
struct alignas(std::max_align_t) Head {
  std::size_t which;
};
struct Free {
  Free* next;
};

// The lengths: each number of units up to four, then the powers of two with three steps between
// each two, at a quarter, half and three quarters.
constexpr std::size_t k_unit = alignof(std::max_align_t);
constexpr std::size_t k_few_units = 4;
constexpr unsigned k_least_order = 6;
constexpr unsigned k_most_order = 17;
constexpr std::size_t k_longest = std::size_t{1} << k_most_order;
constexpr std::size_t k_lengths = k_few_units + 4 * (k_most_order - k_least_order);
constexpr std::size_t k_from_heap = k_lengths;
static_assert(k_few_units * k_unit == 1U << k_least_order);
static_assert(sizeof(Free) <= sizeof(Head) && sizeof(Head) == k_unit);

// Address space, whose pages are used as they are touched. It is less than a huge page, because the
// first touch would fill all of that with zeros.
constexpr std::size_t k_space = 1024UL * 1024UL;

Free* dropped[k_lengths];
// Enough for a small batch.
alignas(std::max_align_t) unsigned char first_space[48 * 1024];
unsigned char* next_piece = first_space;
unsigned char* space_end = first_space + sizeof first_space;

// The index of the shortest length for `size` bytes, at least one.
std::size_t length_for(std::size_t size) {
  if (size <= k_few_units * k_unit) return (size - 1) / k_unit;
  const auto order = static_cast<unsigned>(std::bit_width(size - 1)) - 1;  // of the power below
  const std::size_t quarters = ((size - 1) >> (order - 2)) - 4;            // 0 to 3, and a part
  return k_few_units + 4 * (order - k_least_order) + quarters;
}

std::size_t bytes_of(std::size_t which) {
  if (which < k_few_units) return (which + 1) * k_unit;
  const std::size_t quarters = which - k_few_units;
  return (5 + quarters % 4) << (k_least_order - 2 + quarters / 4);
}

void* begin_piece(void* piece, std::size_t which) {
  Head* head = static_cast<Head*>(piece);
  head->which = which;
  return head + 1;
}

void* from_heap(std::size_t size) {
  void* piece = size <= SIZE_MAX - sizeof(Head) ? std::malloc(size + sizeof(Head)) : nullptr;
  return piece != nullptr ? begin_piece(piece, k_from_heap) : nullptr;
}

bool take_space() {
  void* pages = ::mmap(nullptr, k_space, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (pages == MAP_FAILED) return false;
  next_piece = static_cast<unsigned char*>(pages);
  space_end = next_piece + k_space;
  return true;
}

void* allocate(std::size_t size) {
  if (size > k_longest - sizeof(Head)) return from_heap(size);
  const std::size_t which = length_for(size + sizeof(Head));
  if (Free* piece = dropped[which]; piece != nullptr) {
    dropped[which] = piece->next;
    return begin_piece(piece, which);
  }
  const std::size_t bytes = bytes_of(which);
  if (static_cast<std::size_t>(space_end - next_piece) < bytes && !take_space()) {
    return from_heap(size);
  }
  void* piece = next_piece;
  next_piece += bytes;
  return begin_piece(piece, which);
}

void release(void* memory) {
  if (memory == nullptr) return;
  Head* head = static_cast<Head*>(memory) - 1;
  const std::size_t which = head->which;
  if (which == k_from_heap) return std::free(head);
  Free* piece = reinterpret_cast<Free*>(head);
  piece->next = dropped[which];
  dropped[which] = piece;
}

}  // namespace

void* operator new(std::size_t size) {
  void* memory = allocate(size);
  if (memory == nullptr) std::abort();
  return memory;
}
void operator delete(void* memory) noexcept { release(memory); }
void operator delete(void* memory, std::size_t /*size*/) noexcept { release(memory); }

void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return allocate(size); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { release(memory); }
