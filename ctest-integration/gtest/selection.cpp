#include "selection.hpp"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <random>

#include "gtest_api.hpp"
#include "packets.hpp"
#include "reporter.hpp"

namespace holdfast {
namespace gtest_support {
namespace {

// Throws standard output away while it lives.
class Silence {
 public:
  Silence() : kept_((flush_output(), ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1))) {
    const Descriptor nowhere(::open("/dev/null", O_WRONLY | O_CLOEXEC));
    ::dup2(nowhere.get(), STDOUT_FILENO);
  }
  Silence(const Silence&) = delete;
  Silence& operator=(const Silence&) = delete;
  ~Silence() {
    flush_output();
    if (kept_.valid()) {
      ::dup2(kept_.get(), STDOUT_FILENO);
    } else {
      ::close(STDOUT_FILENO);
    }
  }

 private:
  Descriptor kept_;
};

// A name may hold characters with a meaning in a filter. `?`, any character, stands for those.
std::string pattern_of(const std::string& name) {
  std::string pattern = name;
  for (char& character : pattern) {
    if (character != '\0' && strchr(":*-?", character) != nullptr) character = '?';
  }
  return pattern;
}

bool selects(const std::string& pattern, const std::string& name) {
  if (pattern.size() != name.size()) return false;
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (pattern[i] != '?' && pattern[i] != name[i]) return false;
  }
  return true;
}

struct All {
  std::vector<std::string> names;
  void operator()(const ::testing::TestInfo& test) { names.push_back(name_of(test)); }
};

struct Selected {
  std::vector<std::string> names;
  void operator()(const ::testing::TestInfo& test) {
    if (test.should_run()) names.push_back(name_of(test));
  }
};

// By the seed that GoogleTest was given, else by the time, as GoogleTest does.
void shuffle(std::vector<std::string>& names) {
  const int seed = HOLDFAST_GTEST_FLAG(random_seed);
  std::mt19937 random(seed != 0 ? static_cast<unsigned>(seed)
                                : static_cast<unsigned>(::time(nullptr)));
  std::shuffle(names.begin(), names.end(), random);
}

}  // namespace

bool is_death_test_child() {
  const std::string option = "--gtest_internal_run_death_test=";
  std::ifstream words("/proc/self/cmdline");
  for (std::string word; std::getline(words, word, '\0');) {
    if (word.compare(0, option.size(), option) == 0) return true;
  }
  return false;
}

// Makes GoogleTest list its cases: so it chooses cases without running them.
std::vector<std::string> selected_cases() {
  const bool listed = HOLDFAST_GTEST_FLAG(list_tests);
  // With an output file, GoogleTest would write the list to it too.
  const std::string output = HOLDFAST_GTEST_FLAG(output);
  HOLDFAST_SET_GTEST_FLAG(list_tests, true);
  HOLDFAST_SET_GTEST_FLAG(output, "");
  {
    const Silence silence;
    (void)!RUN_ALL_TESTS();
  }
  HOLDFAST_SET_GTEST_FLAG(list_tests, listed);
  HOLDFAST_SET_GTEST_FLAG(output, output);
  Selected selected;
  visit_cases(*::testing::UnitTest::GetInstance(), selected, 0);
  if (HOLDFAST_GTEST_FLAG(shuffle)) shuffle(selected.names);
  return selected.names;
}

std::string not_told_apart() {
  All all;
  visit_cases(*::testing::UnitTest::GetInstance(), all, 0);
  for (const std::string& name : all.names) {
    const std::string pattern = pattern_of(name);
    if (pattern.find('?') == std::string::npos) continue;
    for (const std::string& other : all.names) {
      if (other != name && selects(pattern, other)) {
        return "its filter does not tell " + name + " from " + other;
      }
    }
  }
  return "";
}

void select_one(const std::string& test) {
  HOLDFAST_SET_GTEST_FLAG(filter, pattern_of(test));
  HOLDFAST_SET_GTEST_FLAG(list_tests, false);
  ::unsetenv("GTEST_TOTAL_SHARDS");
  ::unsetenv("GTEST_SHARD_INDEX");
  set_no_shard();
}

void stop_listing() { HOLDFAST_SET_GTEST_FLAG(list_tests, false); }

}  // namespace gtest_support
}  // namespace holdfast
