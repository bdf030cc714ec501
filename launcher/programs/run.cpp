#include "programs/run.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>

#include "attempt/hand_over.hpp"
#include "attempt/programs.hpp"
#include "base/exit_codes.hpp"
#include "base/text.hpp"
#include "cluster/cluster_client.hpp"
#include "os/file/descriptors.hpp"
#include "os/file/trusted_directory.hpp"
#include "os/process/process.hpp"
#include "programs/commands.hpp"
#include "programs/reference.hpp"
#include "services/services_of_people.hpp"
#include "settings/declared_services.hpp"
#include "settings/project_settings.hpp"
#include "values/policy.hpp"
#include "values/service_state.hpp"

namespace holdfast::cli {

// `holdfast run --help`.

namespace {

constexpr std::size_t k_column = 22;

struct HelpOfOption {
  std::string_view option;
  std::string_view argument;
  std::string_view help;  // its lines
  // `kill|fail|ignore`; null, or empty: the option takes other values than some words.
  std::string (*words)() = nullptr;
};

template <typename Field>
std::string words_of_type() {
  if constexpr (Worded<Field>) {
    return separated(words_of(Field{}), "|");
  } else if constexpr (requires { requires Worded<typename Field::value_type>; }) {
    return words_of_type<typename Field::value_type>();
  } else {
    return {};
  }
}

constexpr HelpOfOption k_options[] = {
    {"--name", "N", "what this run is called in messages and records"},
#define HOLDFAST_SETTING(id, field, kind, toml, since, nothing, meaning, property, option, word, \
                         help, ...)                                                              \
  {option, word, help, words_of_type<std::remove_cvref_t<decltype(std::declval<Policy&>().field)>>},
#include "values/table.def"
    {"--tree", "DIR",
     "the build tree whose settings, services and locks are meant (default: the\none around here)"},
    {"--config", "CFG", "its configuration, where it has several"},
    {"--quiet", "", "say nothing but errors"},
    {"--help", "", "this text"},
};

std::string text_of(const HelpOfOption& row) {
  std::string text = "  " + std::string(row.option) + " " + std::string(row.argument);
  text.resize(std::max(text.size(), k_column - 1), ' ');
  for (const std::string_view line : TextParts{row.help, '\n'}) {
    text.resize(std::max(text.size() + 1, text.rfind('\n') + 1 + k_column), ' ');
    text.append(line).append("\n");
  }
  return text;
}

std::string help_of_run() {
  std::string text = R"(usage: holdfast run [OPTION]... -- COMMAND [ARGUMENT]...

Runs COMMAND and ends as it ended: same exit code, same signal. What COMMAND leaves running is then
ended, gently first (but see --on-leak). Two processes of Holdfast see to this, launcher and guard.
If one of them is killed, the other ends COMMAND and all that it started. If both are killed at the
same instant, only --containment=cgroup or --containment=pidns does.

)";
  for (const HelpOfOption& row : k_options) {
    if (!row.option.empty()) text += text_of(row);
  }
  return text + R"(
DUR: 500ms, 5s, 2m, 1h; a bare number is seconds; 0 is no limit.
Own exit codes: 75 locks not free in time, 124 timeout, 125 Holdfast itself failed,
126 COMMAND cannot be executed, 127 COMMAND not found.
)";
}

// The build tree whose services are meant. Found upward from here it must be ours or root's, as its
// services will run as us, and anybody can leave a tree in /tmp.
Result<std::string> tree_for(const CommandLine& line) {
  HOLDFAST_TRY(std::string tree, find_tree(line.tree));
  struct stat info {};
  const bool is_ours = ::stat(tree.c_str(), &info) == 0 && os::is_trusted_owner(info.st_uid);
  if (line.tree.empty() && !is_ours) {
    return ErrorInWords{"the build tree " + tree + " belongs to another user: expected --tree DIR"};
  }
  return tree;
}

// Where the uses come from: the option, the test's property, or the key in the file.
std::string origin_of_uses(const CommandLine& line, const Values& said) {
  if (last_of(line.options.said, Setting::services) != nullptr) return "--service";
  const Value* const last = last_of(said, Setting::services);
  return last->source == Source::property ? "HOLDFAST_SERVICES" : last->origin;
}

