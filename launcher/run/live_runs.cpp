#include "run/live_runs.hpp"

#include <algorithm>

#include "base/names.hpp"
#include "journal/journal_reader.hpp"
#include "os/file/trusted_directory.hpp"
#include "run/keeper_socket.hpp"
#include "run/run_lock.hpp"

namespace holdfast {
namespace {

// A keeper answers in microseconds. A keeper that does not answer is stopped, and its run is left
// out.
constexpr Milliseconds k_patience{500};
// A test that does not end at once still has its grace.
constexpr Milliseconds k_run_end_patience{10'000};

// If we may not look at the lock, the run counts as dead. Otherwise a killed run would seem to go
// on for ever.
bool may_be_alive(const RunStarted& started, const std::string& tree) {
  if (started.boot == os::numbering_id()) return os::is_alive(started.ctest);
  return !is_of_another_boot(started, os::boot_id()) && is_witnessed(started, tree).value_or(false);
}

Result<wire::Status> status_from(const os::Connected& keeper) {
  (void)os::send_message(keeper.socket.get(), wire::Message(wire::Status::k_kind));
  HOLDFAST_TRY(const wire::Message reply, os::receive_message(keeper.socket.get()).message);
  return wire::read<wire::Status>(reply);
}

std::optional<LiveRun> ask(const std::string& socket) {
  Result<wire::Status> status = status_from(os::connect_to(socket, k_patience));
  if (!status) return std::nullopt;
  LiveRun run{std::move(*status)};
  const Result<Journal> journal = read_journal(std::filesystem::path(run.journal));
  if (journal) take_records(journal->records, os::numbering_id(), os::is_alive, run);
  return run;
}

}  // namespace

void take_records(const std::vector<Record>& records, const std::string& numbering,
                  const std::function<bool(const ProcessName&)>& is_alive, LiveRun& run) {
  for (const Record& record : records) {
    if (const auto* const started = std::get_if<RunStarted>(&record)) {
      run.since = started->at;
      run.is_in_other_pid_namespace = started->boot != numbering;
    }
  }
  for (const AttemptStarted& begun : unended_attempts(records)) {
    if (!run.is_in_other_pid_namespace && !is_alive(begun.launcher)) continue;
    run.tests.push_back({begun.test, begun.attempt, begun.launcher.pid, begun.at});
  }
}

bool is_of_another_boot(const RunStarted& started, const std::string& boot) {
  return !boot.empty() && !started.boot.empty() && os::boot_in(started.boot) != boot;
}

std::vector<LiveRun> find_live_runs() {
  std::vector<LiveRun> runs;
  const std::string directory =
      os::user_directory_path() + "/" + std::string(names::k_user_keepers_directory);
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(directory, error)) {
    if (!entry.is_socket(error) || entry.path().has_extension()) continue;
    if (std::optional<LiveRun> run = ask(entry.path().string())) runs.push_back(std::move(*run));
  }
  std::ranges::sort(runs, {}, &LiveRun::since);
  return runs;
}

std::optional<std::vector<wire::LiveWait>> waits_of(const ProcessName& ctest) {
  Result<wire::Status> status = status_from(connect_to_keeper(ctest, k_patience));
  return status ? std::optional(std::move(status->waits)) : std::nullopt;
}

std::vector<LiveRun> find_live_run_of(const std::string& tree) {
  const Result<RunEntry> entry = find_run(tree, "latest");
  if (!entry) return {};
  const Result<Journal> journal = read_journal(entry->journal);
  if (!journal || journal->records.empty()) return {};
  const auto* started = std::get_if<RunStarted>(&journal->records.front());
  if (started == nullptr) return {};
  // A ctest that reads its tests once more (`ctest -S`) outlives its run.
  const bool ended = std::ranges::any_of(journal->records, [](const Record& record) {
    return std::holds_alternative<RunEnded>(record);
  });
  if (ended || !may_be_alive(*started, tree)) return {};
  LiveRun run{{.run = started->run, .tree = started->tree, .ctest = started->ctest}};
  take_records(journal->records, os::numbering_id(), os::is_alive, run);
  return {run};
}

std::optional<bool> is_witnessed(const RunStarted& started, const std::string& tree) {
  const ProcessName ctest = started.ctest;
  const std::optional<bool> has = has_tree(ctest, started.boot, tree);
  if (!has.value_or(false) && is_listened_for(ctest, started.boot)) return true;
  return has;
}

bool is_going_on(const RunEntry& run) {
  if (end_record(run.journal)) return false;
  const std::optional<RunStarted> started = first_record(run.journal);
  if (!started) return false;
  if (may_be_alive(*started, tree_of(run).string())) return true;
  if (started->boot != os::numbering_id()) return false;
  const ProcessName ctest = started->ctest;
  os::Connected keeper = connect_to_keeper(ctest, k_patience);
  if (!keeper.socket.valid()) return false;
  const os::UniqueFd life = os::watch_living(os::peer_process(keeper.socket.get()));
  // Before it ends, the keeper waits until all connections are closed, so we close ours.
  keeper.socket.reset();
  if (life.valid()) (void)os::wait_for(life.get(), os::monotonic_now() + k_run_end_patience);
  return false;
}

}  // namespace holdfast
