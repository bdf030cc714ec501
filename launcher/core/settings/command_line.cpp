#include "core/settings/command_line.hpp"

#include <cstdint>
#include <optional>
#include <utility>

#include "core/base/test_environment.hpp"

namespace holdfast {
namespace {

enum class Option : std::uint8_t {
  name,
  lock,
  lock_timeout,
  timeout,
  grace,
  on_leak,
  containment,
  scratch,
  no_tests,
  default_env,
  step,
  tree,
  target,
  output,
  language,
  slots,
  handed_over,
  retry,
  backoff,
  retries,
  quiet,
  help
};

// What `holdfast run` has read in holdfast.toml, for the launcher, which reads no files: not for
// people (core/settings/wire_retry.hpp).
constexpr std::string_view k_retries = "--settings-of-retries";
// What a launcher tells `holdfast exec` of a step: not for people either.
constexpr std::string_view k_handed_over = "--handed-over";

std::optional<Option> option_named(std::string_view name) {
  if (name == "--name") return Option::name;
  if (name == "--lock") return Option::lock;
  if (name == "--lock-timeout") return Option::lock_timeout;
  if (name == "--timeout") return Option::timeout;
  if (name == "--grace") return Option::grace;
  if (name == "--on-leak") return Option::on_leak;
  if (name == "--containment") return Option::containment;
  if (name == "--scratch") return Option::scratch;
  if (name == "--no-tests") return Option::no_tests;
  if (name == "--default-env") return Option::default_env;
  if (name == "--step") return Option::step;
  if (name == "--tree") return Option::tree;
  if (name == "--target") return Option::target;
  if (name == "--output") return Option::output;
  if (name == "--language") return Option::language;
  if (name == "--slots") return Option::slots;
  if (name == k_handed_over) return Option::handed_over;
  if (name == "--retry") return Option::retry;
  if (name == "--backoff") return Option::backoff;
  if (name == k_retries) return Option::retries;
  if (name == "--quiet") return Option::quiet;
  if (name == "--help" || name == "-h") return Option::help;
  return std::nullopt;
}

// `--test=NAME`: `--name NAME --` in one word, as attach.cmake writes it for every test.
constexpr std::string_view k_test = "--test=";

bool takes_value(Option option) { return option != Option::quiet && option != Option::help; }

Result<void> set_duration(std::string_view name, std::string_view value,
                          std::optional<Milliseconds>& target) {
  Result<Milliseconds> parsed = parse_duration(value);
  if (!parsed) return Error{std::string(name) + " " + parsed.error().message};
  target = *parsed;
  return {};
}

Result<void> add_slots(std::string_view value, CommandLine& line) {
  Result<StepSlots> slots = parse_step_slots(value);
  if (!slots) return Error{"--slots " + slots.error().message};
  line.slots.push_back(std::move(*slots));
  return {};
}

Result<void> set_step(Option option, std::string_view name, std::string_view value,
                      CommandLine& line) {
  std::optional<BuildStep>& step = line.step;
  if (option == Option::step) {
    const std::optional<StepKind> kind = step_kind_named(value);
    if (!kind)
      return Error{"--step \"" + std::string(value) + "\": expected compile, link or custom"};
    step.emplace().kind = *kind;
    return {};
  }
  if (!step) return Error{std::string(name) + ": expected after --step"};
  if (option == Option::tree) step->tree = value;
  if (option == Option::target) step->target = value;
  if (option == Option::output) step->output = value;
  if (option == Option::language) step->language = value;
  if (option == Option::slots) return add_slots(value, line);
  if (option == Option::handed_over) step->handed = parse_step_hand_over(value);
  return {};
}

// Each adds to those before it.
Result<void> add_rules(std::string_view value, Overrides& overrides) {
  const std::string all = overrides.retry ? to_text(*overrides.retry) + "," : std::string();
  Result<RetryRules> rules = parse_retry_rules(all + std::string(value));
  if (!rules) return Error{"--retry " + rules.error().message};
  overrides.retry = std::move(*rules);
  return {};
}

Result<void> set_backoff(std::string_view value, Overrides& overrides) {
  const Result<Backoff> backoff = parse_backoff(value);
  if (!backoff) return Error{"--backoff " + backoff.error().message};
  overrides.backoff = *backoff;
  return {};
}

Result<void> apply(Option option, std::string_view name, std::string_view value,
                   CommandLine& line) {
  switch (option) {
    case Option::name:
      if (!value.empty()) line.name = value;
      return {};
    case Option::lock: {
      Result<LockSpec> spec = parse_lock_spec(value);
      if (!spec) return spec.error();
      line.overrides.locks.push_back(std::move(*spec));
      return {};
    }
    case Option::lock_timeout:
      return set_duration(name, value, line.overrides.lock_timeout);
    case Option::timeout:
      return set_duration(name, value, line.overrides.timeout);
    case Option::grace:
      return set_duration(name, value, line.overrides.grace);
    case Option::on_leak:
      line.overrides.on_leak = on_leak_named(value);
      if (line.overrides.on_leak) return {};
      return Error{"--on-leak \"" + std::string(value) + "\": expected kill, fail or ignore"};
    case Option::containment:
      line.overrides.containment = containment_named(value);
      if (line.overrides.containment) return {};
      return Error{"--containment \"" + std::string(value) + "\": expected none, cgroup or pidns"};
    case Option::scratch:
      line.overrides.scratch = scratch_named(value);
      if (line.overrides.scratch) return {};
      return Error{"--scratch \"" + std::string(value) +
                   "\": expected keep-failed, keep or remove"};
    case Option::no_tests:
      line.overrides.no_tests = no_tests_named(value);
      if (line.overrides.no_tests) return {};
      return Error{"--no-tests \"" + std::string(value) + "\": expected keep, pass, fail or skip"};
    case Option::default_env: {
      const std::size_t equals = value.find('=');
      if (equals == 0 || equals == std::string_view::npos) {
        return Error{"--default-env \"" + std::string(value) + "\": expected NAME=VALUE"};
      }
      if (is_holdfasts_own(value.substr(0, equals))) {
        return Error{"--default-env \"" + std::string(value) +
                     "\": expected no variable of Holdfast's own"};
      }
      line.overrides.environment.push_back(
          {std::string(value.substr(0, equals)), std::string(value.substr(equals + 1))});
      return {};
    }
    case Option::step:
    case Option::tree:
    case Option::target:
    case Option::output:
    case Option::language:
    case Option::slots:
    case Option::handed_over:
      return set_step(option, name, value, line);
    case Option::retry:
      return add_rules(value, line.overrides);
    case Option::backoff:
      return set_backoff(value, line.overrides);
    case Option::retries:
      line.overrides.settings_of_retries = value;
      return {};
    case Option::quiet:
      line.loudness = Loudness::quiet;
      return {};
    case Option::help:
      line.help = true;
      return {};
  }
  return {};
}

}  // namespace

Result<CommandLine> parse_command_line(const std::vector<std::string_view>& arguments) {
  CommandLine line;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string_view argument = arguments[i];
    if (argument == "--") {
      if (i + 1 == arguments.size()) return Error{"expected a command after `--`"};
      if (arguments[i + 1].empty()) return Error{"expected a command after `--`, found \"\""};
      line.command_at = i + 1;
      return line;
    }
    if (argument.starts_with(k_test)) {
      if (i + 1 == arguments.size()) {
        return Error{"expected a command after \"" + std::string(argument) + "\""};
      }
      line.name = argument.substr(k_test.size());
      line.command_at = i + 1;
      return line;
    }
    const std::size_t equals =
        argument.starts_with("--") ? argument.find('=') : std::string_view::npos;
    const std::string_view name = argument.substr(0, equals);
    const std::optional<Option> option = option_named(name);
    if (!option) {
      return Error{"unknown argument \"" + std::string(argument) +
                   "\": expected options, then `--`, then the command"};
    }
    std::string_view value;
    if (takes_value(*option)) {
      if (equals != std::string_view::npos) {
        value = argument.substr(equals + 1);
      } else if (i + 1 < arguments.size()) {
        value = arguments[++i];
      } else {
        return Error{std::string(name) + ": expected a value after it"};
      }
    } else if (equals != std::string_view::npos) {
      return Error{std::string(name) + ": takes no value"};
    }
    if (Result<void> applied = apply(*option, name, value, line); !applied) return applied.error();
    if (line.help) return line;
  }
  return Error{"expected `-- COMMAND` at the end"};
}

