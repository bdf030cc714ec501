#include "keeper/run/googletest_programs.hpp"

#include <optional>

#include "keeper/run/stale_programs.hpp"

namespace holdfast {

TestProgram GoogletestPrograms::look_at(const std::string& path) {
  const std::optional<ProgramIdentity> seen = stat_of_program(path);
  if (!seen) return {};
  const auto [entry, is_new] = known_.try_emplace(path);
  if (is_new || entry->second.seen != *seen) entry->second = {*seen, reader_.read(path)};
  return entry->second.program;
}

}  // namespace holdfast
