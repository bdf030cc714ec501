// The ctest that the user means, or that an earlier run was; their tests; and becoming a ctest that
// runs chosen ones.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "ctest/list_tests.hpp"
#include "ctest/rerun.hpp"
#include "ctest/test_graph.hpp"
#include "journal/records.hpp"
#include "journal/run_directory.hpp"

namespace holdfast::cli {

// How ctest is started.
struct CtestCall {
  std::string program;
  std::string directory;
  std::vector<std::string> words = {};
};

std::vector<std::string> joined(std::vector<std::string> one,
                                const std::vector<std::string>& other);

// The words by which ctest runs the tests of these numbers, of which there is at least one. If the
// command line should not have them all, they are written to `file`.
Result<std::vector<std::string>> words_for(const std::vector<std::size_t>& numbers,
                                           const std::filesystem::path& file);

// Makes the ctest that we become start tests in that order. `commands` are for test_order.cmake and
// are written to `file`.
Result<void> put_in_order(const std::filesystem::path& file, const std::string& commands);

// `own_name` is the first word of ctest's command line. Returns only on failure.
Error become_ctest(const CtestCall& call, const std::string& own_name);

// What the user's ctest would do, before any test is chosen for it.

// Where ctest runs, and what the user tells it.
struct UserCall {
  std::string tree;       // the build tree of its tests, canonical
  CtestCall call;         // with the user's words
  RerunWords words;       // these words, taken apart
  std::string trouble;    // why tests cannot be chosen for such words; empty: they can
  std::string directory;  // in which it looks for its tests, canonical
  std::vector<std::string> listing = {};  // the words that say which tests there are, without it
};

// `tree`: the value of --tree; empty: ctest runs here, or in the build tree around here.
Result<UserCall> user_call(const std::string& tree, const std::vector<std::string>& words);

// The tests of a build tree from which some are chosen.

struct TreeTests {
  std::vector<ListedTest> listed;  // all tests
  // What a ctest with the user's options would run, in ctest's order.
  std::vector<SelectableTest> tests;
  // By test: the number by which -I selects it. 0: a fixture of a preset's tests that the preset
  // itself leaves out. ctest brings it along.
  std::vector<std::size_t> ranks;
};

// Which tests are to have their keys. By its name, a test is found in another directory, too.
enum class Keys : std::uint8_t {
  of_namesakes,  // all, if several tests of the list have one name
  of_all,
};

// Lists the tests that `call`, with these words of ctest, would run.
Result<TreeTests> list_tree_tests(const CtestCall& call, const RerunWords& words, Keys keys);

// The ranks of these tests. ctest itself brings a test without a rank along.
std::vector<std::size_t> ranks_of(const TreeTests& all, const std::vector<std::size_t>& places);

// The option of ctest that says whether it fails if it finds none of these tests. If all are
// disabled, ctest says that it found none, and does not fail. Otherwise the list of tests has
// changed since, and it fails.
std::string no_tests_word(const TreeTests& all, const std::vector<std::size_t>& places);

// `tests` must outlive it.
TestPlaces places_of(const std::vector<SelectableTest>& tests);

// An earlier run: where it was, which tests it has begun, and on which it has ctest's verdict.

// The program and the directory of a ctest that does as the run did, without words. `tree` may be a
// copy of the one in which the run was. The error is a clause.
Result<CtestCall> call_of(const RunEntry& run, const RunStarted& started, const std::string& tree,
                          bool has_preset);

// Whether the run's ctest had the list of tests that the user's ctest has, of which it may have run
// some. Then its numbers of tests are the user's, unless the project has changed.
bool had_list_of(const UserCall& user, const RunStarted& started);

// Sees the records of a journal, in their order. A test has no key if the run has no word: keys of
// older versions are of no use.
class BegunTests {
 public:
  void see(const Record& record);

  // Those with ctest's verdict, in the order of the verdicts.
  const std::vector<RanTest>& judged() const { return judged_; }

  struct Other {
    RanTest test;
    bool is_known;  // how its last attempt ended, and what ctest says of that
  };
  // The others, in the order in which they began.
  std::vector<Other> others() const;

  // The names of all that have begun, in their order.
  std::vector<std::string> order() const;

 private:
  bool& last_of(const RanTest& test);

  bool has_word_ = false;
  std::vector<RanTest> begun_;
  std::map<RanTest, bool> is_known_;
  std::vector<RanTest> judged_;
  std::set<RanTest> with_verdict_;  // an older record has no key
};

}  // namespace holdfast::cli
