#include "supervision/attempt/attempt_stacks.hpp"

#include <string>
#include <utility>
#include <vector>

#include "core/ctest/ctest_limits.hpp"
#include "os/file/clock.hpp"
#include "os/process/process_tree.hpp"

namespace holdfast::supervision {

bool AttemptStacks::take() {
  tell();
  const Milliseconds now = os::monotonic_now();
  const Milliseconds time = stacks_time(now, plan_.native_end);
  if (plan_.loudness == Loudness::quiet || time.count() == 0) return false;
  std::vector<os::NamedProcess> processes = os::living_descendants(guard_.spared());
  std::erase_if(processes, [&](const os::NamedProcess& one) { return one.pid == guard_.pid(); });
  dump_.emplace(std::move(processes), now + time, plan_.command.tag);
  return true;
}

void AttemptStacks::tell() {
  if (!dump_) return;
  dump_->finish();
  tell_in_output(dump_->text());
  dump_.reset();
}

void AttemptStacks::tell_in_output(const std::string& text) const { plan_.companion->tell(text); }

}  // namespace holdfast::supervision
