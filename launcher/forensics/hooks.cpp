#include "forensics/hooks.hpp"

#include "core/base/environment.hpp"
#include "core/base/parts.hpp"
#include "os/file/system_call.hpp"

namespace holdfast::forensics {
namespace {

constexpr std::string_view k_own_prefix = "HOLDFAST_";

}  // namespace

os::BoundedOrder hook_order(const std::string& command, const HookFacts& facts,
                            const std::vector<std::string>& entries, Milliseconds time) {
  namespace env = holdfast::environment;
  os::BoundedOrder order;
  order.words = {"/bin/sh", "-c", command};
  order.time = time;
  // Our own variables are left out. Those that are true of this attempt are added below.
  for (const std::string& entry : entries) {
    if (!entry.starts_with(k_own_prefix)) order.environment.push_back(entry);
  }
  const auto add = [&](std::string_view name, std::string_view value) {
    if (!value.empty()) order.environment.push_back(text_of({name, "=", value}));
  };
  add(env::k_hook, facts.hook);
  add(env::k_test_name, facts.test);
  add(env::k_run_id, facts.run);
  add(env::k_attempt_id, facts.attempt_id);
  add(env::k_attempt, std::to_string(facts.attempt));
  add(env::k_tmpdir, facts.scratch);
  add(env::k_hook_output, facts.output);
  if (facts.process > 0) add(env::k_hook_pid, std::to_string(facts.process));
  if (!facts.outcome) return order;
  add(env::k_hook_outcome, name_of(*facts.outcome));
  if (facts.main.kind == ProcessEnd::Kind::exited) {
    add(env::k_hook_exit_code, std::to_string(facts.main.code));
  } else if (facts.main.kind == ProcessEnd::Kind::signalled) {
    add(env::k_hook_signal, std::to_string(facts.main.code));
  }
  return order;
}

Finding hook_finding(const std::string& hook, const os::BoundedEnd& end, Milliseconds time) {
  using Kind = os::BoundedEnd::Kind;
  std::string output = end.output.substr(0, end.output.find_last_not_of('\n') + 1);
  if (end.output_cut) output += "\n… cut off";
  const std::string below = output.empty() ? "" : "\n" + output;
  switch (end.kind) {
    case Kind::exited:
      if (end.code == 0) return {hook, false, output.empty() ? "done" : output};
      return {hook, false, "ended with " + std::to_string(end.code) + below};
    case Kind::signalled:
      return {hook, false, "died of signal " + std::to_string(end.code) + below};
    case Kind::too_late:
      return {hook, false, "not done within " + describe(time) + below};
    case Kind::not_started:
      return {hook, true, to_text(os::system_error("start it", end.code))};
  }
  return {hook, true, "not known"};
}

}  // namespace holdfast::forensics
