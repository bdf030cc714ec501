#include "doctor/machine/memory.hpp"

#include <fmt/format.h>

#include "core/base/program_identity.hpp"
#include "doctor/machine/scarce.hpp"
#include "os/memory/free_memory.hpp"

namespace holdfast::doctor {

Memory look_at_memory() { return {os::available_memory_kb(), os::total_memory_kb()}; }

Findings check_memory(const Memory& memory) {
  if (!memory.available_kb || !memory.size_kb) return {};
  const Supply supply = supply_of(*memory.available_kb, *memory.size_kb);
  if (supply == Supply::enough) return {};
  return {{supply == Supply::out ? Kind::memory_out : Kind::memory_low,
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
