#include "cli/select/user_call.hpp"

#include <system_error>

#include "cli/commands.hpp"
#include "cli/listed_test.hpp"
#include "cli/select/tree_tests.hpp"
#include "core/base/text.hpp"
#include "store/run_directory.hpp"

namespace holdfast::cli {
namespace {

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

// `tree`: as the user wrote it. ctest's own options may lead elsewhere.
Result<void> check_tree(const std::string& tree, const UserCall& user) {
  HOLDFAST_TRY(const std::string wanted, find_tree(tree));
  if (wanted == user.tree) return {};
  return ErrorInWords{"--tree " + brief_in_quotes(tree) + ": " +
                      (user.words.has_preset ? "the preset" : "--test-dir") + " is of " +
                      user.tree};
}

}  // namespace

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
