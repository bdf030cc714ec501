#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <optional>
#include <string_view>
#include <utility>

#include "base/environment.hpp"
#include "base/text.hpp"
#include "batches/gtest_list.hpp"
#include "ctest/cmake_expression.hpp"
#include "ctest/environment_modification.hpp"
#include "ctest/list_tests.hpp"
#include "journal/journal_reader.hpp"
#include "journal/run_directory.hpp"
#include "os/file/descriptors.hpp"
#include "os/process/execute.hpp"
#include "os/stack/program_reader.hpp"
#include "programs/commands.hpp"
#include "programs/debugger.hpp"
#include "programs/run.hpp"
#include "report/describe.hpp"
#include "settings/project_settings.hpp"
#include "values/framework.hpp"

namespace holdfast::cli {
namespace {

constexpr std::size_t k_near_names = 3;
constexpr std::size_t k_longest_head = 256;  // of a script's first line (execve(2))

struct DebugOptions {
  std::string test;
  std::string tree;
  std::string configuration;
  std::string debugger;
  std::vector<std::string> extra;
};

struct FoundDebugger {
  Debugger kind = Debugger::gdb;
  std::string path;
};

Result<FoundDebugger> find_debugger(const std::string& wanted) {
  constexpr auto k_names = words_of(Debugger{});
  const std::optional<Debugger> one = named<Debugger>(wanted);
  if (!wanted.empty() && !one) {
    return ErrorInWords{"--debugger \"" + wanted + "\": expected " + enumeration(k_names, " or ")};
  }
  for (const std::string_view name : k_names) {
    if (one && name_of(*one) != name) continue;
    if (std::string path = os::find_program(name); !path.empty()) {
      return FoundDebugger{*named<Debugger>(name), std::move(path)};
    }
  }
  const std::string sought = one ? wanted : enumeration(k_names, " or ");
  return ErrorInWords{"no debugger in PATH: expected " + sought};
}

// What is to be debugged.
// The case of a batch that holds it, in the journal of the tree's last run; empty: none.
std::string batch_on_record(const std::string& tree, const std::string& name) {
  const Result<RunEntry> run = find_run(tree, "latest", variable(environment::k_run_id));
  if (!run) return {};
  std::string test;
  (void)read_records(run->journal, [&](const Record& record) {
    const auto* const cases = std::get_if<CasesRecord>(&record);
    if (cases == nullptr) return;
    const auto found = std::ranges::find(cases->cases, name, &CaseRecord::name);
    if (found != cases->cases.end()) test = cases->test;
  });
  return test;
}

bool is_batch(const ListedTest& test) { return last_of(test.said, Setting::isolation) != nullptr; }

// Whether the batch's filter names that case, or its whole suite, and nothing else in that place
// (gtest_cases.cmake).
bool filter_has(const ListedTest& test, const std::string& name) {
  const std::string of_case = filter_pattern(name);
  const std::string of_suite = filter_pattern(name.substr(0, name.rfind('.'))) + ".*";
  constexpr std::string_view k_option = "--gtest_filter=";
  for (std::string_view word : test.command) {
    if (!take_words(word, k_option)) continue;
    for (const std::string_view part : TextParts{word, ':'}) {
      if (part == of_case || part == of_suite) return true;
    }
  }
  return false;
}

const Framework& framework_of(FrameworkKind kind) {
  switch (kind) {
    case FrameworkKind::catch2_two:
    case FrameworkKind::catch2_three:
      return catch2();
    case FrameworkKind::doctest:
      return doctest();
    case FrameworkKind::boost:
      return boost_test();
    case FrameworkKind::googletest:
      break;
  }
  return googletest();
}

// Makes the selection of one case the only one. False: its framework cannot select that case alone,
// or is not known.
bool select_case(const std::string& name, ListedTest& test) {
  const std::vector<char*> given = os::pointers_to(test.command);
  const std::optional<FrameworkKind> kind = os::framework_of(given.data());
  if (!kind) return false;
  const Framework& framework = framework_of(*kind);
  const std::optional<std::string> selection = framework.selection_without(name, {});
  if (!selection) return false;
  std::vector<std::string> words{test.command[0]};
  for (const char* word : framework.without_selection(given.data() + 1)) words.emplace_back(word);
  words.push_back(std::string(framework.selecting_option()) + *selection);
  test.command = std::move(words);
  return true;
}

const ListedTest* find_case(const std::string& tree, const std::vector<ListedTest>& tests,
                            const std::string& name) {
  const std::string recorded = batch_on_record(tree, name);
  const bool may_be_filtered = name.find('.') != std::string::npos;
  const auto found = std::ranges::find_if(tests, [&](const ListedTest& one) {
    if (!is_batch(one) || one.command.empty()) return false;
    return one.name == recorded || (may_be_filtered && filter_has(one, name));
  });
  return found == tests.end() ? nullptr : &*found;
}

// A tree with several configurations has no test without one of them.
std::string why_no_test(const std::string& tree, const std::string& configuration) {
  const std::vector<std::string> known = configurations_of(tree);
  if (known.empty()) return {};
  const std::string where =
      configuration.empty() ? "" : " in configuration " + brief_in_quotes(configuration);
  return where + ": expected --config " + enumeration(known, " or ");
}

Result<ListedTest> find_target(const std::string& tree, const std::vector<ListedTest>& tests,
                               const DebugOptions& options) {
  const std::string& name = options.test;
  const auto test = std::ranges::find(tests, name, &ListedTest::name);
  if (test != tests.end()) return *test;
  if (const ListedTest* const batch = find_case(tree, tests, name)) {
    ListedTest found = *batch;
    if (!select_case(name, found)) {
      complain(fmt::format("{} cannot be selected alone: the whole of {} runs",
                           brief_in_quotes(name), brief_in_quotes(found.name)));
    }
    return found;
  }
  std::string line = tree + " has no test " + brief_in_quotes(name);
  if (tests.empty()) return ErrorInWords{line + why_no_test(tree, options.configuration)};
  const std::vector<std::string> near =
      look_alikes(name, collected(tests, &ListedTest::name), k_near_names);
  if (!near.empty()) {
    line += ": did you mean " + bounded_list(near, k_near_names, brief_in_quotes) + "?";
  }
  return ErrorInWords{line};
}

void tell_fixtures(const std::string& tree, const std::vector<ListedTest>& tests,
                   const ListedTest& target) {
  const std::vector<std::string>& fixtures = target.schedule.required;
  std::vector<std::string> setters;
  for (const ListedTest& test : tests) {
    const std::vector<std::string>& setup = test.schedule.setup;
    if (std::ranges::find_first_of(setup, fixtures) != setup.end()) setters.push_back(test.name);
  }
  if (setters.empty()) return;
  complain(fmt::format("its fixtures are not set up here ({}): ctest --test-dir {} -R {} does it",
                       bounded_list(fixtures, 8), for_shell(tree),
                       for_shell(expression_for_names(setters))));
}

// The words that the debugger gets. The working directory is the test's already.
Result<std::vector<std::string>> program_words(const ListedTest& target, Debugger debugger) {
  std::vector<std::string> words = target.command;
  const std::string who = "\"" + target.name + "\": ";
  if (words.empty())
    return ErrorInWords{who + "ctest finds no program for it: expected one, or --config CFG"};
  if (::access(words[0].c_str(), X_OK) != 0) {
    return ErrorInWords{who + to_text(os::system_error("execute " + words[0]))};
  }
  const Result<std::string> head = os::read_file(words[0], k_longest_head);
  const std::vector<std::string> interpreter = interpreter_of(head ? *head : "");
  if (!interpreter.empty()) {
    complain(fmt::format("{} is a script: {} gets its interpreter {}", words[0], name_of(debugger),
                         interpreter[0]));
    words.insert(words.begin(), interpreter.begin(), interpreter.end());
  } else if (is_interpreter(words[0])) {
    complain(fmt::format("{} gets {}, which runs the test", name_of(debugger), words[0]));
  }
  return words;
}

// Gives this process the test's environment. What the debugger itself should not have is in the
// result.
DebuggedCommand enter_environment(const ListedTest& test, const DebugOptions& options,
                                  Debugger debugger) {
  const std::vector<std::string> own = os::own_environment();
  std::vector<std::string> set = test.environment;
  if (!options.configuration.empty()) {
    set.insert(set.begin(), text_of({environment::k_configuration, "=", options.configuration}));
  }
  std::vector<std::string> all = modified_environment(own, set, test.modifications);
  DebuggedCommand command;
  for (const std::string_view name : {"LINES", "COLUMNS"}) {
    const auto sets_it = [&](std::string_view entry) { return name_in(entry) == name; };
    if (std::ranges::none_of(all, sets_it)) command.without.emplace_back(name);
  }
  command.inside = take_inside(debugger, all, own);
  ::clearenv();
  for (const std::string& entry : all) {
    const std::size_t equals = entry.find('=');
    ::setenv(entry.substr(0, equals).c_str(), entry.c_str() + equals + 1, 1);
  }
  // Whoever quits the debugger in the middle of a GoogleTest program has not ended it too early. An
  // empty value switches the launcher's trace off.
  ::setenv(std::string(environment::k_googletest_runs).c_str(), "", 0);
  return command;
}

// The settings of the test, for a command.
Result<Options> settings_for(const ProjectSettings& project, const ListedTest& target) {
  HOLDFAST_TRY(const ResolvedPolicy resolved,
               project.resolve(target.name, target.properties, target.said));
  for (const std::string& warning : resolved.warnings) complain(warning);
  Options settings{project.values_for(target.name, target.properties.labels),
                   resolved.policy.locks};
  settings.said.insert(settings.said.end(), target.said.begin(), target.said.end());
  // The launcher does not know RESOURCE_LOCK of a command, so locks go into options.
  std::erase_if(settings.said, [](const Value& value) {
    return row_of(value.setting).debugged == UnderDebugger::is_left_out;
  });
  return settings;
}

Result<std::vector<std::string>> launcher_words(const std::string& tree, const ListedTest& target,
                                                const Options& settings,
                                                const DebugOptions& options,
                                                const FoundDebugger& debugger) {
  if (!target.directory.empty() && ::chdir(target.directory.c_str()) != 0) {
    return os::system_error("enter " + target.directory);
  }
  HOLDFAST_TRY(std::vector<std::string> program, program_words(target, debugger.kind));
  std::vector<std::string> words{"--name", target.name, "--tree", tree};
  if (!options.configuration.empty()) {
    words.insert(words.end(), {"--config", options.configuration});
  }
  for (const LockSpec& lock : settings.locks) words.insert(words.end(), {"--lock", to_text(lock)});
  words.emplace_back("--");
  DebuggedCommand command = enter_environment(target, options, debugger.kind);
  command.words = std::move(program);
  std::ranges::move(debugger_words(debugger.kind, debugger.path, options.extra, command),
                    std::back_inserter(words));
  return words;
}

Result<int> debug_test(const DebugOptions& options) {
  HOLDFAST_TRY(const FoundDebugger debugger, find_debugger(options.debugger));
  HOLDFAST_TRY(const std::string tree, find_tree(options.tree));
  HOLDFAST_TRY(const std::vector<ListedTest> tests, tests_of_tree(tree, options.configuration));
  HOLDFAST_TRY(const ListedTest target, find_target(tree, tests, options));
  HOLDFAST_TRY(const ProjectSettings project, ProjectSettings::of_tree(tree));
  if (!project.note().empty()) complain(project.note());
  HOLDFAST_TRY(Options settings, settings_for(project, target));
  tell_fixtures(tree, tests, target);
  HOLDFAST_TRY(const std::vector<std::string> words,
               launcher_words(tree, target, settings, options, debugger));
  const Result<CommandLine> line = parse_command_line({words.begin(), words.end()});
  const LauncherOrder order{target.name, with_directory(std::move(settings.said)),
                            project.settings()};
  return become_launcher(words, line, line ? &order : nullptr);
}

// A stray word is a mistake of the user, not a word for the debugger. The words are checked while
// they are read, and by then `--` is among those that belong to no option.
Check after_mark(Command command) {
  return [command](const std::string& word) -> std::string {
    if (!command.remaining().empty()) return {};
    return brief_in_quotes(word) + ": expected -- before words for the debugger";
  };
}

}  // namespace

void add_debug(Command app) {
  const auto [command, options] = add_command(
      app, "debug", "start a test under a debugger, with its environment, locks and services",
      debug_test);
  command.add_option("TEST", options->test, "a test, or a case of a batch")
      .required()
      .check(expected("a test"));
  command.add_option("ARGUMENT", options->extra, "after --: words for the debugger")
      .check_without_name(after_mark(command));
  command.validate_positionals();
  command.add_option("--debugger", options->debugger,
                     "gdb, lldb or rr (default: the first that is installed)");
  command.add_option("-C,--config", options->configuration,
                     "the configuration, where the tree has several");
  add_tree_option(command, options->tree);
}

}  // namespace holdfast::cli
