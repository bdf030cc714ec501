#include "forensics/hooks.hpp"

#include "os/file/system_call.hpp"

namespace holdfast::forensics {
namespace {

constexpr std::string_view k_own_prefix = "HOLDFAST_";

}  // namespace

os::BoundedOrder hook_order(const std::string& command, const HookFacts& facts,
                            const std::vector<std::string>& environment,
                            const std::string& directory, Milliseconds time) {
  os::BoundedOrder order;
  order.words = {"/bin/sh", "-c", command};
  // Our own variables are left out. Those that are true of this attempt are added below.
  for (const std::string& entry : environment) {
    if (!entry.starts_with(k_own_prefix)) order.environment.push_back(entry);
  }
  for (const Variable& fact : hook_environment(facts)) {
    order.environment.push_back(fact.name + "=" + fact.value);
  }
  order.directory = directory;
  order.time = time;
  return order;
}

Finding hook_finding(const HookFacts& facts, const os::BoundedEnd& end, Milliseconds time) {
  using Kind = os::BoundedEnd::Kind;
  std::string output = end.output.substr(0, end.output.find_last_not_of('\n') + 1);
  if (end.output_cut) output += "\n… cut off";
  const std::string below = output.empty() ? "" : "\n" + output;
  switch (end.kind) {
    case Kind::exited:
      if (end.code == 0) return {facts.hook, false, output.empty() ? "done" : output};
      return {facts.hook, false, "ended with " + std::to_string(end.code) + below};
    case Kind::signalled:
      return {facts.hook, false, "died of signal " + std::to_string(end.code) + below};
    case Kind::too_late:
      return {facts.hook, false, "not done within " + describe(time) + below};
    case Kind::not_started:
      return {facts.hook, true, to_text(os::system_error("start it", end.code))};
  }
  return {facts.hook, true, "not known"};
}

}  // namespace holdfast::forensics
