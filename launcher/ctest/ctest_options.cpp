#include "ctest/ctest_options.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/text.hpp"

namespace holdfast {
namespace {

// An option without a short name has its long one first.
struct CtestOption {
  std::string_view name;
  std::string_view long_name;
  Fate fate;
  unsigned traits;
};

constexpr CtestOption k_options[] = {
    {"-R", "--tests-regex", Fate::express, k_value | k_selects},
    {"-E", "--exclude-regex", Fate::exclude, k_value | k_selects | k_steady},
    {"-L", "--label-regex", Fate::express, k_value | k_selects | k_steady},
    {"-LE", "--label-exclude", Fate::express, k_value | k_selects | k_steady},
    {"-I", "--tests-information", Fate::select, k_value | k_selects},
    {"--tests-from-file", "", Fate::select, k_value | k_selects},
    {"--exclude-from-file", "", Fate::select, k_value | k_selects},
    {"-U", "--union", Fate::select, 0},
    {"-F", "", Fate::drop, k_selects},  // it would go on where an interrupted ctest stopped
    {"--rerun-failed", "", Fate::select, k_selects},
    {"--schedule-random", "", Fate::drop, k_steady},
    {"--test-dir", "", Fate::drop, k_value | k_steady},  // the run's record has the directory
    {"-FA", "--fixture-exclude-any", Fate::keep_and_select, k_value | k_steady},
    {"-FS", "--fixture-exclude-setup", Fate::keep_and_select, k_value | k_steady},
    {"-FC", "--fixture-exclude-cleanup", Fate::keep_and_select, k_value | k_steady},
    {"--preset", "", Fate::keep_and_list, k_value | k_selects},
    {"--presets-file", "", Fate::keep_and_list, k_value},
    {"-C", "--build-config", Fate::keep_and_list, k_value | k_steady},
    {"-S", "--script", Fate::refuse, k_value},
    {"-SP", "--script-new-process", Fate::refuse, k_value},
    {"-D", "--dashboard", Fate::refuse, k_value},
    {"-M", "--test-model", Fate::refuse, k_value},
    {"-A", "--add-notes", Fate::refuse, k_value},
    {"--build-and-test", "", Fate::refuse, k_value},
    {"-T", "--test-action", Fate::keep, k_value},
    {"-V", "--verbose", Fate::keep, k_steady},
    {"-VV", "--extra-verbose", Fate::keep, k_steady},
    {"-Q", "--quiet", Fate::keep, k_steady},
    {"-O", "--output-log", Fate::keep, k_value | k_steady},
    {"--output-on-failure", "", Fate::keep, k_steady},
    {"--output-junit", "", Fate::keep, k_value | k_steady},
    {"--progress", "", Fate::keep, k_steady},
    {"--stop-on-failure", "", Fate::keep, k_steady},
    {"--no-label-summary", "", Fate::keep, k_steady},
    {"--no-subproject-summary", "", Fate::keep, k_steady},
    {"--debug", "", Fate::keep, k_steady},
    {"--timeout", "", Fate::keep, k_value | k_steady},
    {"--stop-time", "", Fate::keep, k_value | k_steady},
    {"--test-load", "", Fate::keep, k_value | k_steady},
    {"--repeat", "", Fate::keep, k_value | k_steady},
    {"--repeat-until-fail", "", Fate::keep, k_value},
    {"--test-output-size-passed", "", Fate::keep, k_value | k_steady},
    {"--test-output-size-failed", "", Fate::keep, k_value | k_steady},
    {"--test-output-truncation", "", Fate::keep, k_value | k_steady},
    {"--resource-spec-file", "", Fate::keep, k_value},
    {"--interactive-debug-mode", "", Fate::keep, k_value},
    {"--max-width", "", Fate::keep, k_value},
    {"--overwrite", "", Fate::keep, k_value},
    {"--group", "", Fate::keep, k_value},
    {"--track", "", Fate::keep, k_value},
};

// `name` is either name of an option. One that is not known has no traits, and may have a value.
GivenOption known_option(std::string_view name) {
  const auto* const known = std::ranges::find_if(k_options, [&](const CtestOption& option) {
    return !name.empty() && (option.name == name || option.long_name == name);
  });
  if (known == std::end(k_options)) return {name};
  return {known->name, known->fate, known->traits};
}

std::optional<std::size_t> number_of_jobs(std::string_view text) {
  const std::optional<std::size_t> jobs = parse_number<std::size_t>(text);
  return jobs == 0U ? std::nullopt : jobs;
}

// What a command line says of jobs.
struct SaidJobs {
  bool is_said = false;
  std::optional<std::size_t> jobs = {};
  bool is_elsewhere = false;  // a script or a preset may say more
  bool has_load = false;      // --test-load
};

SaidJobs said_in(const std::vector<std::string>& command) {
  SaidJobs said;
  for (const GivenOption& option : options_in(command)) {
    const std::string_view name = option.name;
    said.is_elsewhere = said.is_elsewhere || name == "-S" || name == "-SP" || name == "--preset";
    said.has_load = said.has_load || name == "--test-load";
    if (option.word == "-j" || option.word == "--parallel") {
      said.is_said = true;
      said.jobs = option.next ? number_of_jobs(*option.next) : std::nullopt;
      continue;
    }
    std::string_view jobs = option.word;
    if (take_words(jobs, "--parallel=") || take_words(jobs, "-j=") || take_words(jobs, "-j")) {
      said.is_said = true;
      said.jobs = number_of_jobs(jobs);
    }
  }
  return said;
}

bool is_number(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, is_ascii_digit);
}

// Whether `c` has a meaning in CMake's expressions.
bool is_meta(char c) { return std::string_view("^$.[]*+?()|\\").find(c) != std::string_view::npos; }

// Takes literal characters off the front; none: the text is not understood. An escaped letter or
// digit is literal for CMake, but not in other dialects, and the author may have meant one of
// these.
std::optional<std::string> take_literals(std::string_view& text) {
  std::string literals;
  while (!text.empty()) {
    if (text[0] == '\\') {
      if (text.size() < 2 || is_ascii_alphanumeric(text[1])) return std::nullopt;
      text.remove_prefix(1);
    } else if (is_meta(text[0])) {
      break;
    }
    literals += text[0];
    text.remove_prefix(1);
  }
  return literals;
}

// Takes `(a|b)` off the front. If there is no group, returns one empty alternative.
std::optional<std::vector<std::string>> take_group(std::string_view& text) {
  if (text.empty() || text[0] != '(') return std::vector<std::string>{""};
  std::vector<std::string> alternatives;
  do {
    text.remove_prefix(1);  // the `(` or a `|`
    std::optional<std::string> literals = take_literals(text);
    if (!literals || literals->empty() || text.empty()) return std::nullopt;
    alternatives.push_back(*std::move(literals));
  } while (text[0] == '|');
  if (text[0] != ')') return std::nullopt;
  text.remove_prefix(1);
  return alternatives;
}

// An older ctest ignores --tests-from-file and runs all tests.
bool knows_tests_from_file(std::string_view version) {
  const std::optional<unsigned> major = parse_number<unsigned>(take_part(version, '.'));
  const std::optional<unsigned> minor = parse_number<unsigned>(take_part(version, '.'));
  return major && minor && (*major > 3 || *minor >= 29);
}

// A whole run: it is not known which tests the option selects.
CtestSelection selection_by(std::string_view option, const std::string& value,
                            std::string_view version) {
  using By = CtestSelection::By;
  const auto known = [](By by, std::optional<std::vector<std::string>> tests) {
    return tests ? CtestSelection{by, *std::move(tests)} : CtestSelection();
  };
  if (option == "-R") return known(By::names, names_in(value));
  if (option == "-I") return known(By::indexes, indexes_in(value));
  const bool is_file = option == "--tests-from-file" && knows_tests_from_file(version);
  return is_file ? CtestSelection{By::file, {value}} : CtestSelection();
}

}  // namespace

