// Memory for the launcher of batches, which makes and drops some texts for every case. The heap of
// musl gives pages back with nearly each and asks for them again: that took longer than all the
// rest of what is done for a case. Here a piece is a power of two long, what is dropped is kept for
// the next of that length, and pages come some dozens at a time, mapped already. Not those of what
// is needed before the guard is forked: each would be copied when it is written to again.
//
// Never given back before the end: a batch uses no more than its longest moment took.
#include <sys/mman.h>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>

namespace {

// In front of each piece: its length is 2 to the power of `order`; 0: it is the heap's.
struct alignas(std::max_align_t) Head {
  std::size_t order;
};
struct Free {
  Free* next;
};

constexpr std::size_t k_chunk = 128 * 1024;
constexpr unsigned k_largest = 16;  // half a chunk: no more than that of it is left over
constexpr unsigned k_smallest = 5;
static_assert(sizeof(Head) + sizeof(Free) <= 1U << k_smallest);

Free* dropped[k_largest + 1];
alignas(std::max_align_t) unsigned char first_chunk[48 * 1024];
unsigned char* chunk = first_chunk;
std::size_t left = sizeof first_chunk;

void* begin_piece(void* piece, unsigned order) {
  Head* head = static_cast<Head*>(piece);
  head->order = order;
  return head + 1;
}

void* from_heap(std::size_t size) {
  void* piece = size <= SIZE_MAX - sizeof(Head) ? std::malloc(size + sizeof(Head)) : nullptr;
  return piece != nullptr ? begin_piece(piece, 0) : nullptr;
}

bool map_chunk() {
  void* pages = ::mmap(nullptr, k_chunk, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
  if (pages == MAP_FAILED) return false;
  chunk = static_cast<unsigned char*>(pages);
  left = k_chunk;
  return true;
}

void* allocate(std::size_t size) {
  if (size > (1U << k_largest) - sizeof(Head)) return from_heap(size);
  const auto needed = static_cast<unsigned>(std::bit_width(size + sizeof(Head) - 1));
  const unsigned order = needed < k_smallest ? k_smallest : needed;
  if (Free* piece = dropped[order]; piece != nullptr) {
    dropped[order] = piece->next;
    return begin_piece(piece, order);
  }
  const std::size_t length = std::size_t{1} << order;
  if (left < length && !map_chunk()) return from_heap(size);
  left -= length;
  return begin_piece(chunk + left, order);
}

void release(void* memory) {
  if (memory == nullptr) return;
  Head* head = static_cast<Head*>(memory) - 1;
  const std::size_t order = head->order;
  if (order == 0) return std::free(head);
  Free* piece = reinterpret_cast<Free*>(head);
  piece->next = dropped[order];
  dropped[order] = piece;
}

}  // namespace

void* operator new(std::size_t size) {
  void* memory = allocate(size);
  if (memory == nullptr) std::abort();
  return memory;
}
void* operator new[](std::size_t size) { return ::operator new(size); }
void operator delete(void* memory) noexcept { release(memory); }
void operator delete[](void* memory) noexcept { release(memory); }
void operator delete(void* memory, std::size_t /*size*/) noexcept { release(memory); }
void operator delete[](void* memory, std::size_t /*size*/) noexcept { release(memory); }

void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return allocate(size); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { release(memory); }
