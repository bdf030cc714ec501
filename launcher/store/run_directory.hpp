// The runs of a build tree: <tree>/.holdfast/runs/<run-id>/journal.jsonl.
//
// An id is `<number>-<date>-<time>-<pid>`: runs are numbered from 1 in each tree, so that their
// order does not depend on a clock, which may have been wrong. Runs of earlier versions have no
// number and come before those that have one, in the order of their times. So do runs of one
// number among themselves, which began at the same moment.
//
// Functions here touch the disk and never throw; what cannot be read is not listed.
#pragma once

#include "core/base/result.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast {

inline constexpr std::size_t k_runs_kept = 20;

// The number of a run that begins now.
std::uint64_t next_run_number(const std::filesystem::path& tree);

struct RunEntry {
  std::string id;
  std::filesystem::path directory;
  std::filesystem::path journal;
  double started = 0;  // run_started.at, else the time the journal was last written
};

// What `started` of a listed run is good for. only_for_the_order: it is 0 where the name alone puts
// the run in its place, and its journal has not been read.
enum class Dates { exact, only_for_the_order };

// Directories that hold a journal, newest first. Symbolic links are passed over.
std::vector<RunEntry> list_runs(const std::filesystem::path& tree, Dates dates = Dates::exact);

// `wanted`: "latest" (or nothing), a run's id, its number, or the beginning of exactly one id, with
// or without the number. The latest is none that a test of another one in the tree started, but for
// tests of `around`: a run's id, or nothing. The error is one line that fits after "failed to".
Result<RunEntry> find_run(const std::filesystem::path& tree, std::string_view wanted,
                          std::string_view around = {});

struct Pruned {
  std::size_t removed = 0;
  std::vector<std::string> troubles;  // what could not be removed, and why; each fits "failed to"
};

// Removes all but the newest `keep` runs and those at work; never the one named `live`, which
// counts as one of them. A run it cannot remove stays: pruning never fails a run.
Pruned prune_runs(const std::filesystem::path& tree, std::string_view live,
                  std::size_t keep = k_runs_kept);

// The nearest directory from `from` upward that has .holdfast/ or CMakeCache.txt.
std::optional<std::filesystem::path> find_build_tree(const std::filesystem::path& from);

}  // namespace holdfast
