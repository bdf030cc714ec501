#include "select/slurm_array.hpp"

#include <fcntl.h>
#include <sys/file.h>

#include <algorithm>
#include <cerrno>
#include <set>
#include <system_error>

#include "base/duration.hpp"
#include "base/exit_codes.hpp"
#include "base/names.hpp"
#include "base/text.hpp"
#include "command/command.hpp"
#include "ctest/ctest_options.hpp"
#include "history/command.hpp"
#include "journal/run_directory.hpp"
#include "os/file/clock.hpp"
#include "os/file/descriptors.hpp"
#include "os/file/own_files.hpp"
#include "os/file/removal.hpp"
#include "os/process/bounded_work.hpp"
#include "os/process/process.hpp"
#include "os/signal/replacing.hpp"
#include "report/bundle/merge.hpp"
#include "report/describe.hpp"
#include "report/report_output.hpp"
#include "settings/project_settings.hpp"
#include "values/srun_words.hpp"

namespace holdfast::cli {
namespace {

// An array job of Slurm: sbatch(1), squeue(1), scancel(1).

// slurmctld answers late if thousands of jobs come at once.
constexpr Milliseconds k_slurm_time{60'000};

constexpr Milliseconds k_slurm_interval{1000};

constexpr std::string_view k_blanks = " \t\r\n";

// After that long, a job that was cancelled is left to Slurm.
constexpr Milliseconds k_cancel_patience{60'000};

os::BoundedEnd ask(std::vector<std::string> words, const std::string& directory = {},
                   const std::string& input = {}) {
  os::BoundedOrder order;
  order.words = std::move(words);
  order.environment = os::own_environment();
  order.directory = directory;
  order.input = input;
  order.time = k_slurm_time;
  order.errors_apart = true;
  return os::run_bounded(order);
}

// What went wrong with it, and what it said.
std::string trouble_of(const std::string& command, const os::BoundedEnd& end) {
  const std::string_view said = trimmed(end.errors, k_blanks);
  return os::trouble_with(command, end) + (said.empty() ? "" : ": " + brief(said));
}

// `1-4,7`
std::string as_ranges(const std::vector<std::size_t>& numbers) {
  std::string text;
  for (std::size_t i = 0; i < numbers.size();) {
    std::size_t last = i;
    while (last + 1 < numbers.size() && numbers[last + 1] == numbers[last] + 1) ++last;
    if (!text.empty()) text += ",";
    text += std::to_string(numbers[i]);
    if (last > i) text += "-" + std::to_string(numbers[last]);
    i = last + 1;
  }
  return text;
}

// Slurm puts the number of the job and the like in place of what follows a `%`.
std::string pattern_of(std::string_view path) {
  std::string pattern;
  for (const char c : path) pattern += c == '%' ? "%%" : std::string(1, c);
  return pattern;
}

// What Slurm says of a job.
struct Seen {
  std::optional<bool> goes_on;  // none: Slurm did not say
  std::string trouble;          // what it said instead
  std::string waits_for;        // why none of its tasks runs; empty: one does
};

Seen look_at(const std::string& job) {
  const os::BoundedEnd end = ask({"squeue", "--noheader", "--jobs", job, "--format=%T %r"});
  if (end.ended_well()) {
    return {!trimmed(end.output, k_blanks).empty(), {}, reason_to_wait(end.output)};
  }
  // Slurm forgets a job some minutes after its end.
  if (end.errors.find("Invalid job id") != std::string::npos) return {false, {}, {}};
  return {std::nullopt, trouble_of("squeue", end), {}};
}

// Returns the job's id. sbatch itself reads SBATCH_* variables, so people choose partitions, times
// and accounts by these. `tasks`: numbers, ascending; SLURM_ARRAY_TASK_ID is one of them.
// `processors`: of each task. `directory`: gets what the tasks print, as `<number>.log`.
Result<std::string> submit(const std::string& script, const std::vector<std::size_t>& tasks,
                           std::size_t processors, const std::string& directory) {
  // A task that Slurm starts anew would run its shard a second time. The order of the tests is a
  // variable of ours, which --export passes on.
  const os::BoundedEnd end =
      ask({"sbatch", "--parsable", "--no-requeue", "--job-name=holdfast", "--export=ALL",
           "--output=" + pattern_of(directory) + "/%a.log", "--array=" + as_ranges(tasks),
           "--ntasks=1", "--cpus-per-task=" + std::to_string(processors)},
          directory, script);
  if (end.kind == os::BoundedEnd::Kind::not_started) {
    return ErrorInWords{"no sbatch is found: --slurm-array needs the commands of Slurm"};
  }
  // `12`, or `12;cluster`
  std::string_view output = trimmed(end.output, k_blanks);
  const std::string_view id = take_part(output, ';');
  if (end.ended_well() && !id.empty()) return std::string(id);
  return ErrorInWords{trouble_of("sbatch", end)};
}

// Waits until no task of the job is queued or runs. Slurm tells nobody, so it is asked each second.
// If one of `signals` comes, the job is cancelled. False: it was.
bool wait_for_job(const std::string& job, const os::HeldSignals& signals) {
  bool is_told = false;
  bool has_begun = false;
  std::set<std::string> reasons;  // that were told
  std::optional<Milliseconds> cancelled;
  while (true) {
    const Seen seen = look_at(job);
    if (seen.goes_on == false) return !cancelled;
    if (!seen.goes_on && !std::exchange(is_told, true)) {
      complain("waiting for Slurm, which does not say whether job " + job +
               " has ended: " + seen.trouble);
    }
    // Later tasks may wait for earlier ones.
    has_begun = has_begun || (seen.goes_on && seen.waits_for.empty());
    const bool is_explained = !seen.waits_for.empty() && seen.waits_for != "None";
    if (!has_begun && is_explained && reasons.insert(seen.waits_for).second) {
      complain("job " + job + " waits: Slurm has not started it yet (" + seen.waits_for + ")");
    }
    if (signals.came() && !cancelled) {
      cancelled = os::monotonic_now();
      const os::BoundedEnd end = ask({"scancel", job});
      complain(end.ended_well() ? "cancelled job " + job : trouble_of("scancel", end));
      continue;
    }
    if (cancelled && os::monotonic_now() - *cancelled > k_cancel_patience) return false;
    os::pause_for(k_slurm_interval);
  }
}

namespace fs = std::filesystem;

constexpr std::size_t k_longest_log = 64 * 1024;
constexpr const char* k_no_tests_file = "no-tests";

// What one task needs, in files `<number>.numbers` (ctest's option -I reads it),
// `<number>.no-tests` (one more option) and `<number>.planned.jsonl`.
Result<void> leave_shard(const fs::path& directory, const Chosen& chosen, const Restrictions& all,
                         std::size_t number) {
  const std::vector<std::size_t> places = chosen.places_in_shard(number);
  const std::vector<std::size_t> ranks = ranks_of(chosen.all, places);
  if (ranks.empty()) {
    return ErrorInWords{"the preset leaves out all tests of shard " + std::to_string(number)};
  }
  Restrictions own = all;
  own.shard->number = number;
  const std::string begin = (directory / std::to_string(number)).string();
  HOLDFAST_DO(os::replace_file(begin + "." + std::string(names::k_selected_numbers_file),
                               value_of_numbers(ranks) + "\n"));
  HOLDFAST_DO(
      os::replace_file(begin + "." + k_no_tests_file, no_tests_word(chosen.all, places) + "\n"));
  return os::replace_file(begin + "." + std::string(names::k_planned_file),
                          planned_lines(chosen, own));
}

// The kernel's name of a process is its number and the time of its start, field 22 (proc(5)). bash
// has no blank in its name here, and keeps both when it becomes ctest.
std::string script_for(const UserCall& user, const fs::path& directory) {
  const std::string files = for_shell(directory.string()) + "/$SLURM_ARRAY_TASK_ID.";
  const std::string selections =
      for_shell(user.tree + "/" + std::string(names::k_selections_directory));
  const std::string planned(names::k_planned_file);
  std::string text =
      "#!/bin/bash\n"
      "# One shard of `holdfast ctest --slurm-array`.\n"
      "set -e\n"
      "stat=($(cat /proc/$$/stat))\n"
      "export HOLDFAST_ONE_TREE=1 HOLDFAST_PLANNED=" +
      selections + "/$$-${stat[21]}." + planned + "\n" + "cp -- " + files + planned +
      " \"$HOLDFAST_PLANNED\"\n" + "cd -- " + for_shell(user.call.directory) + "\nexec " +
      for_shell(user.call.program) + " -I " + files + std::string(names::k_selected_numbers_file);
  if (user.words.no_tests.empty()) text += " $(<" + files + k_no_tests_file + ")";
  for (const std::string& word : user.words.kept) text += " " + for_shell(word);
  if (user.words.is_random) text += " --schedule-random";
  return text + "\n";
}

// `before`: runs that are no shards.
std::vector<NamedReport> load_shards(const std::string& tree,
                                     const std::vector<std::string>& before,
                                     const std::string& fingerprint) {
  std::vector<NamedReport> shards;
  for (const RunEntry& run : list_runs(tree)) {
    if (std::ranges::find(before, run.id) != before.end()) continue;
    Result<LoadedReport> loaded = load_whole_report(run, RunState::over);
    if (!loaded || loaded->report.division.fingerprint != fingerprint) continue;
    std::string name = loaded->report.division.shard;
    shards.push_back({std::move(name), std::move(*loaded)});
  }
  return shards;
}

// Says which tasks left no run, with the last line that each printed.
void tell_missing(const std::vector<NamedReport>& shards, const std::vector<std::size_t>& tasks,
                  std::size_t count, const fs::path& directory) {
  std::set<std::string_view> there;
  for (const NamedReport& shard : shards) there.insert(shard.name);
  for (const std::size_t task : tasks) {
    const std::string shard = to_text(ShardNumber{task, count});
    if (there.contains(shard)) continue;
    const fs::path log = directory / (std::to_string(task) + ".log");
    const Result<std::string> text = os::read_own(log.string(), k_longest_log);
    std::string line = "shard " + shard + " has no run";
    const std::string_view said = text ? trimmed(*text, k_blanks) : std::string_view();
    if (!said.empty()) line += ": " + brief(said.substr(said.rfind('\n') + 1));
    complain(line);
  }
}

bool is_red(const RunReport& merged) {
  const auto is_cut = [](const Shard& shard) { return !shard.run.complete; };
  return std::ranges::any_of(merged.shards, is_cut) ||
         std::ranges::any_of(merged.tests, [](const TestReport& test) {
           return test.verdict == Verdict::failed || test.verdict == Verdict::unknown;
         });
}

// Each shard has written the reports that the profile asks for. The whole takes their place.
void write_reports(const std::string& tree, const LoadedReport& merged) {
  const Result<ProjectSettings> settings = ProjectSettings::of_tree(tree);
  if (!settings) return complain(to_text(settings.error()));
  const SaidAtEnd said = write_wanted_reports(merged, settings->run().reports, tree);
  if (!said.trouble.empty()) complain(said.trouble);
}

// Shards of two arrays would meet in the tree. The lock ends with us, also if the job goes on.
Result<os::UniqueFd> lock_for_array(const std::string& tree) {
  const fs::path path = fs::path(tree) / names::k_selections_directory / names::k_array_lock_file;
  Result<os::UniqueFd> file = os::open_own(path.string(), O_RDWR | O_CREAT, 0666);
  if (!file) return file;
  if (::flock(file->get(), LOCK_EX | LOCK_NB) == 0) return file;
  if (errno != EWOULDBLOCK) return os::system_error("lock " + path.string());
  return ErrorInWords{"--slurm-array: another one goes on in " + tree};
}

// The directory for the files of the tasks. It is removed when no task needs them any more.
class ArrayFiles {
 public:
  explicit ArrayFiles(const std::string& tree)
      : directory_(fs::path(tree) / names::k_selections_directory /
                   begin_of_selected_file(os::own_name())) {
    directory_.replace_extension(names::k_selected_array_suffix);
  }
  ArrayFiles(const ArrayFiles&) = delete;
  ArrayFiles& operator=(const ArrayFiles&) = delete;
  ~ArrayFiles() { (void)os::remove_directory(directory_.string()); }

  const fs::path& directory() const { return directory_; }

 private:
  fs::path directory_;
};

}  // namespace

Result<int> run_slurm_array(const UserCall& user, const Chosen& chosen,
                            const Restrictions& restrictions) {
  if (!is_attached(user.tree)) {
    return ErrorInWords{"--slurm-array: Holdfast is not attached to " + user.tree};
  }
  HOLDFAST_TRY(const os::UniqueFd lock, lock_for_array(user.tree));
  const std::size_t count = chosen.division->shards.size();
  // If one ends us, the job is cancelled, and what has run is still reported. It ends us when the
  // files are removed.
  const os::HeldSignals signals;
  const ArrayFiles files(user.tree);
  const fs::path& directory = files.directory();
  HOLDFAST_DO(os::make_own_directories(directory.string(), 0777));
  std::vector<std::size_t> tasks;
  for (std::size_t number = 1; number <= count; ++number) {
    if (chosen.division->shards[number - 1].empty()) continue;
    HOLDFAST_DO(leave_shard(directory, chosen, restrictions, number));
    tasks.push_back(number);
  }
  const std::vector<std::string> before = collected(list_runs(user.tree), &RunEntry::id);
  const std::vector<std::string> command = joined({"ctest"}, user.words.kept);
  HOLDFAST_TRY(const std::string job,
               submit(script_for(user, directory), tasks,
                      jobs_of(command, os::own_environment()).value_or(1), directory.string()));
  complain("job " + job + " of Slurm: " + counted(tasks.size(), "shard") + ", " +
           counted(chosen.divided.size(), "test"));
  const bool is_whole = wait_for_job(job, signals);
  std::vector<NamedReport> shards = load_shards(user.tree, before, chosen.division->fingerprint);
  tell_missing(shards, tasks, count, directory);
  if (shards.empty()) return exit_codes::k_ctest_failed;
  HOLDFAST_TRY(const LoadedReport merged, merge_shards(std::move(shards)));
  HOLDFAST_DO(print_report(merged, Format::text));
  write_reports(user.tree, merged);
  const std::vector<std::string> trouble = against_division(merged.report);
  for (const std::string& line : trouble) complain(line);
  const bool is_green = is_whole && trouble.empty() && !is_red(merged.report);
  return is_green ? exit_codes::k_success : exit_codes::k_ctest_failed;
}

}  // namespace holdfast::cli