// Starts what looks after the services that the command uses. Returns the connection for the
// launcher; invalid: it uses none.
Result<os::UniqueFd> begin_services(const CommandLine& line, const LauncherOrder& start,
                                    const Policy& policy) {
  if (policy.services.empty()) return os::UniqueFd();
  HOLDFAST_TRY(const std::string tree, tree_for(line));
  HOLDFAST_TRY(const std::vector<ServiceSpec> declared,
               services_of_tree(start.project, tree, line.configuration));
  if (const Result<void> known = check_uses(policy.services, declared); !known) {
    return ErrorInWords{to_text(origin_of_uses(line, start.said), known.error())};
  }
  return start_command_services({tree, os::own_name(), start.name, declared, policy});
}

// Starts what asks for the command's locks over machines. Returns the connection for the launcher;
// invalid: the command has none.
Result<os::UniqueFd> begin_cluster(const LauncherOrder& start, const Policy& policy) {
  const bool has_any = std::ranges::any_of(
      policy.locks, [](const LockSpec& lock) { return lock.scope == LockScope::cluster; });
  return has_any ? start_cluster_client(start.project.cluster) : os::UniqueFd();
}

Result<supervision::HandOver> prepare(const CommandLine& line, const LauncherOrder& start) {
  supervision::HandOver prepared;
  prepared.said = start.said;
  // Nothing that we open may get the number of a closed stdin, stdout or stderr: the service keeper
  // would lose its connection, and the launcher would write messages to it. The launcher finds the
  // three closed, as we did.
  HOLDFAST_TRY(os::UniqueFd first, os::memory_file({}));
  HOLDFAST_DO(os::fill_closed_streams(first));
  const Result<ResolvedPolicy> resolved = resolve(start.said, {}, line.options);
  // If the launcher refuses the settings, the launcher itself says so.
  if (!resolved) return prepared;
  HOLDFAST_TRY(prepared.service_keeper.socket(), begin_services(line, start, resolved->policy));
  HOLDFAST_TRY(prepared.cluster, begin_cluster(start, resolved->policy));
  return prepared;
}

namespace fs = std::filesystem;

std::string name_of(const CommandLine& line, std::string_view command) {
  return line.name.value_or(std::string(last_part_of(command)));
}

// The project's settings: of the tree that the user names, else found from here upward.
Result<ProjectSettings> settings_for(const CommandLine& line) {
  if (!line.tree.empty()) return ProjectSettings::of_tree(line.tree);
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

std::vector<OptionWords> options_of_run() {
  std::vector<OptionWords> all;
  for (const HelpOfOption& row : k_options) {
    if (row.option.empty()) continue;
    all.push_back({std::string(row.option), std::string(row.argument), std::string(row.help)});
    std::ranges::replace(all.back().help, '\n', ' ');
    if (row.words == nullptr) continue;
    if (const std::string words = row.words(); !words.empty()) all.back().value = words;
  }
  return all;
}

int print_help_of_run() {
  const std::string text = help_of_run();
  if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0) {
    return exit_codes::k_success;
  }
  return refused(os::system_error("write to stdout"));
}

Values with_directory(Values said) {
  if (last_of(said, Setting::scratch) == nullptr) {
    said.insert(
        said.begin(),
        {Setting::scratch, Source::file, std::string(holdfast::name_of(Policy{}.scratch)), {}});
  }
  return said;
}

int become_launcher(std::vector<std::string> words, const Result<CommandLine>& line,
                    const LauncherOrder* order) {
  Result<std::string> launcher = supervision::launcher_program();
  if (!launcher) return refused(launcher.error(), exit_codes::k_own_failure);
  // A command is no test even if a test runs it. What ctest told the launcher of that test is not
  // meant for this command.
  ::unsetenv(std::string(environment::k_attach).c_str());
  std::vector<char*> all{launcher->data()};
  for (std::string& word : words) all.push_back(word.data());
  all.push_back(nullptr);
  Result<supervision::HandOver> prepared =
      order != nullptr ? prepare(*line, *order) : supervision::HandOver();
  if (!prepared) return refused(prepared.error(), exit_codes::k_own_failure);
  const Error failed = supervision::hand_over(*launcher, all.data(), environ, *prepared);
  return refused(failed, exit_codes::k_own_failure);
}

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
