// The runs of a build tree: <tree>/.holdfast/runs/<run-id>/journal.jsonl.
//
// Functions here touch the disk and never throw; what cannot be read is not listed.
#pragma once

#include "core/result.hpp"

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast {

inline constexpr std::size_t k_runs_kept = 20;

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

// `wanted`: "latest" (or nothing), a run's id, or the beginning of exactly one id. The error is
// one line that fits after "failed to".
Result<RunEntry> find_run(const std::filesystem::path& tree, std::string_view wanted);

// Removes all but the newest `keep` runs and those at work; never the one named `live`, which
// counts as one of them. Returns how many it removed. A run it cannot remove stays: pruning never
// fails a run.
std::size_t prune_runs(const std::filesystem::path& tree, std::string_view live,
                       std::size_t keep = k_runs_kept);

// The nearest directory from `from` upward that has .holdfast/ or CMakeCache.txt.
std::optional<std::filesystem::path> find_build_tree(const std::filesystem::path& from);

}  // namespace holdfast
