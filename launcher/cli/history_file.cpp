#include "cli/history_file.hpp"

#include <system_error>

#include "cli/commands.hpp"
#include "core/base/environment.hpp"
#include "core/base/names.hpp"
#include "core/base/printable.hpp"
#include "history/absorb.hpp"
#include "keeper/left/dead_runs.hpp"
#include "os/file/clock.hpp"
#include "os/file/own_files.hpp"

namespace holdfast::cli {
namespace {

namespace fs = std::filesystem;

// Twice within the runs that a tree keeps, so that a run which died at such a moment is not lost.
constexpr std::uint64_t k_runs_at_once = k_runs_kept / 2;

Result<History> with_runs_of(const std::string& tree, Result<History> history) {
  if (!history || tree.empty()) return history;
  const auto goes_on = [](const RunEntry& run) { return !settle(run); };
  if (const auto added = absorb(tree, *history, goes_on, now_s()); !added) return added.error();
  return history;
}

// What the tree of another user remembers, and its runs; nothing is written there.
Result<History> look_at_runs_of(const std::string& tree, const fs::path& file) {
  HOLDFAST_TRY(History seen, History::in_memory());
  if (os::exists_own(file.string())) {
    HOLDFAST_TRY(History past, History::open_existing(file));
    if (const auto added = seen.add_all_of(past); !added) return added.error();
  }
  return with_runs_of(tree, std::move(seen));
}

Result<History> with_runs_of(const std::string& tree) {
  HOLDFAST_TRY(const fs::path file, history_file(tree));
  Result<History> history = with_runs_of(tree, History::open(file));
  if (history || !put_aside_if_damaged(tree)) return history;
  return with_runs_of(tree, History::open(file));
}

}  // namespace

Result<fs::path> history_file(const std::string& tree) {
  const std::string named = variable(environment::k_history);
  if (named.empty() && tree.empty()) {
    return ErrorInWords{"no build tree here or above: expected --tree DIR, or HOLDFAST_HISTORY"};
  }
  if (named.empty()) return fs::path(tree) / names::k_history_file;
  if (!named.starts_with('/')) {
    return ErrorInWords{std::string(environment::k_history) + " " + brief_in_quotes(named) +
                        ": expected an absolute path"};
  }
  return fs::path(named);
}

double now_s() { return static_cast<double>(os::unix_now_ms()) / 1000; }

bool put_aside_if_damaged(const std::string& tree) {
  const Result<fs::path> file = history_file(tree);
  const bool is_own = variable(environment::k_history).empty();
  if (!file || !is_own) return false;
  Result<Database> database = Database::open(*file, Database::Use::read);
  if (!database || !database->is_damaged()) return false;
  const fs::path aside = file->string() + ".damaged";
  if (!os::rename_own(file->string(), aside.string())) return false;
  complain("the history was damaged: it is now " + aside.string() + ", and a new one is begun");
  return true;
}

Result<History> open_history(const std::string& tree) {
  const Result<fs::path> file = history_file(tree);
  const bool is_own = variable(environment::k_history).empty();
  if (file && is_own && os::is_tree_of_another(tree)) return look_at_runs_of(tree, *file);
  Result<History> history = with_runs_of(tree);
  if (history) return history;
  std::error_code failed;
  if (!file || !fs::exists(*file, failed)) return history;
  Result<History> as_it_is = History::open_existing(*file);
  if (!as_it_is) return history;  // on a full disk, it may be empty
  complain("the latest runs are not in the history: " + to_text(history.error()));
  return as_it_is;
}

std::string remember_runs(const std::string& tree, const std::string& first,
                          const std::string& last) {
  const bool is_carried = !variable(environment::k_history).empty();
  const std::uint64_t from = number_of_run(first);
  if (!is_carried &&
      (from == 0 || number_of_run(last) / k_runs_at_once == (from - 1) / k_runs_at_once)) {
    return {};
  }
  const Result<History> history = with_runs_of(tree);
  if (history) return {};
  return "ignoring that the run is not in the history: " + to_text(history.error());
}

}  // namespace holdfast::cli
