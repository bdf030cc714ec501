#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "base/exit_codes.hpp"
#include "command/commands.hpp"
#include "programs/commands.hpp"
#include "programs/launcher_start.hpp"
#include "settings/command_line.hpp"
#include "settings/project_settings.hpp"

namespace holdfast::cli {
namespace {

namespace fs = std::filesystem;

std::string name_of(const CommandLine& line, std::string_view command) {
  return line.name.value_or(std::string(command.substr(command.rfind('/') + 1)));
}

// The project's settings: of the tree that the user names, else found from here upward.
Result<ProjectSettings> settings_for(const CommandLine& line) {
  if (!line.tree.empty()) {
    return ProjectSettings::of_tree(line.tree);
  }
  std::error_code error;
  const fs::path here = fs::current_path(error);
  const std::optional<std::string> file = settings_file_around(here.string());
  if (!file) return ProjectSettings{};
  return ProjectSettings::load(file, selected_profile());
}

// Leaves out what is only for a test of a run: a command has no cases, and no test is kept apart
// from it. The launcher adds the locks of its options to other locks. But for a command, the locks
// of its options replace those of the file.
Values without_those_of_tests(Values said, const CommandLine& line) {
  std::erase_if(said, [&](const Value& value) {
    return value.setting == Setting::run_serial || value.setting == Setting::isolation ||
           (value.setting == Setting::locks && !line.options.locks.empty());
  });
  return said;
}

}  // namespace

int exec_run(const std::vector<std::string>& words) {
  const Result<CommandLine> line = parse_command_line({words.begin(), words.end()});
  if (!line) return become_launcher(words, line, nullptr);
  if (line->help) return print_help_of_run();
  // Else the command would have other locks than the tests of the tree.
  if (!line->tree.empty()) {
    if (const Result<std::string> tree = find_tree(line->tree); !tree)
      return refused(tree.error(), exit_codes::k_own_failure);
  }
  const std::string name = name_of(*line, words[line->command_at]);
  const Result<ProjectSettings> settings = settings_for(*line);
  if (!settings) return refused(settings.error(), exit_codes::k_own_failure);
  if (!settings->note().empty()) complain(settings->note());
  Values said = without_those_of_tests(settings->values_for(name, {}), *line);
  const LauncherOrder order{name, with_directory(std::move(said)), settings->settings()};
  return become_launcher(words, line, &order);
}

}  // namespace holdfast::cli