std::vector<GivenOption> options_in(const std::vector<std::string>& command) {
  std::vector<GivenOption> options;
  // What follows --test-command is another program's command.
  for (std::size_t i = 1; i < command.size() && command[i] != "--test-command"; ++i) {
    const std::string_view word = command[i];
    // From CMake 4.0 on a value may follow in the same word, after `=`.
    const std::size_t equals = word.starts_with('-') ? word.find('=') : std::string_view::npos;
    GivenOption& option = options.emplace_back(known_option(word.substr(0, equals)));
    option.word = word;
    if (i + 1 < command.size()) option.next = command[i + 1];
    if (equals != std::string_view::npos) {
      option.value = word.substr(equals + 1);
    } else if (option.has(k_value) && option.next) {
      option.value = *option.next;
      option.is_apart = true;
      ++i;
    }
  }
  return options;
}

bool is_of_tests(std::string_view action) { return action == "test" || action == "Test"; }

bool asks_to_be_quiet(const std::vector<std::string>& command) {
  return std::ranges::any_of(options_in(command), [](const GivenOption& option) {
    return option.word == "-Q" || option.word == "--quiet";
  });
}

std::vector<std::string> selecting_options(const std::vector<std::string>& command) {
  std::vector<std::string> selecting;
  for (const GivenOption& option : options_in(command)) {
    const bool has_equals = option.word.find('=') != std::string_view::npos;
    if (option.has(k_selects) && !has_equals) option.add_to(selecting);
  }
  return selecting;
}

