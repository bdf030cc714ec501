// What GoogleTest programs compile to take part in a batch: everything that needs GoogleTest's
// headers (1.8 or later, C++11 or later). The rest is worker.h.
//
// Where main() calls RUN_ALL_TESTS(), a link option puts this in its place (targets.cmake):
// ld --wrap. So what main() has set up is there in the process of each case, and each of these
// processes does what main() does after RUN_ALL_TESTS().
#ifdef __clang__
#pragma clang diagnostic ignored "-Weverything"
#endif
#include <gtest/gtest.h>
#include <holdfast/gtest.h>
#include <holdfast/worker_protocol.h>

#include "worker.h"

// It exists if the program links GoogleMock, which it need not. It reads GoogleMock's flags too.
namespace testing {
#if defined(__GNUC__) && defined(__ELF__)
__attribute__((weak)) void InitGoogleMock(int* argc, char** argv);
#endif
}  // namespace testing

int holdfast_gtest_main(int argc, char** argv) {
#if defined(__GNUC__) && defined(__ELF__)
  if (&testing::InitGoogleMock != nullptr) {
    testing::InitGoogleMock(&argc, argv);
    return holdfast::run_all_tests();
  }
#endif
  testing::InitGoogleTest(&argc, argv);
  return holdfast::run_all_tests();
}

#ifdef __linux__

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include "googletest_api.hpp"

// With --wrap, the linker gives the call in RUN_ALL_TESTS() the first of these names, and
// GoogleTest's function the second. Without, the second is null.
extern "C" {
int __wrap__ZN7testing8UnitTest3RunEv(testing::UnitTest* all);
__attribute__((weak)) int __real__ZN7testing8UnitTest3RunEv(testing::UnitTest* all);

// holdfast-exec looks for this before it starts a program with isolation `fork`.
__attribute__((used, section(HOLDFAST_WORKER_SECTION))) const char holdfast_worker_version[] =
    HOLDFAST_WORKER_NAME;
}

namespace holdfast {
namespace gtest_support {
namespace {

// Whether RUN_ALL_TESTS() has called us, and whether this process then forked its cases.
bool is_reached = false;
bool has_served = false;
bool has_begun_case = false;

int really_run() {
  testing::UnitTest* all = testing::UnitTest::GetInstance();
  return __real__ZN7testing8UnitTest3RunEv != nullptr ? __real__ZN7testing8UnitTest3RunEv(all)
                                                      : all->Run();
}

// Flushes what a case may have printed. std::cerr has no buffer.
void flush_standard_streams() {
  std::cout.flush();
  std::clog.flush();
  std::wcout.flush();
  std::wclog.flush();
  ::fflush(stdout);
  ::fflush(stderr);
}

void flush_output() {
  flush_standard_streams();
  std::cerr.flush();
  std::wcerr.flush();
  ::fflush(nullptr);
}

// Throws standard output away while it lives.
class Silence {
 public:
  Silence() : kept_((flush_output(), ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1))) {
    const int nowhere = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
    ::dup2(nowhere, STDOUT_FILENO);
    ::close(nowhere);
  }
  Silence(const Silence&) = delete;
  Silence& operator=(const Silence&) = delete;
  ~Silence() {
    flush_output();
    if (kept_ >= 0) ::dup2(kept_, STDOUT_FILENO);
    ::close(kept_ >= 0 ? kept_ : STDOUT_FILENO);
  }

 private:
  int kept_;
};

// A name may hold characters with a meaning in a filter. `?`, any character, stands for those.
bool has_meaning(char character) {
  return character != '\0' && strchr(":*-?", character) != nullptr;
}

// Whether the filter that selects `name` selects `other` as well.
bool selects(const std::string& name, const std::string& other) {
  if (name.size() != other.size()) return false;
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (!has_meaning(name[i]) && name[i] != other[i]) return false;
  }
  return true;
}

// All cases of the program, in the order of their definition.
struct Cases {
  Cases() { visit_cases(*testing::UnitTest::GetInstance(), *this, 0); }
  void operator()(const testing::TestInfo& test) { all.push_back(&test); }

