// What is remembered of past runs: one file of SQLite, which may be carried from machine to
// machine.
//
// Nothing here throws. A file that is no history, or one of a later version, is refused in words.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"
#include "history/database.hpp"
#include "history/past_run.hpp"

namespace holdfast {

struct HistoryLimits {
  double age_s = 180.0 * 24 * 3600;  // before the newest run whose date is not to come
  std::int64_t bytes = 64 << 20;
};

class History {
 public:
  // Makes the file, and its directory, if they are not there.
  static Result<History> open(const std::filesystem::path& file);
  // Only to be read.
  static Result<History> open_existing(const std::filesystem::path& file);

  // Oldest first.
  Result<std::vector<RunHead>> runs();
  // The tests and cases of all runs, by their numbers.
  Result<std::vector<NumberedTest>> tests();
  // One of runs(), with its results, or only those of tests and cases of that name.
  Result<PastRun> load(const RunHead& head, std::optional<std::string_view> test = std::nullopt);

  // The results of all runs, those of the newest run first. `wanted` says before each run which
  // tests are still asked for, and ends it with nothing.
  Result<void> read_back(const std::function<std::optional<NumberRange>()>& wanted,
                         const std::function<void(const BriefResult&)>& see);

  // All are added, or none. A run that is there already is not added again. Returns how many were
  // new.
  Result<std::size_t> add(const std::vector<PastRun>& runs);
  Result<std::size_t> add_all_of(History& other);
  // The size of the file.
  Result<std::int64_t> bytes();
  // Removes the runs that are too old, and the oldest quarter until the file is not too large. The
  // newest run stays. `now`: seconds since 1970. A run that a machine with a wrong clock put after
  // `now` makes no other run old.
  Result<void> prune(double now, const HistoryLimits& limits = {});
  // Writes all of it to a file of its own, which must not be there.
  Result<void> copy_to(const std::filesystem::path& file);

 private:
  explicit History(Database database) : database_(std::move(database)) {}

  // `next` returns one run after the other, and nothing after the last.
  Result<std::size_t> add_each(const std::function<Result<std::optional<PastRun>>()>& next);
  Result<void> in_transaction(const std::function<Result<void>()>& change);
  Result<std::int64_t> row_of(const RunHead& head);
  Result<void> load_failures(std::int64_t row, PastRun& run);
  Result<void> remove_before(double started);
  // Removes those before this one of runs().
  Result<void> keep_from(const std::vector<RunHead>& all, std::size_t first);

  Database database_;
};

}  // namespace holdfast