std::optional<std::size_t> jobs_of(const std::vector<std::string>& command,
                                   const std::vector<std::string>& environment) {
  const SaidJobs said = said_in(command);
  if (said.is_said) return said.jobs;
  if (said.is_elsewhere) return std::nullopt;
  for (std::string_view entry : environment) {
    if (take_words(entry, "CTEST_PARALLEL_LEVEL=")) return number_of_jobs(entry);
  }
  return 1;
}

std::optional<std::size_t> jobs_to_lend(const std::vector<std::string>& command,
                                        const std::vector<std::string>& environment) {
  const SaidJobs said = said_in(command);
  if (said.has_load || said.is_elsewhere) return std::nullopt;
  return jobs_of(command, environment);
}

bool configures_load(std::string_view text) {
  for (const std::string_view line : TextParts{text, '\n'}) {
    if (!line.starts_with("TestLoad:")) continue;
    if (line.find_first_of("123456789") != std::string_view::npos) return true;
  }
  return false;
}

CtestSelection ctest_selection(const std::vector<std::string>& arguments,
                               std::string_view version) {
  CtestSelection selection;
  bool leaves_out = false;  // tests that -I then does not count
  for (std::size_t i = 1; i < arguments.size(); ++i) {
    const std::string_view option = arguments[i];
    const GivenOption known = known_option(option);
    const bool is_alone = known.has(k_steady) && !known.has(k_value);
    if (is_alone || option.starts_with("--no-tests=")) continue;
    const bool has_jobs = option.starts_with("-j") && option.size() > 2;  // -j8
    if (has_jobs && is_number(option.substr(2))) continue;
    if (has_jobs || ++i == arguments.size()) return {};
    const std::string& value = arguments[i];
    leaves_out = leaves_out || known.has(k_steady | k_selects);
    if (known.has(k_steady) || (known.name == "-T" && is_of_tests(value))) continue;
    // Before 3.29, the next word is always the number. Since 3.29, the number may be missing.
    if ((option == "-j" || option == "--parallel") && is_number(value)) continue;
    if (!selection.is_whole()) return {};  // of two selections, the last counts, or both count
    selection = selection_by(known.name, value, version);
    if (selection.is_whole()) return {};
  }
  if (leaves_out && selection.by == CtestSelection::By::indexes) return {};
  return selection;
}

std::optional<std::vector<std::string>> names_in(std::string_view expression) {
  if (expression.empty() || expression.front() != '^') return std::nullopt;
  std::string_view rest = expression.substr(1);
  const std::optional<std::string> before = take_literals(rest);
  if (!before) return std::nullopt;
  std::optional<std::vector<std::string>> names = take_group(rest);
  const std::optional<std::string> after = take_literals(rest);
  if (!names || rest != "$") return std::nullopt;
  for (std::string& name : *names) {
    name = *before + name + *after;
    if (name.empty()) return std::nullopt;
  }
  return names;
}

std::optional<std::vector<std::string>> indexes_in(std::string_view information) {
  const std::optional<unsigned> start = parse_number<unsigned>(take_part(information, ','));
  if (!start || start != parse_number<unsigned>(take_part(information, ','))) return std::nullopt;
  // There is no test 0: `-I 0,0,0,7` (Qt Creator) is test 7 alone.
  std::vector<std::string> indexes;
  if (*start != 0) indexes.push_back(std::to_string(*start));
  const std::string_view stride = take_part(information, ',');
  if (!stride.empty() && !parse_number<unsigned>(stride)) return std::nullopt;
  for (const std::string_view part : TextParts{information, ','}) {
    const std::optional<unsigned> index = parse_number<unsigned>(part);
    if (!index) return std::nullopt;
    indexes.push_back(std::to_string(*index));
  }
  if (indexes.empty()) return std::nullopt;
  return indexes;
}

bool may_meet(const CtestSelection& one, const CtestSelection& other) {
  using By = CtestSelection::By;
  if (one.by != other.by || one.by == By::nothing || one.by == By::file) return true;
  return std::ranges::find_first_of(one.tests, other.tests) != one.tests.end();
}

}  // namespace holdfast
