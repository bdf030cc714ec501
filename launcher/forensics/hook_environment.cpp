#include "forensics/hook_environment.hpp"

namespace holdfast {

std::vector<Variable> hook_environment(const HookFacts& facts) {
  namespace env = environment;
  std::vector<Variable> variables;
  const auto add = [&](std::string_view name, const std::string& value) {
    if (!value.empty()) variables.push_back({std::string(name), value});
  };
  add(env::k_hook, facts.hook);
  add(env::k_test_name, facts.test);
  add(env::k_run_id, facts.run);
  add(env::k_attempt_id, facts.attempt_id);
  add(env::k_attempt, std::to_string(facts.attempt));
  add(env::k_tmpdir, facts.scratch);
  add(env::k_hook_output, facts.output);
  if (facts.process > 0) add(env::k_hook_pid, std::to_string(facts.process));
  if (facts.outcome) {
    add(env::k_hook_outcome, std::string(name_of(*facts.outcome)));
    if (facts.main.kind == ProcessEnd::Kind::exited) {
      add(env::k_hook_exit_code, std::to_string(facts.main.code));
    } else if (facts.main.kind == ProcessEnd::Kind::signalled) {
      add(env::k_hook_signal, std::to_string(facts.main.code));
    }
  }
  return variables;
}

}  // namespace holdfast
