// Most memory comes from one block in the program itself, because a plain attempt needs only some
// kilobytes. A heap would ask the kernel for pages, give them back and ask again: a dozen system
// calls for every test. What does not fit into the block (long waits, large process trees) comes
// from the heap.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>

namespace {

constexpr std::size_t k_alignment = alignof(std::max_align_t);
// A plain attempt uses less than half of the block, and untouched pages cost nothing.
constexpr std::size_t k_block_size = 64 * 1024;

alignas(k_alignment) unsigned char block[k_block_size];
std::size_t used = 0;

// Never 0, because an address at the very end of the block would not count as inside it.
std::size_t rounded(std::size_t size) {
  return (size > 0 ? size + k_alignment - 1 : k_alignment) & ~(k_alignment - 1);
}

void* allocate(std::size_t size) {
  if (size > k_block_size) return std::malloc(size);
  const std::size_t needed = rounded(size);
  if (needed > k_block_size - used) return std::malloc(size);
  void* memory = block + used;
  used += needed;
  return memory;
}

bool is_of_block(const void* memory) {
  const auto address = reinterpret_cast<std::uintptr_t>(memory);
  const auto first = reinterpret_cast<std::uintptr_t>(block);
  return address - first < k_block_size;
}

void release(void* memory) {
  if (!is_of_block(memory)) std::free(memory);
}

// Only the piece that was given out last makes room again. Usually that is a string that was read
// and parsed.
void release(void* memory, std::size_t size) {
  if (!is_of_block(memory)) return std::free(memory);
  if (static_cast<unsigned char*>(memory) + rounded(size) == block + used) used -= rounded(size);
}

}  // namespace

void* operator new(std::size_t size) {
  void* memory = allocate(size);
  if (memory == nullptr) std::abort();
  return memory;
}
void operator delete(void* memory) noexcept { release(memory); }
void operator delete(void* memory, std::size_t size) noexcept { release(memory, size); }

void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return allocate(size); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { release(memory); }
