#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "cli/commands.hpp"
#include "core/base/environment.hpp"
#include "core/outcome/exit_codes.hpp"
#include "core/settings/command_line.hpp"
#include "os/file/system_call.hpp"
#include "settings/project_settings.hpp"
#include "supervision/base/programs.hpp"
#include "supervision/grant/hand_over.hpp"

namespace holdfast::cli {
namespace {

// What the project's settings, found from here upward, say of the command.
Result<Values> values_for(const CommandLine& line, std::string_view command) {
  const std::string name = line.name.value_or(std::string(command.substr(command.rfind('/') + 1)));
  std::error_code error;
  const std::filesystem::path here = std::filesystem::current_path(error);
  if (error) return Values{};
  const std::optional<std::string> file = settings_file_around(here.string());
  if (!file) return Values{};
  const Result<ProjectSettings> settings = ProjectSettings::load(file, selected_profile());
  if (!settings) return settings.error();
  if (!settings->note().empty()) complain(settings->note());
  return settings->values_for(name, {});
}

// Leaves out what is only for a test of a run: a command has no cases, and no test is kept apart
// from it. The launcher adds the locks of its options to other locks. But for a command, the locks
// of its options replace those of the file.
Values fit_for_command(Values said, const CommandLine& line) {
  std::erase_if(said, [&](const Value& value) {
    return value.setting == Setting::run_serial || value.setting == Setting::isolation ||
           (value.setting == Setting::locks && !line.options.locks.empty());
  });
  // This value makes the launcher give the command a directory.
  if (last_of(said, Setting::scratch) == nullptr) {
    said.insert(said.begin(),
                {Setting::scratch, Source::file, std::string(name_of(Policy{}.scratch)), {}});
  }
  return said;
}

}  // namespace

int exec_run(char** arguments) {
  Result<std::string> launcher = supervision::launcher_program();
  if (!launcher) {
    complain(to_text(launcher.error()));
    return exit_codes::k_own_failure;
  }
  std::vector<std::string_view> words;
  for (char** word = arguments + 2; *word != nullptr; ++word) words.emplace_back(*word);
  const Result<CommandLine> line = parse_command_line(words);
  if (line && line->help) return print_help_of_run();
  std::vector<char*> all{launcher->data()};
  std::string option;
  os::UniqueFd settings;
  // If the launcher refuses the command line, the launcher itself says so.
  if (line) {
    const Result<Values> values = values_for(*line, words[line->command_at]);
    if (!values) {
      complain(to_text(values.error()));
      return exit_codes::k_own_failure;
    }
    Result<os::UniqueFd> file = supervision::hand_settings(fit_for_command(*values, *line));
    if (!file) {
      complain(to_text(file.error()));
      return exit_codes::k_own_failure;
    }
    settings = std::move(*file);
    option = std::string(k_settings_option) + "=" + std::to_string(settings.get());
    all.push_back(option.data());
  }
  for (char** word = arguments + 2; *word != nullptr; ++word) all.push_back(*word);
  all.push_back(nullptr);
  // A command is no test even if a test runs it. What ctest told the launcher of that test is not
  // meant for this command.
  ::unsetenv(std::string(environment::k_attach).c_str());
  ::execv(launcher->c_str(), all.data());
  complain(to_text(os::system_error("execute " + *launcher)));
  return exit_codes::k_own_failure;
}

}  // namespace holdfast::cli