  std::vector<const testing::TestInfo*> all;
};

// By the seed that GoogleTest was given, else by the time, as GoogleTest does. The generator is
// that of minstd_rand: the C++ library's header for it is large.
void shuffle(std::vector<const testing::TestInfo*>& cases) {
  const int seed = HOLDFAST_GTEST_FLAG(random_seed);
  unsigned long long state =
      static_cast<unsigned long long>(seed != 0 ? seed : ::time(nullptr)) % 2147483646U + 1;
  for (std::size_t left = cases.size(); left > 1; --left) {
    state = state * 48271 % 2147483647;
    std::swap(cases[left - 1], cases[static_cast<std::size_t>(state % left)]);
  }
}

// Names, in words, two cases that select_one() cannot tell apart. Null: there are none.
const char* not_told_apart(const Cases& cases) {
  static std::string words;
  for (const testing::TestInfo* test : cases.all) {
    const std::string name = name_of(*test);
    if (name.find_first_of(":*-?") == std::string::npos) continue;
    for (const testing::TestInfo* other : cases.all) {
      if (other == test || !selects(name, name_of(*other))) continue;
      if (name == name_of(*other)) continue;
      words = "its filter does not tell " + name + " from " + name_of(*other);
      return words.c_str();
    }
  }
  return nullptr;
}

// Makes GoogleTest list its cases: so it chooses those that filter, DISABLED_ and shard leave,
// without running them.
const char* list_cases(void (*add)(const char* name)) {
  const bool lists = HOLDFAST_GTEST_FLAG(list_tests);
  // With an output file, GoogleTest would write the list to it too.
  const std::string output = HOLDFAST_GTEST_FLAG(output);
  HOLDFAST_SET_GTEST_FLAG(list_tests, true);
  HOLDFAST_SET_GTEST_FLAG(output, "");
  {
    const Silence silence;
    (void)really_run();
  }
  HOLDFAST_SET_GTEST_FLAG(list_tests, lists);
  HOLDFAST_SET_GTEST_FLAG(output, output);
  Cases cases;
  const char* const unfit = not_told_apart(cases);
  if (HOLDFAST_GTEST_FLAG(shuffle)) shuffle(cases.all);
  for (const testing::TestInfo* test : cases.all) {
    if (test->should_run()) add(name_of(*test).c_str());
  }
  return unfit;
}

void select_one(const char* name) {
  std::string filter = name;
  for (char& character : filter) {
    if (has_meaning(character)) character = '?';
  }
  HOLDFAST_SET_GTEST_FLAG(filter, filter);
  ::unsetenv("GTEST_TOTAL_SHARDS");
  ::unsetenv("GTEST_SHARD_INDEX");
  set_no_shard();
}

// Each case would write the file of --gtest_output, and replace that of the others.
void write_no_report() {
  testing::TestEventListeners& listeners = testing::UnitTest::GetInstance()->listeners();
  delete listeners.Release(listeners.default_xml_generator());
}

class Reporter : public testing::EmptyTestEventListener {
 public:
  void OnTestIterationStart(const testing::UnitTest& /*all*/, int /*number*/) override {
    suite_ = nullptr;
  }
  void OnTestStart(const testing::TestInfo& test) override {
    if (holdfast_worker_is_here() == 0) return;
    // Between two cases of one suite, nothing runs that prints.
    const char* suite = suite_name(test, 0);
    if (suite_ != suite) flush_standard_streams();
    suite_ = suite;
    has_begun_case = true;
    holdfast_worker_case_begins(suite, test.name());
  }
  void OnTestEnd(const testing::TestInfo& test) override {
    if (holdfast_worker_is_here() == 0) return;
    flush_standard_streams();
    const testing::TestResult& result = *test.result();
    holdfast_worker_case_ends(suite_name(test, 0), test.name(),
                              result.Failed()         ? HOLDFAST_WORKER_CASE_FAILED
                              : is_skipped(result, 0) ? HOLDFAST_WORKER_CASE_SKIPPED
                                                      : HOLDFAST_WORKER_CASE_PASSED,
                              static_cast<long long>(result.elapsed_time()));
  }

