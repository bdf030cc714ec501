#include "ctest/rerun.hpp"

#include "base/text.hpp"
#include "ctest/ctest_options.hpp"
#include "values/test_order.hpp"

namespace holdfast {
namespace {

void note_value(const GivenOption& option, RerunWords& words) {
  const std::string_view name = option.name;
  if (name == "--schedule-random") words.is_random = true;
  if (name == "--preset") words.has_preset = true;
  if (name == "--no-tests") words.no_tests = option.value;
  if (name == "--rerun-failed") words.reruns_failed = true;
  if (name == "-I") words.numbers = option.value;
  if (name == "--test-dir") words.directory = option.value;
  if (name == "-C") words.configuration = option.value;
  if (name == "-FA") words.without.any = option.value;
  if (name == "-FS") words.without.setup = option.value;
  if (name == "-FC") words.without.cleanup = option.value;
}

void append(const std::vector<std::string>& more, std::vector<std::string>& words) {
  words.insert(words.end(), more.begin(), more.end());
}

}  // namespace

Result<RerunWords> rerun_words(const std::vector<std::string>& command) {
  if (command.empty()) return ErrorInWords{"its record has no command line"};
  RerunWords words;
  std::vector<std::string> excluding;
  std::vector<std::string> expressions;  // for names and labels
  bool has_names = false;
  bool is_union = false;
  for (const GivenOption& option : options_in(command)) {
    const bool is_other_action = option.name == "-T" && !is_of_tests(option.value);
    if (option.fate == Fate::refuse || is_other_action) {
      const std::string_view given = option.word.substr(0, option.word.find('='));
      return ErrorInWords{
          text_of({"ctest ", given, " ", option.value, " does more than run tests"})};
    }
    note_value(option, words);
    switch (option.fate) {
      case Fate::keep_and_list:
        option.add_to(words.for_listing);
        break;
      case Fate::express:
        has_names = has_names || option.name == "-R";
        option.add_to(expressions);
        [[fallthrough]];
      case Fate::select:
        is_union = is_union || option.name == "-U";
        words.selects = true;
        [[fallthrough]];
      case Fate::keep_and_select:
        option.add_to(words.selecting);
        break;
      case Fate::exclude:
        option.add_to(excluding);
        option.add_to(expressions);
        break;
      case Fate::refuse:
      case Fate::keep:
      case Fate::drop:
        break;
    }
    const bool is_kept = option.fate == Fate::keep || option.fate == Fate::keep_and_list ||
                         option.fate == Fate::keep_and_select;
    if (is_kept) option.add_to(words.kept);
  }
  // Expressions replace the preset's. Without them, ctest would not find what they selected.
  const bool are_all_kept = words.has_preset && !is_union;
  if (has_names && !are_all_kept) {
    append(excluding, words.selecting);
  } else {
    for (auto* const some : {&words.kept, &words.for_listing}) {
      append(are_all_kept ? expressions : excluding, *some);
    }
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
    std::vector<std::size_t> places = all;
    std::erase_if(places, [&](std::size_t place) { return keys_[place] != key; });
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
  TestCosts costs;
  for (std::size_t i = 0; i < names.size(); ++i) {
    costs.emplace(names[i], static_cast<double>(names.size() - i));
  }
  return cost_commands(costs);
}

bool shapes_run(std::string_view variable) {
  return variable.starts_with("GTEST_") || variable.starts_with("CTEST_") ||
         variable.starts_with("BOOST_TEST_") || variable.ends_with("SEED") ||
         variable == "HOLDFAST_PROFILE";
}

}  // namespace holdfast
