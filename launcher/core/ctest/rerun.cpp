#include "core/ctest/rerun.hpp"

#include <algorithm>
#include <iterator>

#include "core/ctest/ctest_options.hpp"
#include "core/ctest/fixture_sets.hpp"
#include "core/ctest/test_order.hpp"

namespace holdfast {
namespace {

// What becomes of an option. An option that has a value shares its fate with it.
enum class Fate : std::uint8_t {
  keep,
  keep_and_list,    // says which tests there are
  keep_and_select,  // says which fixtures ctest brings along
  select,           // selects tests
  express,          // selects tests, by an expression
  exclude,          // as `select` beside -R, and else as `keep_and_list`
  drop,
  refuse
};

struct Row {
  std::string_view option;
  Fate fate;
  bool has_value;
};

constexpr Row k_rows[] = {
    {"-R", Fate::express, true},
    {"--tests-regex", Fate::express, true},
    {"-E", Fate::exclude, true},
    {"--exclude-regex", Fate::exclude, true},
    {"-L", Fate::express, true},
    {"--label-regex", Fate::express, true},
    {"-LE", Fate::express, true},
    {"--label-exclude", Fate::express, true},
    {"-I", Fate::select, true},
    {"--tests-information", Fate::select, true},
    {"--tests-from-file", Fate::select, true},
    {"--exclude-from-file", Fate::select, true},
    {"-U", Fate::select, false},
    {"--union", Fate::select, false},
    {"-F", Fate::drop, false},  // it would go on where an interrupted ctest stopped
    {"--rerun-failed", Fate::select, false},
    {"--schedule-random", Fate::drop, false},
    {"--test-dir", Fate::drop, true},  // the run's record has the directory
    {"-FA", Fate::keep_and_select, true},
    {"--fixture-exclude-any", Fate::keep_and_select, true},
    {"-FS", Fate::keep_and_select, true},
    {"--fixture-exclude-setup", Fate::keep_and_select, true},
    {"-FC", Fate::keep_and_select, true},
    {"--fixture-exclude-cleanup", Fate::keep_and_select, true},
    {"--preset", Fate::keep_and_list, true},
    {"--presets-file", Fate::keep_and_list, true},
    {"-C", Fate::keep_and_list, true},
    {"--build-config", Fate::keep_and_list, true},
    {"-S", Fate::refuse, true},
    {"--script", Fate::refuse, true},
    {"-SP", Fate::refuse, true},
    {"--script-new-process", Fate::refuse, true},
    {"-D", Fate::refuse, true},
    {"--dashboard", Fate::refuse, true},
    {"-M", Fate::refuse, true},
    {"--test-model", Fate::refuse, true},
    {"-A", Fate::refuse, true},
    {"--add-notes", Fate::refuse, true},
    {"--build-and-test", Fate::refuse, true},
    {"--repeat-until-fail", Fate::keep, true},
    {"--interactive-debug-mode", Fate::keep, true},
    {"--max-width", Fate::keep, true},
    {"--overwrite", Fate::keep, true},
    {"--group", Fate::keep, true},
    {"--track", Fate::keep, true},
};

struct Option {
  std::string_view name;
  Fate fate;
  std::string_view value = {};
  bool is_apart = false;  // the value is a word of its own
};

Option option_at(const std::vector<std::string>& command, std::size_t i) {
  const std::string_view word = command[i];
  // From CMake 4.0 on a value may follow in the same word, after `=`.
  const std::size_t equals = word.starts_with("-") ? word.find('=') : std::string_view::npos;
  const std::string_view name = word.substr(0, equals);
  const auto* const row = std::ranges::find(k_rows, name, &Row::option);
  Option option{name, Fate::keep};
  const bool is_in_table = row != std::end(k_rows);
  if (is_in_table) option.fate = row->fate;
  const bool has_value = is_in_table ? row->has_value : takes_value(name);
  if (equals != std::string_view::npos) {
    option.value = word.substr(equals + 1);
  } else if (has_value && i + 1 < command.size()) {
    option.value = command[i + 1];
    option.is_apart = true;
  }
  return option;
}

void note_value(const Option& option, RerunWords& words) {
  const std::string_view name = option.name;
  if (name == "--schedule-random") words.is_random = true;
  if (name == "--preset") words.has_preset = true;
  if (name == "--no-tests") words.no_tests = option.value;
  if (name == "--rerun-failed") words.reruns_failed = true;
  if (name == "-I" || name == "--tests-information") words.numbers = option.value;
  if (name == "--test-dir") words.directory = option.value;
  if (name == "-C" || name == "--build-config") words.configuration = option.value;
  if (name == "-FA" || name == "--fixture-exclude-any") words.without_fixtures = option.value;
  if (name == "-FS" || name == "--fixture-exclude-setup") words.without_setups = option.value;
  if (name == "-FC" || name == "--fixture-exclude-cleanup") words.without_cleanups = option.value;
}

bool is_test_action(std::string_view option, std::string_view value) {
  return (option != "-T" && option != "--test-action") || value == "test" || value == "Test";
}

void append(const std::vector<std::string>& more, std::vector<std::string>& words) {
  words.insert(words.end(), more.begin(), more.end());
}

ErrorInWords refused(std::string_view option, std::string_view value) {
  return ErrorInWords{"ctest " + std::string(option) + " " + std::string(value) +
                      " does more than run tests"};
}

}  // namespace

Result<RerunWords> rerun_words(const std::vector<std::string>& command) {
  if (command.empty()) return ErrorInWords{"its record has no command line"};
  RerunWords words;
  std::vector<std::string> excluding;
  std::vector<std::string> expressions;  // for names and labels
  bool has_names = false;
  bool is_union = false;
  for (std::size_t i = 1; i < command.size(); ++i) {
    const Option option = option_at(command, i);
    if (!is_test_action(option.name, option.value)) return refused(option.name, option.value);
    note_value(option, words);
    const auto take = [&](std::vector<std::string>& into) {
      into.push_back(command[i]);
      if (option.is_apart) into.emplace_back(option.value);
    };
    switch (option.fate) {
      case Fate::keep_and_list:
        take(words.for_listing);
        break;
      case Fate::express:
        has_names = has_names || option.name == "-R" || option.name == "--tests-regex";
        take(expressions);
        [[fallthrough]];
      case Fate::select:
        is_union = is_union || option.name == "-U" || option.name == "--union";
        words.selects = true;
        [[fallthrough]];
      case Fate::keep_and_select:
        take(words.selecting);
        break;
      case Fate::exclude:
        take(excluding);
        take(expressions);
        break;
      case Fate::refuse:
        return refused(option.name, option.value);
      case Fate::keep:
      case Fate::drop:
        break;
    }
    const bool is_kept = option.fate == Fate::keep || option.fate == Fate::keep_and_list ||
                         option.fate == Fate::keep_and_select;
    if (is_kept) take(words.kept);
    if (option.is_apart) ++i;
  }
  if (words.has_preset && !is_union) {
    // They replace the preset's. Without them, ctest would not find what they selected.
    for (auto* const some : {&words.kept, &words.for_listing}) append(expressions, *some);
  } else if (has_names) {
    append(excluding, words.selecting);
  } else {
    for (auto* const some : {&words.kept, &words.for_listing}) append(excluding, *some);
  }
  return words;
}

void TestPlaces::add(std::string_view name, std::string_view key) {
  by_name_[name].push_back(keys_.size());
  keys_.push_back(key);
}

const std::vector<std::size_t>& TestPlaces::named(std::string_view name) const {
  static const std::vector<std::size_t> k_nowhere;
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? k_nowhere : found->second;
}

std::vector<std::size_t> TestPlaces::meant_by(const RanTest& test) const {
  const std::vector<std::size_t>& all = named(test.name);
  const auto with = [&](std::string_view key) {
    std::vector<std::size_t> places;
    std::ranges::copy_if(all, std::back_inserter(places),
                         [&](std::size_t place) { return keys_[place] == key; });
    return places;
  };
  std::vector<std::size_t> places = with(test.key);
  if (places.empty()) places = test.key.empty() ? all : with({});
  return places;
}

RerunSelection select_again(const std::vector<RanTest>& ran, const TestPlaces& listed) {
  RerunSelection selection;
  std::vector<std::size_t>& places = selection.places;
  for (const RanTest& test : ran) {
    const std::vector<std::size_t> meant = listed.meant_by(test);
    if (meant.empty()) selection.gone.push_back(test.name);
    places.insert(places.end(), meant.begin(), meant.end());
  }
  make_ascending_set(places);
  return selection;
}

std::string value_of_numbers(const std::vector<std::size_t>& numbers) {
  const std::size_t first = numbers.front();
  const std::size_t last = numbers.back();
  if (last - first + 1 == numbers.size()) {
    return std::to_string(first) + "," + std::to_string(last) + ",1";
  }
  std::string value = "0,0,0";
  for (std::size_t number : numbers) value += "," + std::to_string(number);
  return value;
}

std::string costs_for_order(const std::vector<std::string>& names) {
  std::vector<TestCost> costs;
  for (const std::string& name : names) {
    costs.push_back({name, static_cast<double>(names.size() - costs.size())});
  }
  return cost_commands(costs);
}

bool shapes_run(std::string_view variable) {
  return variable.starts_with("GTEST_") || variable.starts_with("CTEST_") ||
         variable.starts_with("BOOST_TEST_") || variable.ends_with("SEED") ||
         variable == "HOLDFAST_PROFILE";
}

}  // namespace holdfast
