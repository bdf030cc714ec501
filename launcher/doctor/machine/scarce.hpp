// When memory, or the room on a disk, is so scarce that tests fail for it.
#pragma once

#include <cstdint>

namespace holdfast::doctor {

enum class Supply : std::uint8_t { enough, low, out };

// Out: less than 64 MiB are free. Low: less than 512 MiB, and less than 5 % of the whole.
constexpr Supply supply_of(std::uint64_t free_kb, std::uint64_t size_kb) {
  if (free_kb < 64 * 1024) return Supply::out;
  return free_kb < 512 * 1024 && free_kb < size_kb / 20 ? Supply::low : Supply::enough;
}

}  // namespace holdfast::doctor
