#include "select/earlier_run.hpp"

#include <system_error>

#include "ctest/list_tests.hpp"
#include "settings/project_settings.hpp"

namespace holdfast::cli {
namespace {

namespace fs = std::filesystem;

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
