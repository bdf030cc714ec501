#include "attempt/invocation.hpp"

#include <signal.h>

#include "base/text.hpp"
#include "ctest/cmake_expression.hpp"
#include "os/file/descriptors.hpp"

namespace holdfast::supervision {
namespace {

// Returns the signal with that name. Returns 0 for a name that TIMEOUT_SIGNAL_NAME cannot have.
int timeout_signal_named(std::string_view name) {
  for (const int signal : {SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2}) {
    if (name == signal_name(signal)) return signal;
  }
  return 0;
}

// ctest reads the code with atoi(3); only these values can be an exit code.
std::optional<int> parse_exit_code(std::string_view text) {
  const std::optional<int> code = take_number<int>(text);
  return code && *code >= 0 && *code <= 255 ? code : std::nullopt;
}

void read_variable(std::string_view name, std::string_view value, Invocation& invocation,
                   std::string_view& found_command) {
  namespace env = environment;
  CtestLimits& limits = invocation.limits;
  if (name == env::k_attach) {
    Result<Attach> attach = parse_attach(value);
    if (attach) {
      invocation.attach = std::move(*attach);
    } else {
      invocation.not_understood = to_text(attach.error());
    }
  } else if (name == env::k_property_enabled) {
    invocation.bare = value == "OFF";
  } else if (name == env::k_property_command) {
    found_command = value;
  } else if (name == env::k_property_native_limit) {
    if (const Result<Milliseconds> limit = parse_duration(value)) limits.raised = *limit;
  } else if (name == env::k_property_kept_limit) {
    if (const Result<Milliseconds> limit = parse_duration(value)) limits.kept = *limit;
  } else if (name == env::k_property_default_limit) {
    if (const Result<Milliseconds> limit = parse_duration(value)) limits.default_raised = *limit;
  } else if (name == env::k_property_stop_time) {
    if (const Result<Milliseconds> time = parse_duration(value)) limits.stop_time = *time;
  } else if (name == env::k_property_timeout_signal) {
    limits.end_signal = timeout_signal_named(value);
  } else if (name == env::k_property_timeout_grace) {
    if (const Result<Milliseconds> grace = parse_duration(value)) limits.end_grace = *grace;
  } else if (name == env::k_property_tells_limit) {
    invocation.limits.tells = true;
  } else if (name == env::k_property_lock_line) {
    invocation.tells_locks = true;
  } else if (name == env::k_property_timeout_line) {
    if (const Result<Milliseconds> limit = parse_duration(value)) invocation.told_timeout = *limit;
  } else if (name == env::k_property_skip_return_code) {
    invocation.skip_code = parse_exit_code(value);
  } else if (name == env::k_disable) {
    invocation.disabled = is_true_in_cmake(value);
  } else if (name == env::k_held) {
    invocation.held = value;
  } else if (name == env::k_property_judged) {
    invocation.judged = value;
  } else if (name.starts_with(env::k_property_prefix) && name != env::k_property_argument) {
    const std::string_view property = name.substr(env::k_property_prefix.size());
    if (learn(property, value, invocation.properties, invocation.said)) return;
    invocation.not_understood = text_of({name, " is of another version of Holdfast"});
  }
}

void read_environment(Invocation& invocation, std::string_view& found_command) {
  constexpr std::string_view k_prefix = "HOLDFAST_";
  for (char** entry = invocation.environment; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    if (!text.starts_with(k_prefix)) continue;
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos) continue;
    read_variable(text.substr(0, equals), text.substr(equals + 1), invocation, found_command);
  }
}

}  // namespace

std::vector<std::string_view> words_of(char** command) {
  std::vector<std::string_view> words;
  for (char** word = command; *word != nullptr; ++word) words.emplace_back(*word);
  return words;
}

TestInputs inputs_of(char** command, std::string_view required) {
  const std::vector<std::string_view> words = words_of(command);
  const std::string here = has_relative_file(words) ? os::working_directory() : std::string();
  return {file_arguments(words, here), required_files(required)};
}

void be_far_side(FarSide far, Invocation& invocation) {
  invocation.attach->ctest = far.parent;
  invocation.far = std::move(far);
  CtestLimits& limits = invocation.limits;
  limits.raised.reset();
  limits.kept.reset();
  limits.default_raised = limits.stop_time = Milliseconds{0};
  limits.tells = false;
  invocation.tells_locks = false;
  invocation.told_timeout = Milliseconds{0};
}

Result<Invocation> read_invocation(char** arguments, char** environment) {
  HOLDFAST_TRY(CommandLine line, parse_command_line(words_of(arguments + 1)));
  Invocation invocation;
  invocation.arguments = arguments;
  invocation.command = arguments + 1 + line.command_at;
  invocation.environment = environment;
  invocation.line = std::move(line);
  if (invocation.line.help) return invocation;
  std::string_view found_command;
  read_environment(invocation, found_command);
  // Without what ctest says, a test might run without its locks. The variables may also be in the
  // environment of a command that a script of ctest has started.
  if (invocation.line.is_test && !invocation.not_understood.empty()) {
    return ErrorInWords{invocation.not_understood};
  }
  if (!invocation.attach) {
    // Properties are meant for the test that ctest starts, not for commands that the test runs.
    static_cast<SaidByCtest&>(invocation) = {};
  } else if (!found_command.empty()) {
    // The text is in the inherited environment, which outlives every use.
    invocation.command[0] = const_cast<char*>(found_command.data());
  }
  if (invocation.limits.raised || invocation.limits.kept)
    invocation.properties.default_timeout.clear();
  invocation.test = invocation.line.name.value_or(std::string(last_part_of(invocation.command[0])));
  return invocation;
}

}  // namespace holdfast::supervision