std::string_view help_of_run() {
  return R"(usage: holdfast run [OPTION]... -- COMMAND [ARGUMENT]...

Runs COMMAND and ends as it ended: same exit code, same signal. Whatever dies, everything that
COMMAND started is ended, gently first.

  --name N            what this run is called in messages and records
  --lock SPEC         take a lock first: NAME[:shared|:K/N][@build|@project|@user|@machine]
                      (may be repeated)
  --lock-timeout DUR  give up when the locks are not had after DUR (exit code 75)
  --timeout DUR       end COMMAND after DUR (exit code 124)
  --grace DUR         time between the gentle signal and SIGKILL (default 5s; 0: SIGKILL at once)
  --on-leak WHAT      processes left when COMMAND ends: kill (default), fail or ignore
  --containment WHAT  put around COMMAND so that nothing gets away: none (default), cgroup or pidns
  --scratch WHAT      COMMAND's own directory, HOLDFAST_TMPDIR: keep-failed (default: it goes after
                      a pass), keep or remove
  --no-tests WHAT     a GoogleTest or pytest COMMAND whose filter matches nothing: keep its exit code
                      (default), pass, fail or skip
  --default-env N=V   a variable for COMMAND where you have not set it; `N=` takes a built-in one
                      out (may be repeated)
  --retry WHAT=N      run COMMAND again, N times at most, when it failed so: exit:CODE, crash,
                      timeout, launch, oom or any (may be repeated)
  --backoff SPEC      wait before that: 2s, or exponential:500ms..30s; locks are let go meanwhile
  --quiet             say nothing but errors
  --help              this text

DUR: 500ms, 5s, 2m, 1h; a bare number is seconds; 0 is no limit.
Own exit codes: 75 lock not had in time, 124 timeout, 125 Holdfast itself failed,
126 COMMAND cannot be executed, 127 COMMAND not found.
)";
}

}  // namespace holdfast
