// What Holdfast remembers about past runs: one SQLite file, which may be carried from machine to
// machine.
//
// Nothing here throws. To open a file that is no history, or a history of a later version, is an
// error that says so.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "history/database.hpp"
#include "history/past_run.hpp"
#include "journal/run_directory.hpp"

namespace holdfast {

struct HistoryLimits {
  double age_s = 180.0 * 24 * 3600;  // before the newest run whose date is not in the future
  std::int64_t bytes = 64 << 20;
};

class History {
 public:
  // Makes the file, and its directory, if they are not there.
  static Result<History> open(const std::filesystem::path& file);
  // One that is gone with this object.
  static Result<History> in_memory();
  // Opens a file that is only read.
  static Result<History> open_existing(const std::filesystem::path& file);

  // Returns all runs, the oldest first.
  Result<std::vector<RunHead>> runs();
  // Returns the tests and cases of all runs, by their numbers.
  Result<std::vector<NumberedTest>> tests();
  // Returns one of runs() with its results, or only with those of tests and cases of that name.
  Result<PastRun> load(const RunHead& head, std::optional<std::string_view> test = std::nullopt);

  // Calls `see` with the results of all runs, those of the newest run first. Before each run,
  // `wanted` says which tests are still asked for. Without such tests, the reading ends.
  Result<void> read_back(const std::function<std::optional<NumberRange>()>& wanted,
                         const std::function<void(const BriefResult&)>& see);

  // Adds all runs, or none. Does not add a run again that is there already. Returns how many were
  // new.
  Result<std::size_t> add(const std::vector<PastRun>& runs);
  Result<std::size_t> add_all_of(History& other);
  // Returns the size of the file.
  Result<std::int64_t> bytes();
  // Removes the runs that are too old. While the file is too large, removes the oldest quarter of
  // the runs. The newest run stays. `now` is in seconds since 1970. A run that a machine with a
  // wrong clock put after `now` makes no other run old.
  Result<void> prune(double now, const HistoryLimits& limits = {});
  // Writes the whole history to another file, which must not exist yet.
  Result<void> copy_to(const std::filesystem::path& file);

 private:
  explicit History(Database database) : database_(std::move(database)) {}

  // Makes the tables if there are none; `file` is for messages.
  static Result<History> with_tables(Result<Database> database, const std::filesystem::path& file);
  // `run_at` returns each of `count` runs by its place.
  Result<std::size_t> add_each(std::size_t count,
                               const std::function<Result<PastRun>(std::size_t)>& run_at);
  Result<void> in_transaction(const std::function<Result<void>()>& change);
  Result<std::int64_t> row_of(const RunHead& head);
  Result<void> load_failures(std::int64_t row, PastRun& run);
  Result<void> remove_before(double started);
  // Removes the runs before all[first].
  Result<void> keep_from(const std::vector<RunHead>& all, std::size_t first);

  Database database_;
  // The expressions for a test's key, and for a result's program.
  std::string key_ = "test.key";
  std::string program_ = "(SELECT text FROM word WHERE id=result.program)";
};

// Takes the runs of a build tree into its history. This can also be done later, from the runs'
// journals, as long as the tree keeps them (k_runs_kept).

// Adds the runs that are over and not yet in the history, then prunes it. Leaves out runs that a
// test started, and runs without tests. Returns how many runs were added. A journal that cannot be
// read is left out. `now` is in seconds since 1970.
Result<std::size_t> absorb(const std::filesystem::path& tree, History& history,
                           const std::function<bool(const RunEntry&)>& is_going_on, double now);

}  // namespace holdfast
