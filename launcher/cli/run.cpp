#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "cli/commands.hpp"
#include "core/base/environment.hpp"
#include "core/outcome/exit_codes.hpp"
#include "core/settings/command_line.hpp"
#include "core/settings/settings_explanation.hpp"
#include "core/settings/wire_retry.hpp"
#include "os/file/system_call.hpp"
#include "settings/project_settings.hpp"
#include "supervision/grant/hand_over.hpp"

namespace holdfast::cli {
namespace {

// What the file says, in the launcher's words, which knows nothing of files.
std::vector<std::string> options_of(const TestValues& values) {
  std::vector<std::string> options;
  if (values.timeout) options.push_back("--timeout=" + to_text(values.timeout->value));
  if (values.grace) options.push_back("--grace=" + to_text(values.grace->value));
  if (values.lock_timeout) {
    options.push_back("--lock-timeout=" + to_text(values.lock_timeout->value));
  }
  if (values.on_leak) {
    options.push_back("--on-leak=" + std::string(name_of(values.on_leak->value)));
  }
  if (values.containment) {
    options.push_back("--containment=" + std::string(name_of(values.containment->value)));
  }
  // Always: it is what makes the launcher give the command one.
  const Scratch scratch = values.scratch ? values.scratch->value : Policy{}.scratch;
  options.push_back("--scratch=" + std::string(name_of(scratch)));
  if (values.no_tests) {
    options.push_back("--no-tests=" + std::string(name_of(values.no_tests->value)));
  }
  if (values.locks) {
    for (const LockSpec& lock : values.locks->value) options.push_back("--lock=" + to_text(lock));
  }
  for (const Said<Variable>& said : values.environment) {
    options.push_back("--default-env=" + said.value.name + "=" + said.value.value);
  }
  Policy policy;
  policy.retry = retry_policy_of(values.retry);
  policy.hooks = hooks_of(values.retry);
  if (const std::string retries = wire::retry_to_word(policy); !retries.empty()) {
    options.push_back("--settings-of-retries=" + retries);
  }
  return options;
}

// What the settings of the project around us say of the command; nothing for a command line that
// the launcher will refuse or that asks for help.
Result<TestValues> values_for(const std::vector<std::string_view>& words) {
  const Result<CommandLine> line = parse_command_line(words);
  if (!line || line->help) return TestValues{};
  const std::string_view command = words[line->command_at];
  const std::string name = line->name.value_or(std::string(command.substr(command.rfind('/') + 1)));
  std::error_code error;
  const std::filesystem::path here = std::filesystem::current_path(error);
  if (error) return TestValues{};
  const std::optional<std::string> file = settings_file_around(here.string());
  if (!file) return TestValues{};
  const Result<ProjectSettings> settings = ProjectSettings::load(file, selected_profile());
  if (!settings) return settings.error();
  if (!settings->note().empty()) complain(settings->note());
  TestValues values = settings->values_for(name, {});
  // Locks add up to the launcher; the user's are to be in place of the file's.
  if (!line->overrides.locks.empty()) values.locks.reset();
  return values;
}

}  // namespace

int exec_run(char** arguments) {
  Result<std::string> launcher = supervision::launcher_program();
  if (!launcher) {
    complain("failed to " + launcher.error().message);
    return exit_codes::k_own_failure;
  }
  std::vector<std::string_view> words;
  for (char** word = arguments + 2; *word != nullptr; ++word) words.emplace_back(*word);
  const Result<TestValues> values = values_for(words);
  if (!values) {
    complain(values.error().message);
    return exit_codes::k_own_failure;
  }
  // In front of the user's own, which come later and win.
  std::vector<std::string> options = options_of(*values);
  std::vector<char*> all{launcher->data()};
  for (std::string& option : options) all.push_back(option.data());
  for (char** word = arguments + 2; *word != nullptr; ++word) all.push_back(*word);
  all.push_back(nullptr);
  // A command that a test runs is no test: ctest's words to the launcher are not meant for it.
  ::unsetenv(std::string(environment::k_attach).c_str());
  ::execv(launcher->c_str(), all.data());
  complain(os::system_error("failed to execute " + *launcher).message);
  return exit_codes::k_own_failure;
}

}  // namespace holdfast::cli
