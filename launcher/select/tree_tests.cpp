#include "select/tree_tests.hpp"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "base/text.hpp"
#include "ctest/shown_tests.hpp"

namespace holdfast::cli {
namespace {

// What ctest prints with -N.
Result<std::string> shown(const CtestCall& call, std::vector<std::string> options) {
  return list_tests({call.program, call.directory, std::move(options), {}, "-N"});
}

// ctest's numbers of the tests in a text that it shows.
Result<std::vector<std::size_t>> numbers_in(const std::string& text,
                                            const std::vector<SelectableTest>& tests) {
  std::unordered_map<std::size_t, const std::string*> names;
  for (const SelectableTest& test : tests) names.emplace(test.number, &test.name);
  const auto numbers = numbers_shown(text, [&](std::size_t number, std::size_t) {
    const auto name = names.find(number);
    return name == names.end() ? nullptr : name->second;
  });
  return numbers ? Result<std::vector<std::size_t>>(*numbers) : listing_not_understood();
}

// To ctest, an expression that it does not compile matches no test, and it only says so. A project
// may have such expressions, too: they are in `before`.
Result<void> check_expressions(std::string_view before, std::string_view selected) {
  constexpr std::string_view k_why = "RegularExpression::compile(): ";
  constexpr std::string_view k_end = "RegularExpression::compile(): Error in compile.";
  const auto count = [&](std::string_view text) {
    std::size_t found = 0;
    for (std::size_t at = text.find(k_end); at != std::string_view::npos;
         at = text.find(k_end, at + 1))
      ++found;
    return found;
  };
  if (count(selected) <= count(before)) return {};
  selected.remove_prefix(selected.find(k_why) + k_why.size());
  return ErrorInWords{"ctest does not compile an expression: " + brief(take_part(selected, '\n'))};
}

// With a preset, the list is what the preset leaves, and the numbers must be asked for.
Result<std::vector<std::size_t>> numbers_of_list(const CtestCall& call,
                                                 const std::vector<std::string>& options,
                                                 const std::vector<SelectableTest>& tests) {
  HOLDFAST_TRY(const std::string text, shown(call, options));
  const auto numbers = numbers_shown(text, [&](std::size_t, std::size_t before) {
    return before < tests.size() ? &tests[before].name : nullptr;
  });
  if (!numbers || numbers->size() != tests.size()) return listing_not_understood();
  return *numbers;
}

// Removes the tests that are not in the set.
void keep_only(TreeTests& all, const TestSet& kept) {
  std::size_t to = 0;
  for (const std::size_t place : places_in(kept)) {
    if (to != place) all.tests[to] = std::move(all.tests[place]);
    all.ranks[to++] = all.ranks[place];
  }
  all.tests.resize(to);
  all.ranks.resize(to);
}

// The numbers are ascending.
TestSet set_of(const std::vector<SelectableTest>& tests, const std::vector<std::size_t>& numbers) {
  return collected(tests, [&](const SelectableTest& test) {
    return std::ranges::binary_search(numbers, test.number);
  });
}

bool has_namesakes(const std::vector<SelectableTest>& tests) {
  std::unordered_set<std::string_view> names;
  return std::ranges::any_of(
      tests, [&](const SelectableTest& test) { return !names.insert(test.name).second; });
}

// -I counts the tests that the expressions of names and labels leave.
Result<void> find_ranks(const CtestCall& call, const RerunWords& words, TreeTests& all) {
  const std::vector<std::string> options = joined(words.for_listing, {"-I", "1,,1"});
  HOLDFAST_TRY(const auto numbers, numbers_of_list(call, options, all.tests));
  for (std::size_t i = 0; i < all.tests.size(); ++i) all.tests[i].number = numbers[i];
  HOLDFAST_TRY(const std::string text, shown(call, joined(options, {"-FA", ".*"})));
  HOLDFAST_TRY(const auto selected, numbers_in(text, all.tests));
  const TestSet counted = set_of(all.tests, selected);
  std::size_t rank = 0;
  for (std::size_t i = 0; i < counted.size(); ++i) all.ranks[i] = counted[i] ? ++rank : 0;
  return {};
}

}  // namespace

TestPlaces places_of(const std::vector<SelectableTest>& tests) {
  TestPlaces places;
  for (const SelectableTest& test : tests) places.add(test.name, test.key);
  return places;
}

Result<TreeTests> list_tree_tests(const CtestCall& call, const RerunWords& words, Keys keys) {
  ListingOrder order{call.program, call.directory, words.for_listing};
  // A preset may select tests by their numbers. This option makes ctest list all of them.
  if (words.has_preset) order.options = joined(order.options, {"-I", "1,,1"});
  HOLDFAST_TRY(const std::string listing, list_tests(order));
  TreeTests all;
  HOLDFAST_TRY(all.listed, all_listed(listing));
  all.tests.assign(all.listed.begin(), all.listed.end());
  remove_implied_depends(all.tests);
  const bool have_keys = keys == Keys::of_all || has_namesakes(all.tests);
  for (SelectableTest& test : all.tests) {
    all.ranks.push_back(test.number);
    if (!have_keys) test.key.clear();
  }
  if (words.has_preset) {
    HOLDFAST_DO(find_ranks(call, words, all));
  }
  if (words.has_preset || !words.selecting.empty()) {
    HOLDFAST_TRY(const std::string selected,
                 shown(call, joined(words.for_listing, words.selecting)));
    HOLDFAST_DO(check_expressions(listing, selected));
    HOLDFAST_TRY(const auto numbers, numbers_in(selected, all.tests));
    keep_only(all, set_of(all.tests, numbers));
  }
  apply({words.without_fixtures, words.without_setups, words.without_cleanups}, all.tests);
  return all;
}

std::vector<std::size_t> ranks_of(const TreeTests& all, const std::vector<std::size_t>& places) {
  std::vector<std::size_t> ranks;
  for (const std::size_t place : places) {
    if (all.ranks[place] > 0) ranks.push_back(all.ranks[place]);
  }
  return ranks;
}

std::string no_tests_word(const TreeTests& all, const std::vector<std::size_t>& places) {
  const bool are_disabled =
      std::ranges::all_of(places, [&](std::size_t place) { return all.tests[place].is_disabled; });
  return are_disabled ? "--no-tests=ignore" : "--no-tests=error";
}

}  // namespace holdfast::cli
