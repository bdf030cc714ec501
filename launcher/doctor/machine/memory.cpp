#include "doctor/machine/memory.hpp"

#include <fmt/format.h>

#include "core/base/program_identity.hpp"
#include "os/memory/free_memory.hpp"

namespace holdfast::doctor {
namespace {

constexpr std::uint64_t k_mib = 1024;  // in KiB
constexpr std::uint64_t k_out_kb = 64 * k_mib;
constexpr std::uint64_t k_low_kb = 512 * k_mib;
constexpr std::uint64_t k_low_share = 20;  // a twentieth

}  // namespace

Memory look_at_memory() { return {os::available_memory_kb(), os::total_memory_kb()}; }

Findings check_memory(const Memory& memory) {
  if (!memory.available_kb || !memory.size_kb) return {};
  const bool is_out = *memory.available_kb < k_out_kb;
  const bool is_low =
      *memory.available_kb < k_low_kb && *memory.available_kb < *memory.size_kb / k_low_share;
  if (!is_out && !is_low) return {};
  return {{is_out ? Kind::memory_out : Kind::memory_low,
           fmt::format("of the memory, {}", describe(memory)), "",
           "end what is not needed, run fewer tests at once (ctest -j), or raise the limit of the "
           "cgroup",
           "ps --sort=-rss -eo pid,rss,args | head"}};
}

std::string describe(const Memory& memory) {
  if (!memory.available_kb || !memory.size_kb) return "not known";
  return fmt::format("{} of {} available", describe_size(*memory.available_kb * 1024),
                     describe_size(*memory.size_kb * 1024));
}

}  // namespace holdfast::doctor
