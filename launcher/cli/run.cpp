#include <fcntl.h>
#include <sys/stat.h>
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
#include "core/service/service_check.hpp"
#include "core/settings/command_line.hpp"
#include "keeper/service/command_services.hpp"
#include "keeper/service/tree_services.hpp"
#include "os/file/system_call.hpp"
#include "os/process/process.hpp"
#include "settings/project_settings.hpp"
#include "store/run_directory.hpp"
#include "supervision/base/programs.hpp"
#include "supervision/grant/hand_over.hpp"

namespace holdfast::cli {
namespace {

namespace fs = std::filesystem;

std::string name_of(const CommandLine& line, std::string_view command) {
  return line.name.value_or(std::string(command.substr(command.rfind('/') + 1)));
}

// The project's settings: of the tree that the user names, else found from here upward.
Result<ProjectSettings> settings_for(const CommandLine& line) {
  if (!line.tree.empty()) {
    return ProjectSettings::load(settings_file_of_tree(line.tree), selected_profile());
  }
  std::error_code error;
  const fs::path here = fs::current_path(error);
  if (error) return ProjectSettings{};
  const std::optional<std::string> file = settings_file_around(here.string());
  if (!file) return ProjectSettings{};
  return ProjectSettings::load(file, selected_profile());
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
    said.insert(
        said.begin(),
        {Setting::scratch, Source::file, std::string(holdfast::name_of(Policy{}.scratch)), {}});
  }
  return said;
}

bool may_use(const fs::path& tree) {
  struct stat info {};
  return ::stat(tree.c_str(), &info) == 0 && (info.st_uid == ::geteuid() || info.st_uid == 0);
}

// The build tree whose services are meant. Found upward from here it must be ours or root's, as its
// services will run as us, and anybody can leave a tree in /tmp.
Result<std::string> tree_for(const CommandLine& line) {
  Result<std::string> tree = find_tree(line.tree);
  if (tree && line.tree.empty() && !may_use(*tree)) {
    return ErrorInWords{"the build tree " + *tree +
                        " belongs to another user: expected --tree DIR"};
  }
  return tree;
}

// Where the uses come from: the option, or the key in the file.
std::string origin_of_uses(const CommandLine& line, const Values& said) {
  if (last_of(line.options.said, Setting::services) != nullptr) return "--service";
  return last_of(said, Setting::services)->origin;
}

// Starts what looks after the services that the command uses. Returns the connection for the
// launcher; invalid: it uses none.
Result<os::UniqueFd> begin_services(const CommandLine& line, const Values& said,
                                    const Settings& settings, const std::string& name) {
  const Result<ResolvedPolicy> resolved = resolve(said, {}, line.options);
  // If the launcher refuses the settings, the launcher itself says so.
  if (!resolved || resolved->policy.services.empty()) return os::UniqueFd();
  CommandServicesOrder order;
  Result<std::string> tree = tree_for(line);
  if (!tree) return tree.error();
  order.tree = std::move(*tree);
  order.uses = resolved->policy.services;
  order.containment = resolved->policy.containment;
  Result<std::vector<ServiceSpec>> declared =
      services_of_tree(settings, order.tree, line.configuration);
  if (!declared) return declared.error();
  order.declared = std::move(*declared);
  if (const Result<void> known = check_uses(order.uses, order.declared); !known) {
    return ErrorInWords{to_text(origin_of_uses(line, said), known.error())};
  }
  order.launcher = os::own_name();
  order.name = name;
  return start_command_services(order);
}

// A descriptor for the launcher, and the option that names it.
std::string option_for(std::string_view option, const os::UniqueFd& descriptor) {
  (void)::fcntl(descriptor.get(), F_SETFD, 0);
  return std::string(option) + "=" + std::to_string(descriptor.get());
}

// What the launcher gets before the words of the user.
struct ForLauncher {
  std::vector<std::string> options;
  os::UniqueFd settings;
  os::UniqueFd services;
};

Result<ForLauncher> prepare(const CommandLine& line, std::string_view command) {
  const std::string name = name_of(line, command);
  const Result<ProjectSettings> settings = settings_for(line);
  if (!settings) return settings.error();
  if (!settings->note().empty()) complain(settings->note());
  const Values said = fit_for_command(settings->values_for(name, {}), line);
  ForLauncher prepared;
  Result<os::UniqueFd> file = supervision::hand_settings(said);
  if (!file) return file.error();
  prepared.settings = std::move(*file);
  prepared.options.push_back(option_for(k_settings_option, prepared.settings));
  Result<os::UniqueFd> services = begin_services(line, said, settings->settings(), name);
  if (!services) return services.error();
  prepared.services = std::move(*services);
  if (prepared.services.valid()) {
    prepared.options.push_back(option_for(k_service_keeper_option, prepared.services));
  }
  return prepared;
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
  // A command is no test even if a test runs it. What ctest told the launcher of that test is not
  // meant for this command.
  ::unsetenv(std::string(environment::k_attach).c_str());
  ForLauncher prepared;
  // If the launcher refuses the command line, the launcher itself says so.
  if (line) {
    Result<ForLauncher> done = prepare(*line, words[line->command_at]);
    if (!done) {
      complain(to_text(done.error()));
      return exit_codes::k_own_failure;
    }
    prepared = std::move(*done);
  }
  std::vector<char*> all{launcher->data()};
  for (std::string& option : prepared.options) all.push_back(option.data());
  for (char** word = arguments + 2; *word != nullptr; ++word) all.push_back(*word);
  all.push_back(nullptr);
  ::execv(launcher->c_str(), all.data());
  complain(to_text(os::system_error("execute " + *launcher)));
  return exit_codes::k_own_failure;
}

}  // namespace holdfast::cli
