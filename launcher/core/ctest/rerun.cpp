#include "core/ctest/rerun.hpp"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <optional>
#include <unordered_map>

#include "core/ctest/ctest_options.hpp"

namespace holdfast {
namespace {

// What becomes of an option. An option that has a value shares its fate with it.
enum class Fate : std::uint8_t { keep, keep_and_list, drop, refuse };

struct Row {
  std::string_view option;
  Fate fate;
  bool has_value;
};

constexpr Row k_rows[] = {
    {"-R", Fate::drop, true},
    {"--tests-regex", Fate::drop, true},
    {"-E", Fate::drop, true},
    {"--exclude-regex", Fate::drop, true},
    {"-L", Fate::drop, true},
    {"--label-regex", Fate::drop, true},
    {"-LE", Fate::drop, true},
    {"--label-exclude", Fate::drop, true},
    {"-I", Fate::drop, true},
    {"--tests-information", Fate::drop, true},
    {"--tests-from-file", Fate::drop, true},
    {"--exclude-from-file", Fate::drop, true},
    {"-U", Fate::drop, false},
    {"--union", Fate::drop, false},
    {"-F", Fate::drop, false},  // it would go on where an interrupted ctest stopped
    {"--rerun-failed", Fate::drop, false},
    {"--schedule-random", Fate::drop, false},
    {"--test-dir", Fate::drop, true},  // the run's record has the directory
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

Row row_of(std::string_view word) {
  // From CMake 4.0 on a value may follow in the same word, after `=`.
  const std::size_t equals = word.starts_with("-") ? word.find('=') : std::string_view::npos;
  const std::string_view option = word.substr(0, equals);
  const auto* const row = std::ranges::find(k_rows, option, &Row::option);
  const bool is_apart = equals == std::string_view::npos;
  if (row != std::end(k_rows)) return {word, row->fate, row->has_value && is_apart};
  const CtestOption kind = ctest_option(option);
  const bool has_value = kind == CtestOption::with_value || kind == CtestOption::other_with_value;
  return {word, Fate::keep, has_value && is_apart};
}

bool is_test_action(std::string_view option, std::string_view value) {
  return (option != "-T" && option != "--test-action") || value == "test" || value == "Test";
}

ErrorInWords refused(std::string_view option, std::string_view value) {
  return ErrorInWords{"ctest " + std::string(option) + " " + std::string(value) +
                      " does more than run tests: run it again yourself"};
}

}  // namespace

Result<RerunWords> rerun_words(const std::vector<std::string>& command) {
  if (command.empty()) return ErrorInWords{"its record has no command line"};
  RerunWords words;
  for (std::size_t i = 1; i < command.size(); ++i) {
    const std::string& option = command[i];
    const Row row = row_of(option);
    const bool has_value = row.has_value && i + 1 < command.size();
    const std::string_view value = has_value ? std::string_view(command[i + 1]) : "";
    if (row.fate == Fate::refuse || !is_test_action(option, value)) return refused(option, value);
    if (option == "--schedule-random") words.is_random = true;
    if (option.starts_with("--preset")) words.has_preset = true;
    const auto take = [&](std::vector<std::string>& into) {
      into.push_back(option);
      if (has_value) into.emplace_back(value);
    };
    if (row.fate != Fate::drop) take(words.kept);
    if (row.fate == Fate::keep_and_list) take(words.for_listing);
    if (has_value) ++i;
  }
  return words;
}

RerunSelection select_again(const std::vector<RanTest>& ran,
                            const std::vector<std::string>& listed) {
  std::unordered_map<std::string_view, std::vector<std::size_t>> numbers_of;
  for (std::size_t i = 0; i < listed.size(); ++i) numbers_of[listed[i]].push_back(i + 1);
  RerunSelection selection;
  std::vector<std::size_t>& numbers = selection.numbers;
  for (const RanTest& test : ran) {
    const auto found = numbers_of.find(test.name);
    if (found == numbers_of.end()) {
      selection.gone.push_back(test.name);
    } else if (std::ranges::find(found->second, test.index) != found->second.end()) {
      numbers.push_back(test.index);
    } else {
      numbers.insert(numbers.end(), found->second.begin(), found->second.end());
    }
  }
  std::ranges::sort(numbers);
  numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
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
  constexpr std::string_view k_digits = "0123456789abcdef";
  std::string commands;
  std::size_t cost = names.size();
  for (const std::string& name : names) {
    commands += "set_property(GLOBAL PROPERTY _holdfast_cost_";
    for (const char c : name) {
      const auto byte = static_cast<unsigned char>(c);
      commands += k_digits[byte >> 4U];
      commands += k_digits[byte & 15U];
    }
    commands += " " + std::to_string(cost--) + ")\n";
  }
  return commands;
}

bool shapes_run(std::string_view variable) {
  return variable.starts_with("GTEST_") || variable.starts_with("CTEST_") ||
         variable.starts_with("BOOST_TEST_") || variable.ends_with("SEED") ||
         variable == "HOLDFAST_PROFILE";
}

}  // namespace holdfast
