#include "cli/known_durations.hpp"

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <variant>
#include <vector>

#include "cli/history_file.hpp"
#include "history/answers/slowest.hpp"
#include "history/history.hpp"
#include "store/journal_reader.hpp"

namespace holdfast::cli {
namespace {

// Older runs say little more than the last ones, and a journal may be large.
constexpr std::size_t k_runs_for_durations = 3;
constexpr std::size_t k_past_runs = 10;

// How long tests took in the last runs that the history has.
void add_from_history(const std::filesystem::path& tree, KnownDurations& durations) {
  const Result<std::filesystem::path> file = history_file(tree.string());
  Result<History> history = file ? History::open_existing(*file) : Result<History>(file.error());
  if (!history) return;
  const Result<std::vector<RunHead>> runs = history->runs();
  if (!runs) return;
  Durations seen;
  for (std::size_t i = runs->size() - std::min(runs->size(), k_past_runs); i < runs->size(); ++i) {
    if (const Result<PastRun> run = history->load((*runs)[i])) seen.add(*run);
  }
  for (const SlowTest& one : seen.sorted()) durations.emplace(one.test.name, one.median);
}

}  // namespace

KnownDurations durations_before(const RunEntry& entry) {
  KnownDurations durations;
  const std::filesystem::path tree = tree_of(entry);
  std::size_t read = 0;
  for (const RunEntry& run : list_runs(tree, Dates::only_for_the_order)) {
    if (run.id == entry.id) continue;
    KnownDurations of_run;
    (void)read_records(run.journal, [&](const Record& record) {
      const auto* const ended = std::get_if<AttemptEnded>(&record);
      if (ended != nullptr) of_run[ended->test] = ended->wall_s;
    });
    durations.merge(of_run);  // what newer runs say stays
    if (++read == k_runs_for_durations) break;
  }
  add_from_history(tree, durations);
  return durations;
}

}  // namespace holdfast::cli
