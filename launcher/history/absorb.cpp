#include "history/absorb.hpp"

namespace holdfast {
namespace {

bool is_known(const std::vector<RunHead>& known, const RunEntry& run) {
  return std::any_of(known.begin(), known.end(), [&](const RunHead& head) {
    return head.id == run.id && head.started == run.started;
  });
}

// Whether the run may have been pruned. A history that has had no reason to be pruned takes older
// runs, too: those of another shard, for instance.
bool may_be_pruned(const std::vector<RunHead>& known, const RunEntry& run, std::int64_t bytes) {
  return !known.empty() && run.started < known.front().started && bytes > HistoryLimits{}.bytes / 2;
}

}  // namespace

Result<std::size_t> absorb(const std::filesystem::path& tree, History& history,
                           const std::function<bool(const RunEntry&)>& is_going_on, double now) {
  // So many results are added at once, because each time takes the disk a while, and those of all
  // runs together may not fit into memory.
  constexpr std::size_t k_results_at_once = 20'000;
  HOLDFAST_TRY(const std::vector<RunHead> known, history.runs());
  HOLDFAST_TRY(const std::int64_t bytes, history.bytes());
  std::vector<PastRun> fresh;
  std::size_t results = 0;
  std::size_t added = 0;
  const auto flush = [&]() -> Result<void> {
    HOLDFAST_TRY(const std::size_t done, history.add(std::exchange(fresh, {})));
    added += done;
    results = 0;
    return {};
  };
  std::vector<RunEntry> runs = list_runs(tree);
  std::reverse(runs.begin(), runs.end());  // oldest first
  for (const RunEntry& run : runs) {
    if (is_known(known, run) || may_be_pruned(known, run, bytes) || is_going_on(run)) continue;
    const Result<RunReport> report = load_report(run);
    if (!report || !report->run.inside.empty()) continue;
    const std::unique_ptr<Outputs> outputs = outputs_of(*report, run);
    PastRun past = past_run_of(*report, *outputs, run.started);
    past.head.id = run.id;
    if (past.results.empty()) continue;
    results += past.results.size();
    fresh.push_back(std::move(past));
    if (results < k_results_at_once) continue;
    HOLDFAST_DO(flush());
  }
  if (!fresh.empty()) {
    HOLDFAST_DO(flush());
  }
  if (added > 0) {
    HOLDFAST_DO(history.prune(now));
  }
  return added;
}

}  // namespace holdfast
