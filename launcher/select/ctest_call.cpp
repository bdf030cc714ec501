#include "select/ctest_call.hpp"

#include <unistd.h>

#include <cstdlib>
#include <system_error>

#include "base/environment.hpp"
#include "base/text.hpp"
#include "command/command.hpp"
#include "ctest/list_tests.hpp"
#include "ctest/shown_tests.hpp"
#include "journal/run_directory.hpp"
#include "os/file/descriptors.hpp"
#include "os/process/execute.hpp"
#include "os/signal/replacing.hpp"

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

// The directory in which it looks for its tests.
Result<std::string> directory_of_tests(const CtestCall& call, const RerunWords& words) {
  if (!words.has_preset) {
    return (fs::path(call.directory) / words.directory).lexically_normal().string();
  }
  HOLDFAST_TRY(const std::string text,
               list_tests({call.program, call.directory, words.for_listing, {}, "-N"}));
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

}  // namespace holdfast::cli