 private:
  const char* suite_ = nullptr;  // of the latest case
};

// GoogleTest owns its listeners. It calls them in their order at a beginning, and in the reverse
// order at an end. As this one stands before the printer, it says `begin` before the case's first
// line is printed, and `end` after its last.
void install_reporter() {
  testing::TestEventListeners& listeners = testing::UnitTest::GetInstance()->listeners();
  testing::TestEventListener* printer = listeners.Release(listeners.default_result_printer());
  listeners.Append(new Reporter);
  if (printer != nullptr) listeners.Append(printer);
}

// main() may call RUN_ALL_TESTS() more than once.
int run_and_report() {
  has_begun_case = false;
  const int code = really_run();
  const testing::TestResult& outside = testing::UnitTest::GetInstance()->ad_hoc_test_result();
  if (!has_begun_case && is_skipped(outside, 0)) holdfast_worker_all_skipped();
  holdfast_worker_finished(code);
  return code;
}

int run_in_batch() {
  static holdfast_worker_framework framework{
      holdfast_worker_version, 0, flush_output, list_cases, write_no_report, select_one};
  testing::TestEventListeners& listeners = testing::UnitTest::GetInstance()->listeners();
  framework.prints = listeners.default_result_printer() != nullptr ? 1 : 0;
  const holdfast_worker_role role = holdfast_worker_begin(&framework);
  has_served = role == HOLDFAST_WORKER_HAS_SERVED;
  if (has_served) return 0;
  if (role != HOLDFAST_WORKER_IS_NONE) install_reporter();
  return run_and_report();
}

// Whether GoogleTest started this process for a death test of the style `threadsafe`. It passes on
// the arguments of the program.
bool is_death_test_child() {
  static const char option[] = "--gtest_internal_run_death_test=";
  FILE* words = ::fopen("/proc/self/cmdline", "re");
  if (words == nullptr) return false;
  char* word = nullptr;
  size_t room = 0;
  bool is_one = false;
  while (!is_one && ::getdelim(&word, &room, '\0', words) > 0) {
    is_one = strncmp(word, option, sizeof option - 1) == 0;
  }
  ::free(word);
  ::fclose(words);
  return is_one;
}

// Finds out that RUN_ALL_TESTS() runs without us: it is called in a shared library, for which
// --wrap does nothing. Then cases cannot be forked from here.
class Watcher : public testing::EmptyTestEventListener {
 public:
  void OnTestProgramStart(const testing::UnitTest& /*all*/) override {
    if (is_reached) return;
    const bool refuses = holdfast_worker_refuses_to_fork(
                             "RUN_ALL_TESTS() is called where the linker's --wrap does not reach "
                             "it, as in a library") != 0;
    if (!refuses) return;
    flush_output();
    ::exit(0);
  }
};

const bool watches = [] {
  testing::UnitTest::GetInstance()->listeners().Append(new Watcher);
  return true;
}();

}  // namespace
}  // namespace gtest_support

int run_all_tests() {
  if (__real__ZN7testing8UnitTest3RunEv != nullptr) return RUN_ALL_TESTS();
  return __wrap__ZN7testing8UnitTest3RunEv(testing::UnitTest::GetInstance());
}

void retire_worker_after_failure() { holdfast_worker_retire_after_failure(); }

}  // namespace holdfast

int __wrap__ZN7testing8UnitTest3RunEv(testing::UnitTest* /*all*/) {
  namespace support = holdfast::gtest_support;
  // main() or a case may run GoogleTest once more.
  if (support::has_served) return 0;
  if (support::is_death_test_child()) {
    support::is_reached = true;
    return support::really_run();
  }
  if (support::is_reached) return support::run_and_report();
  support::is_reached = true;
  return support::run_in_batch();
}

#else  // there are no batches on other systems

namespace holdfast {

int run_all_tests() { return RUN_ALL_TESTS(); }
void retire_worker_after_failure() {}

}  // namespace holdfast

#endif
