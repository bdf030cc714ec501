#include "select/ctest_call.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <system_error>
#include <unordered_map>
#include <unordered_set>

#include "base/environment.hpp"
#include "base/text.hpp"
#include "command/command.hpp"
#include "ctest/shown_tests.hpp"
#include "os/file/descriptors.hpp"
#include "os/process/execute.hpp"
#include "os/signal/replacing.hpp"
#include "settings/project_settings.hpp"

namespace holdfast::cli {
namespace {

// Longer arguments would fill `ps` and the run's record. The kernel allows 128 KiB.
constexpr std::size_t k_longest_argument = 4096;

namespace fs = std::filesystem;

std::string canonical_text(const fs::path& path) {
  std::error_code failed;
  const fs::path found = fs::canonical(path, failed);
  return failed ? path.string() : found.string();
}

// ctest looks for presets in the directory in which it starts, and without --test-dir for tests,
// too. In a directory of a build tree that has none, the whole tree is meant.
Result<std::string> directory_for(const std::string& tree, const RerunWords& words) {
  if (!tree.empty() && !words.has_preset) return find_tree(tree);
  std::error_code failed;
  const fs::path here = fs::current_path(failed);
  if (failed) return ErrorInWords{"the current directory is gone: expected --tree DIR"};
  if (words.has_preset || !words.directory.empty()) return here.string();
  if (fs::exists(here / "CTestTestfile.cmake", failed)) return here.string();
  return find_tree({});
}

// What ctest prints with -N.
Result<std::string> shown(const CtestCall& call, std::vector<std::string> options) {
  HOLDFAST_TRY(Listing listing,
               ask_for_tests({call.program, call.directory, std::move(options), {}, "-N"}));
  return std::move(listing.text);
}

// The directory in which it looks for its tests.
Result<std::string> directory_of_tests(const CtestCall& call, const RerunWords& words) {
  if (!words.has_preset) {
    return (fs::path(call.directory) / words.directory).lexically_normal().string();
  }
  HOLDFAST_TRY(const std::string text, shown(call, words.for_listing));
  std::string directory = directory_shown(text);
  return directory.empty() ? Result<std::string>(listing_not_understood()) : directory;
}

// `tree`: as the user wrote it. ctest's own options may lead elsewhere.
Result<void> check_tree(const std::string& tree, const UserCall& user) {
  HOLDFAST_TRY(const std::string wanted, find_tree(tree));
  if (wanted == user.tree) return {};
  return ErrorInWords{"--tree " + brief_in_quotes(tree) + ": " +
                      (user.words.has_preset ? "the preset" : "--test-dir") + " is of " +
                      user.tree};
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

// The tree may be a copy, or a mount, of the one in which the run was. An older Holdfast recorded
// no tree.
bool was_in(const RunStarted& started, const std::string& tree) {
  std::error_code error;
  return started.tree.empty() || fs::equivalent(started.tree, tree, error);
}

// The run's directory, in the tree that is asked for.
Result<std::string> directory_in(const std::string& tree, const RunStarted& started) {
  if (started.directory.empty()) return tree;
  if (was_in(started, tree)) return started.directory;
  const std::string_view directory = started.directory;
  if (directory == started.tree) return tree;
  if (directory.starts_with(started.tree + "/")) {
    return tree + std::string(directory.substr(started.tree.size()));
  }
  return ErrorInWords{"run " + started.run + " is of another tree and began in " +
                      started.directory + ": expected a directory of " + started.tree};
}

// ctest looks for presets in the directory in which it starts, and for tests where the preset says.
Result<std::string> directory_of_preset(const std::string& tree, const RunStarted& started) {
  if (!was_in(started, tree)) {
    return ErrorInWords{"run " + started.run + " is of another tree, " + started.tree +
                        ", and its preset leads there: expected --tree " + started.tree};
  }
  const std::optional<std::string> file = settings_file_of_tree(tree);
  if (!file) return ErrorInWords{tree + " does not say where its source directory is"};
  return fs::path(*file).parent_path().string();
}

}  // namespace

std::vector<std::string> joined(std::vector<std::string> one,
                                const std::vector<std::string>& other) {
  one.insert(one.end(), other.begin(), other.end());
  return one;
}

Result<std::vector<std::string>> words_for(const std::vector<std::size_t>& numbers,
                                           const std::filesystem::path& file) {
  std::string value = value_of_numbers(numbers);
  if (value.size() < k_longest_argument) return std::vector<std::string>{"-I", value};
  // ctest takes one line of the file, and that only with its end.
  HOLDFAST_DO(os::replace_file(file.string(), value + "\n"));
  return std::vector<std::string>{"-I", file.string()};
}

Result<void> put_in_order(const std::filesystem::path& file, const std::string& commands) {
  HOLDFAST_DO(os::replace_file(file.string(), commands));
  ::setenv(std::string(environment::k_test_order).c_str(), file.c_str(), 1);
  return {};
}

Error become_ctest(const CtestCall& call, const std::string& own_name) {
  if (::chdir(call.directory.c_str()) != 0) return os::system_error("enter " + call.directory);
  const std::vector<std::string> words = joined({own_name}, call.words);
  const std::vector<char*> pointers = os::pointers_to(words);
  ::execvp(call.program.c_str(), pointers.data());
  return os::system_error("execute " + call.program);
}

Result<UserCall> user_call(const std::string& tree, const std::vector<std::string>& words) {
  UserCall user;
  if (Result<RerunWords> taken_apart = rerun_words(joined({"ctest"}, words))) {
    user.words = *std::move(taken_apart);
  } else {
    user.trouble = to_text(taken_apart.error()) + ": tests cannot be chosen for it";
  }
  HOLDFAST_TRY(std::string directory, directory_for(tree, user.words));
  user.call = {"ctest", std::move(directory), words};
  user.listing = user.words.for_listing;
  if (!user.words.directory.empty()) {
    // As it was written: it is relative to the directory in which ctest starts.
    for (auto* const some : {&user.words.kept, &user.words.for_listing}) {
      some->insert(some->begin(), {"--test-dir", user.words.directory});
    }
  }
  HOLDFAST_TRY(const std::string tests, directory_of_tests(user.call, user.words));
  user.directory = canonical_text(tests);
  const std::optional<fs::path> around = find_build_tree(user.directory);
  if (!around)
    return ErrorInWords{"no build tree at " + user.directory + " or above: expected --tree DIR"};
  user.tree = canonical_text(*around);
  if (!tree.empty()) {
    HOLDFAST_DO(check_tree(tree, user));
  }
  user.call.program = ctest_of(user.tree);
  return user;
}

TestPlaces places_of(const std::vector<SelectableTest>& tests) {
  TestPlaces places;
  for (const SelectableTest& test : tests) places.add(test.name, test.key);
  return places;
}

Result<TreeTests> list_tree_tests(const CtestCall& call, const RerunWords& words, Keys keys) {
  ListingOrder order{call.program, call.directory, words.for_listing};
  // A preset may select tests by their numbers. This option makes ctest list all of them.
  if (words.has_preset) order.options = joined(order.options, {"-I", "1,,1"});
  HOLDFAST_TRY(const Listing listing, ask_for_tests(order));
  TreeTests all;
  HOLDFAST_TRY(all.listed, all_listed(listing.text));
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
    HOLDFAST_DO(check_expressions(listing.text, selected));
    HOLDFAST_TRY(const auto numbers, numbers_in(selected, all.tests));
    keep_only(all, set_of(all.tests, numbers));
  }
  apply(words.without, all.tests);
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

Result<CtestCall> call_of(const RunEntry& run, const RunStarted& started, const std::string& tree,
                          bool has_preset) {
  CtestCall call;
  std::error_code error;
  const bool is_there = fs::exists(started.program, error);
  call.program = is_there ? started.program : ctest_of(tree);
  HOLDFAST_TRY(call.directory,
               has_preset ? directory_of_preset(tree, started) : directory_in(tree, started));
  if (fs::is_directory(call.directory, error)) return call;
  return ErrorInWords{"the directory of run " + run.id + " is gone: " + call.directory};
}

bool had_list_of(const UserCall& user, const RunStarted& started) {
  const Result<RerunWords> words = rerun_words(started.command);
  if (!words || words->for_listing != user.listing) return false;
  const Result<std::string> directory = directory_in(user.tree, started);
  return directory && *directory == user.directory;
}

void BegunTests::see(const Record& record) {
  if (const auto* begun = std::get_if<AttemptStarted>(&record)) {
    last_of({begun->test, begun->key}) = false;
  } else if (const auto* bare = std::get_if<Bare>(&record)) {
    last_of({bare->test, bare->key}) = false;
  } else if (const auto* ended = std::get_if<AttemptEnded>(&record)) {
    last_of({ended->test, ended->key}) = ended->verdict != Verdict::unknown;
  } else if (const auto* verdict = std::get_if<VerdictRecord>(&record)) {
    judged_.push_back({verdict->test, verdict->key});
    with_verdict_.insert(judged_.back());
  } else if (std::holds_alternative<LogWordRecord>(record)) {
    has_word_ = true;
  }
}

bool& BegunTests::last_of(const RanTest& test) {
  const auto [known, is_new] = is_known_.try_emplace(test, false);
  if (is_new) begun_.push_back(test);
  return known->second;
}

std::vector<BegunTests::Other> BegunTests::others() const {
  std::vector<Other> others;
  for (const RanTest& test : begun_) {
    if (with_verdict_.contains(test) || with_verdict_.contains({test.name})) continue;
    others.push_back({{test.name, has_word_ ? test.key : std::string()}, is_known_.at(test)});
  }
  return others;
}

std::vector<std::string> BegunTests::order() const { return collected(begun_, &RanTest::name); }

}  // namespace holdfast::cli
