#include "cleanup/dead_runs.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>  // join(), which only this header has from fmt 11 on
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>

#include <system_error>

#include "base/names.hpp"
#include "base/text.hpp"
#include "ctest/ctest_log.hpp"
#include "journal/journal_reader.hpp"
#include "journal/run_files.hpp"
#include "os/file/clock.hpp"
#include "os/file/descriptors.hpp"
#include "os/file/own_files.hpp"
#include "os/process/process.hpp"
#include "os/process/stop_record.hpp"
#include "run/keeper_socket.hpp"
#include "run/live_runs.hpp"
#include "run/run_log.hpp"

namespace holdfast {
namespace {

namespace fs = std::filesystem;

// How long a guard whose test is gone may take to write its record and end.
constexpr Milliseconds k_guard_patience{2000};

bool is_own(const fs::path& file) {
  struct stat info {};
  return ::lstat(file.c_str(), &info) == 0 && info.st_uid == ::geteuid();
}

// True: no launcher and no guard of the ctest is left.
bool has_no_supervisors(const ProcessName& ctest) {
  const auto all = [](pid_t, const os::ProcessStat&) { return true; };
  os::TaggedProcesses processes = supervisors_of({ctest}, all);
  const Milliseconds until = os::monotonic_now() + k_guard_patience;
  (void)processes.living();
  const std::vector<int> lives = processes.news();
  return std::ranges::all_of(lives, [&](int life) { return os::wait_for(life, until); });
}

// True: nobody can be at work for the run.
bool is_deserted(const RunStarted& started) {
  const std::string boot = os::numbering_id();
  if (boot.empty() || started.ctest.pid <= 0) return false;
  // The run's pids mean nothing here. If we may not look at the lock, we do not know who has it.
  if (started.boot != boot) {
    return !started.boot.empty() && !is_witnessed(started, started.tree).value_or(true);
  }
  const ProcessName ctest = started.ctest;
  return !os::is_alive(ctest) && !has_keeper(ctest) && has_no_supervisors(ctest);
}

// True: the directory `name` holds nothing but an empty marker directory.
bool is_empty_scratch(const os::OwnDirectory& all, const std::string& name) {
  const Result<os::OwnDirectory> scratch = all.below(name);
  if (!scratch) return false;
  const std::string markers(names::k_marker_directory);
  const std::vector<std::string> inside = scratch->names();
  if (inside != std::vector{markers}) return inside.empty();
  const Result<os::OwnDirectory> held = scratch->below(markers);
  return held && held->names().empty();
}

// Looks at the run's scratch directory and the directories in it. Returns those that are empty.
std::vector<fs::path> empty_directories_in(const os::OwnDirectory& run, const fs::path& scratch) {
  std::vector<fs::path> empty;
  const Result<os::OwnDirectory> all = run.below(std::string(names::k_scratch_directory));
  if (!all) return empty;
  const std::vector<std::string> names = all->names();
  for (const std::string& name : names) {
    if (is_empty_scratch(*all, name)) empty.push_back(scratch / name);
  }
  if (empty.size() == names.size()) empty.push_back(scratch);
  return empty;
}

// Returns the files in a directory of the run for which `is_left` is true.
template <typename IsLeft>
std::vector<fs::path> left_in(const os::OwnDirectory& run, const fs::path& directory,
                              IsLeft is_left) {
  std::vector<fs::path> left;
  const Result<os::OwnDirectory> all = run.below(directory.filename().string());
  if (!all) return left;
  for (const std::string& name : all->names()) {
    if (is_left(directory / name)) left.push_back(directory / name);
  }
  return left;
}

bool is_left_stop(const fs::path& file) {
  return file.extension() == names::k_stop_suffix && os::is_left(file.string());
}

// One that was not written to its end has another ending.
bool is_far_job(const fs::path& file) {
  return file.filename().string().find(names::k_far_job_suffix) != std::string::npos;
}

// Each run that begins looks at the last twenty, so the way to a run and its journal is gone once.
std::optional<DeadRun> look_at(const RunEntry& entry, const fs::path& tree,
                               const os::OwnDirectory& runs, const std::string& numbering) {
  const Result<os::OwnDirectory> own = runs.below(entry.id);
  if (!own) return std::nullopt;
  Result<os::UniqueFd> file = own->file(std::string(names::k_journal_file));
  if (!file) return std::nullopt;
  const RunFile journal = run_file_over(std::move(*file));
  const std::optional<RunStarted> started = first_record(journal);
  if (!started || started->tree != tree.string() || !is_own(entry.journal)) return std::nullopt;
  DeadRun run;
  run.id = entry.id;
  run.journal = entry.journal;
  run.is_of_others_numbers = started->boot != numbering;
  run.lacks_end = !end_record(journal);
  run.empty_directories = empty_directories_in(*own, entry.directory / names::k_scratch_directory);
  run.stops = left_in(*own, entry.directory / names::k_services_directory, is_left_stop);
  run.far_jobs = left_in(*own, entry.directory / names::k_far_directory, is_far_job);
  // A keeper of another PID namespace has a socket whose name we do not know (stale_files.hpp).
  if (!run.is_of_others_numbers) {
    const fs::path socket = keeper_socket_path_here(started->ctest);
    std::error_code failed;
    if (fs::symlink_status(socket, failed).type() == fs::file_type::socket) run.socket = socket;
  }
  if (run.is_tidy() || !is_deserted(*started)) return std::nullopt;
  // The journal is read last, because a guard that we waited for has written its record by now.
  run.lacks_end = !end_record(entry.journal);
  if (run.lacks_end) {
    const Result<Journal> read = read_journal(entry.journal);
    if (read) run.unended = unended_attempts(read->records);
  }
  return run.is_tidy() ? std::nullopt : std::optional(std::move(run));
}

// The turn to write what a journal lacks. Several processes may have found the run: the next run,
// `holdfast reap`, readers. Not valid: it is another one's.
os::UniqueFd take_turn(const fs::path& journal) {
  Result<os::UniqueFd> file = os::open_own(journal.string(), O_RDONLY);
  if (!file || ::flock(file->get(), LOCK_EX | LOCK_NB) != 0) return {};
  return std::move(*file);
}

bool is_cut_off(int journal) {
  char last = '\n';
  return ::pread(journal, &last, 1, ::lseek(journal, 0, SEEK_END) - 1) == 1 && last != '\n';
}

// Writes the records of attempts and of the run's end, which is the last one, so that a reader
// finds either all or none. `told` has what ctest's log tells; an error: nothing.
Result<void> write_missing(DeadRun run, const os::UniqueFd& turn, const Result<ToldByLog>& told,
                           Tidied& tidied) {
  run.lacks_end = run.lacks_end && !told;
  std::string lines = missing_lines(run, os::unix_now());
  if (told) lines += told->verdicts + told->end;
  // The writer may have died in the middle of the last line.
  if (is_cut_off(turn.get())) lines.insert(0, "\n");
  HOLDFAST_DO(os::append_line(run.journal.string(), lines));
  tidied.attempts += run.unended.size();
  ++tidied.ends;
  if (told && !told->trouble.empty()) tidied.troubles.push_back(told->trouble);
  return {};
}

// What to write if ctest's log does not tell how the run ended.
enum class WithoutLog : std::uint8_t { an_early_end, nothing };

// True: the run's end was written, which it lacked.
bool write_what_is_missing(const DeadRun& run, WithoutLog without, Tidied& tidied) {
  if (!run.lacks_end) return false;
  const os::UniqueFd turn = take_turn(run.journal);
  if (!turn.valid() || end_record(run.journal)) return false;
  const Result<ToldByLog> told = told_by_log({run.id, run.journal.parent_path(), run.journal});
  if (!told && without == WithoutLog::nothing) return false;
  const Result<void> written = write_missing(run, turn, told, tidied);
  if (!written) tidied.troubles.push_back(to_text(written.error()));
  return static_cast<bool>(written);
}

// True: we have removed it. It is no trouble if it is a directory that is not empty, or somebody
// else has removed it. To be called right after the removal, because of errno.
bool is_removed(const Result<void>& removed, Tidied& tidied) {
  if (!removed && errno != ENOENT && errno != ENOTEMPTY) {
    tidied.troubles.push_back(to_text(removed.error()));
  }
  return static_cast<bool>(removed);
}

// True: something was removed.
bool remove_what_is_left(const DeadRun& run, Tidied& tidied) {
  const auto removed = [&] { return tidied.directories + tidied.sockets + tidied.far_jobs; };
  const auto remove = [&](const fs::path& file, std::size_t& number) {
    if (is_removed(os::remove_own(file.string()), tidied)) ++number;
  };
  const std::size_t before = removed();
  for (const fs::path& directory : run.empty_directories) {
    const std::string markers = (directory / names::k_marker_directory).string();
    if (os::exists_own(markers) && !is_removed(os::remove_own_directory(markers), tidied)) continue;
    if (is_removed(os::remove_own_directory(directory.string()), tidied)) ++tidied.directories;
  }
  if (!run.socket.empty()) remove(run.socket, tidied.sockets);
  for (const fs::path& job : run.far_jobs) remove(job, tidied.far_jobs);
  return removed() > before;
}

// True: a command was run.
bool run_stops(const DeadRun& run, Tidied& tidied) {
  const std::size_t before = tidied.stopped.size();
  for (const fs::path& stop : run.stops) {
    const std::optional<os::LeftStop> left = os::run_left_stop(stop.string());
    if (!left) continue;
    if (!left->service.empty()) tidied.stopped.push_back(left->service);
    if (!left->trouble.empty()) tidied.troubles.push_back(left->trouble);
  }
  return tidied.stopped.size() > before;
}

struct JournalFacts {
  RunStarted started;
  LogWordRecord word;
  double keeper_until = 0;  // when the keeper was last there for certain
  std::uint64_t launches = 0;
};

// Whether the keeper has granted the attempt. Without one, its launcher has given it a name.
bool is_granted(const AttemptStarted& begun, const RunEntry& run) {
  return begun.attempt.starts_with(run.id + ".");
}

constexpr const char* k_taking = "take the rest from ctest's log: ";

// Fails if no word of ctest's log is on record: then it is not known whether a test began.
Result<JournalFacts> facts_of(const RunEntry& run) {
  JournalFacts facts;
  (void)read_records(run.journal, [&](Record&& record) {
    if (auto* started = std::get_if<RunStarted>(&record)) {
      facts.started = std::move(*started);
      facts.keeper_until = facts.started.at;
    } else if (auto* word = std::get_if<LogWordRecord>(&record)) {
      if (facts.word.word.empty()) facts.word = std::move(*word);
    } else if (const auto* begun = std::get_if<AttemptStarted>(&record)) {
      ++facts.launches;
      if (is_granted(*begun, run)) facts.keeper_until = std::max(facts.keeper_until, begun->at);
    }
  });
  if (facts.word.word.empty()) {
    return Error{k_taking + std::string("it is not known that a test began")};
  }
  return facts;
}

Result<ToldByLog> told_by(const CtestLogFile& log, const RunEntry& run, const JournalFacts& facts,
                          ListsOf lists) {
  HOLDFAST_TRY(std::vector<VerdictRecord> verdicts,
               read_ctest_log(log, {facts.word.word, facts.launches}, facts.started.at, lists));
  ToldByLog told;
  const Result<void> kept = keep_outputs(
      log, verdicts, run.directory / names::k_output_directory / names::k_kept_output_file);
  if (!kept) told.trouble = to_text(kept.error());
  // The last entry is ctest's, and we may come much later.
  double ended_at = os::unix_now();
  struct stat status {};
  if (::fstat(log.descriptor, &status) == 0) {
    ended_at = std::min(ended_at, seconds_of(status.st_mtim));
  }
  for (VerdictRecord& verdict : verdicts) {
    verdict.at = ended_at;
    told.verdicts += line_of(verdict);
  }
  told.end = line_of(RunEnded{.at = ended_at,
                              .run = run.id,
                              .complete = true,
                              .has_log = is_whole_log(log.descriptor),
                              .keeper_until = facts.keeper_until});
  return told;
}

}  // namespace

std::string missing_lines(const DeadRun& run, double now) {
  std::string lines;
  for (const AttemptStarted& one : run.unended) {
    lines += line_of(LostAttempt{
        .at = now,
        .attempt = one.attempt,
        .test = one.test,
        .key = one.key,
        .n = one.n,
        .note = run.is_of_others_numbers
                    ? "its run has neither the tree nor a keeper any more; of its processes "
                      "nothing is known in this PID namespace"
                    : "launcher, guard and keeper were killed; recorded when that was found"});
  }
  if (run.lacks_end) lines += line_of(RunEnded{.at = now, .run = run.id});
  return lines;
}

std::vector<DeadRun> find_dead_runs(const fs::path& tree) {
  std::vector<DeadRun> dead;
  const std::string numbering = os::numbering_id();
  for (const RunsOf whose : {RunsOf::ctest, RunsOf::people}) {
    const Result<os::OwnDirectory> runs =
        os::OwnDirectory::open((tree / directory_of(whose)).string());
    if (!runs) continue;
    for (const RunEntry& entry : list_runs(tree, whose)) {
      std::optional<DeadRun> run = look_at(entry, tree, *runs, numbering);
      if (run) dead.push_back(*std::move(run));
    }
  }
  return dead;
}

Tidied tidy(const std::vector<DeadRun>& runs) {
  Tidied tidied;
  for (const DeadRun& run : runs) {
    const bool stopped = run_stops(run, tidied);
    const bool written = write_what_is_missing(run, WithoutLog::an_early_end, tidied);
    const bool removed = remove_what_is_left(run, tidied);
    if (stopped || written || removed) ++tidied.runs;
  }
  return tidied;
}

Result<void> finish_at_end(const RunEntry& run, const ProcessName& ctest) {
  if (!has_no_supervisors(ctest)) return ErrorInWords{"a test of this run is still ending"};
  const os::UniqueFd turn = take_turn(run.journal);
  if (!turn.valid() || end_record(run.journal)) {
    return ErrorInWords{"another command records the end of this run"};
  }
  HOLDFAST_TRY(const Journal read, read_journal(run.journal));
  const Result<ToldByLog> told = told_by_log(run, ctest);
  if (!told) return told.error();
  const DeadRun left{
      .id = run.id, .journal = run.journal, .unended = unended_attempts(read.records)};
  Tidied done;
  HOLDFAST_DO(write_missing(left, turn, told, done));
  return done.troubles.empty() ? Result<void>() : ErrorInWords{done.troubles.front()};
}

bool settle(const RunEntry& run) {
  if (is_going_on(run)) return false;
  if (end_record(run.journal)) return true;
  const Result<os::OwnDirectory> runs =
      os::OwnDirectory::open(run.directory.parent_path().string());
  if (!runs) return true;
  const std::optional<DeadRun> dead = look_at(run, tree_of(run), *runs, os::numbering_id());
  // Reports say what is not on record.
  Tidied ignored;
  if (dead) (void)write_what_is_missing(*dead, WithoutLog::nothing, ignored);
  return true;
}

std::string describe(const Tidied& tidied) {
  std::vector<std::string> parts;
  const auto add = [](std::vector<std::string>& to, std::size_t number, std::string_view one,
                      std::string_view many, std::string_view what_was_done) {
    if (number != 0) to.push_back(counted(number, one, many).append(what_was_done));
  };
  add(parts, tidied.attempts, "attempt", "attempts", " recorded as interrupted");
  add(parts, tidied.ends, "run's end", "runs' ends", " recorded");
  if (!tidied.stopped.empty()) {
    parts.push_back(fmt::format("stop command of {} run", fmt::join(tidied.stopped, ", ")));
  }
  std::vector<std::string> removed;
  add(removed, tidied.directories, "empty directory", "empty directories", "");
  add(removed, tidied.sockets, "socket", "sockets", "");
  add(removed, tidied.far_jobs, "job for a node", "jobs for nodes", "");
  if (!removed.empty()) parts.push_back(fmt::format("{} removed", fmt::join(removed, " and ")));
  return fmt::format("{}: {}", counted(tidied.runs, "run"), fmt::join(parts, ", "));
}

Result<ToldByLog> told_by_log(const RunEntry& run) {
  HOLDFAST_TRY(const JournalFacts facts, facts_of(run));
  const std::string& place =
      facts.started.directory.empty() ? facts.started.tree : facts.started.directory;
  const std::filesystem::path directory = std::filesystem::path(place) / "Testing/Temporary";
  for (const std::string& name : os::names_in_own(directory.string())) {
    const std::optional<LogName> parts = parse_log_name((directory / name).string());
    CtestLogFile log{-1, directory, parts ? parts->tag : ""};
    if (!parts || log.final_path().filename() != name) continue;
    const Result<os::UniqueFd> file = os::open_own(log.final_path().string(), O_RDONLY);
    if (!file || !is_whole_log(file->get()) || !has_word(file->get(), facts.word.word)) continue;
    log.descriptor = file->get();
    return told_by(log, run, facts, facts.word.has_company ? ListsOf::any_run : ListsOf::this_run);
  }
  return Error{k_taking + ("none of this run is in " + directory.string())};
}

Result<ToldByLog> told_by_log(const RunEntry& run, const ProcessName& ctest) {
  HOLDFAST_TRY(const JournalFacts facts, facts_of(run));
  std::optional<LogPlace> place = find_log_of(ctest);
  const std::optional<RunLog> log = place ? RunLog::open(*std::move(place)) : std::nullopt;
  if (!log || !has_word(log->file().descriptor, facts.word.word)) {
    return Error{k_taking + std::string("ctest has another one open")};
  }
  return told_by(log->file(), run, facts, ListsOf::any_run);
}

}  // namespace holdfast
