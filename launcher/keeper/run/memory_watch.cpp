#include "keeper/run/memory_watch.hpp"

#include "core/base/number.hpp"
#include "keeper/base/keeper_socket.hpp"
#include "os/process/process.hpp"

namespace holdfast {

void MemoryWatch::note_start(Connection& connection) const {
  connection.memory = claims_.start(events_.count());
}

wire::Message MemoryWatch::answer(const wire::Message& question, const Connection& asker) {
  wire::Message reply(wire::k_memory);
  if (asker.attempt.empty()) return reply;
  const pid_t pid = leading_number<pid_t>(question.get("main")).value_or(0);
  // The kernel's log names the victim. We ask the counter too. That claims the counter's rise, so
  // that the rise does not explain another death.
  const bool named = os::kernel_log_names_victim(pid, os::age_of(asker.launcher));
  const bool counted = claims_.explains_death(asker.memory, events_.count());
  if (named || counted) reply.add("sure", "1");
  return reply;
}

}  // namespace holdfast
