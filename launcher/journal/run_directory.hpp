// The runs of a build tree: <tree>/.holdfast/runs/<run-id>/journal.jsonl.
//
// An id is `<number>-<date>-<time>-<pid>`. Each tree numbers its runs from 1, so that the order of
// runs does not depend on a clock, which may have been wrong. Runs of earlier versions have no
// number and come first, in the order of their times. Runs that begin at the same moment may have
// the same number. Their times order them too.
//
// These functions read and write the disk, and never throw. A run that cannot be read is not
// listed.
#pragma once

#include "base/result.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast {

inline constexpr std::size_t k_runs_kept = 20;

// Runs of ctest, or what people started without ctest: <tree>/.holdfast/by-hand/<run-id>/, in the
// same form. Reports know only runs of ctest.
enum class RunsOf : std::uint8_t { ctest, people };
std::string_view directory_of(RunsOf whose);

// The number in a run's id; 0: it has none, as the id of a run that is not on record.
std::uint64_t number_of_run(std::string_view id);

// The number for a run that begins now.
std::uint64_t next_run_number(const std::filesystem::path& tree, RunsOf whose = RunsOf::ctest);

struct RunEntry {
  std::string id;
  std::filesystem::path directory;
  std::filesystem::path journal;
};

// When the run began: run_started.at, or else when the journal was last written.
double started_at(const RunEntry& run);
// The build tree that the run belongs to.
std::filesystem::path tree_of(const RunEntry& run);

// Directories that hold a journal, newest first. Symbolic links are left out.
std::vector<RunEntry> list_runs(const std::filesystem::path& tree, RunsOf whose = RunsOf::ctest);

// Whether `wanted` is the run's id, with or without the number, or the number alone; and whether it
// is the beginning of the id, with or without the number.
bool names_run(std::string_view id, std::string_view wanted);
bool may_mean(std::string_view id, std::string_view wanted);

// `wanted`: "latest" (or nothing), a run's id, its number, or the beginning of exactly one id, with
// or without the number. The latest run is the newest. But if a test of another run in this tree
// started the newest run, that other run counts as the latest, unless `around` is the id of the
// other run. The error is one line that fits after "failed to".
Result<RunEntry> find_run(const std::filesystem::path& tree, std::string_view wanted,
                          std::string_view around = {});

struct Pruned {
  std::size_t removed = 0;
  std::vector<std::string> troubles;  // what could not be removed, each in words
};

// How much of the runs stays.
struct Kept {
  std::size_t runs = k_runs_kept;
  // Bytes of the attempts' outputs of all these runs together.
  std::uint64_t outputs = std::numeric_limits<std::uint64_t>::max();
};

// Removes all runs but the newest and those at work. Never removes the run `live`, which counts as
// one of the newest. A run that cannot be removed stays: pruning never fails a run. If the outputs
// that the other runs keep are too large, removes those of the oldest, with the same exceptions; in
// their place, a file says so (k_dropped_outputs_file).
Pruned prune_runs(const std::filesystem::path& tree, std::string_view live, Kept kept = {},
                  RunsOf whose = RunsOf::ctest);

// The nearest directory from `from` upward that has .holdfast/ or CMakeCache.txt.
std::optional<std::filesystem::path> find_build_tree(const std::filesystem::path& from);

}  // namespace holdfast
