#include "journal/run_directory.hpp"

#include "base/names.hpp"
#include "base/text.hpp"
#include "journal/journal_reader.hpp"
#include "journal/run_files.hpp"
#include "os/file/own_files.hpp"
#include "os/file/removal.hpp"
#include "os/process/process.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <functional>
#include <iterator>
#include <map>
#include <span>
#include <system_error>
#include <tuple>

namespace holdfast {
namespace {

namespace fs = std::filesystem;

// The parts of a run's name, which the keeper gives (run/run.cpp).
struct RunName {
  std::uint64_t number = 0;  // 0: the name has no number
  std::string_view second;   // when the run began: 20261120-084053-; empty: unknown
  std::string_view unnumbered;
};

std::string_view second_in(std::string_view name) {
  constexpr std::string_view k_form = "00000000-000000-";
  if (name.size() < k_form.size()) return {};
  for (std::size_t i = 0; i < k_form.size(); ++i) {
    const bool is_digit = name[i] >= '0' && name[i] <= '9';
    if (k_form[i] == '0' ? !is_digit : name[i] != k_form[i]) return {};
  }
  return name.substr(0, k_form.size());
}

RunName name_of(std::string_view id) {
  RunName name{0, second_in(id), id};
  if (!name.second.empty()) return name;
  const std::optional<std::uint64_t> number = holdfast::take_number<std::uint64_t>(id);
  if (!number || !id.starts_with('-')) return name;
  id.remove_prefix(1);
  const std::string_view second = second_in(id);
  return second.empty() ? name : RunName{*number, second, id};
}

// The journal must be neither a link nor a FIFO, at which we would hang: anybody may have made it.
// `runs` is the directory of runs, at `place`.
std::optional<RunEntry> entry_of(const os::OwnDirectory& runs, const fs::path& place,
                                 const std::string& name) {
  if (!runs.has_file(name, std::string(names::k_journal_file))) return std::nullopt;
  return RunEntry{name, place / name, place / name / names::k_journal_file};
}

std::vector<RunEntry> unsorted_runs(const fs::path& tree, RunsOf whose) {
  std::vector<RunEntry> found;
  const fs::path place = tree / directory_of(whose);
  const Result<os::OwnDirectory> runs = os::OwnDirectory::open(place.string());
  if (!runs) return found;
  for (const std::string& name : runs->names()) {
    if (std::optional<RunEntry> entry = entry_of(*runs, place, name)) {
      found.push_back(*std::move(entry));
    }
  }
  return found;
}

// The newest first. For two runs of the same moment the id decides, so that the order is always the
// same.
void date_and_sort(std::span<RunEntry> runs) {
  std::map<std::string, double> dates;  // of a journal that is written to, it may change
  for (const RunEntry& run : runs) dates[run.id] = started_at(run);
  std::ranges::sort(runs, std::greater(), [&](const RunEntry& run) {
    return std::tuple(name_of(run.id).number, dates.at(run.id), std::string_view(run.id));
  });
}

// Each run that begins puts the last twenty runs in order. To read all their journals would take
// longer than everything else at the beginning of a run. So a journal is read only if the run's
// name leaves the order open.
void order(std::vector<RunEntry>& runs) {
  const bool all_named = std::ranges::all_of(
      runs, [](const RunEntry& run) { return !name_of(run.id).second.empty(); });
  if (!all_named) return date_and_sort(runs);
  const auto place = [](const RunEntry& run) {
    const RunName name = name_of(run.id);
    return std::pair(name.number, name.second);
  };
  std::ranges::sort(runs, std::greater(), place);
  for (auto first = runs.begin(); first != runs.end();) {
    const auto last = std::find_if(
        first, runs.end(), [&](const RunEntry& run) { return place(run) != place(*first); });
    if (last - first > 1) date_and_sort({first, last});
    first = last;
  }
}

// Many runs that share a tree may be at work at once. From here we cannot see whether a ctest in
// another PID namespace of this machine is alive. A run of such a ctest counts as at work until its
// end is on record. If it was killed, the next whole run records its end
// (cleanup/dead_runs.hpp).
bool is_at_work(const RunEntry& run) {
  const std::optional<RunStarted> started = first_record(run.journal);
  if (!started || end_record(run.journal)) return false;
  if (started->boot == os::numbering_id()) return os::is_alive(started->ctest);
  const std::string boot = os::boot_id();
  return !boot.empty() && started->boot.substr(0, started->boot.find('/')) == boot;
}

std::string short_list(const std::vector<RunEntry>& runs) {
  return bounded_list(runs, 3, [](const RunEntry& run) { return run.id; });
}

// The newest run. If a test of another run started the newest run, the user means the other run,
// unless the user asks from inside that other run.
RunEntry latest_of(const std::vector<RunEntry>& runs, std::string_view around) {
  auto latest = runs.begin();
  for (auto outer = latest; outer != runs.end();) {
    latest = outer;
    const std::optional<RunStarted> started = first_record(latest->journal);
    if (!started || started->inside.empty() || started->inside == around) break;
    // The outer run is older. So the loop ends, whatever the journals say.
    outer = std::ranges::find(latest + 1, runs.end(), started->inside, &RunEntry::id);
  }
  return *latest;
}

// The files that tests left are removed first. If some of them stay, the journal stays too: it says
// whose they were.
Result<void> remove_run(const fs::path& directory) {
  const fs::path scratch = directory / names::k_scratch_directory;
  HOLDFAST_DO(os::remove_directory(scratch.string()));
  return os::remove_directory(directory.string());
}

// Returns the names of the files with the attempts' outputs.
std::vector<std::string> outputs_in(const std::string& directory) {
  std::vector<std::string> files = os::names_in_own(directory);
  std::erase_if(files, [](const std::string& name) {
    return !name.ends_with(names::k_output_suffix) || name == names::k_kept_output_file;
  });
  return files;
}

std::uint64_t size_of_outputs(const std::string& directory, const std::vector<std::string>& files) {
  std::uint64_t size = 0;
  for (const std::string& name : files) {
    struct stat info {};
    (void)::lstat((directory + "/" + name).c_str(), &info);  // it may be gone by now
    size += static_cast<std::uint64_t>(info.st_size);
  }
  return size;
}

// What tests that did not pass printed stays: it is little, and has a bound of its own.
void drop_outputs(const std::string& directory, const std::vector<std::string>& files) {
  (void)os::append_line(directory + "/" + std::string(names::k_dropped_outputs_file), {});
  for (const std::string& name : files) (void)os::remove_own(directory + "/" + name);
}

void prune_outputs(const std::vector<RunEntry>& runs, std::string_view live, std::uint64_t limit) {
  std::uint64_t total = 0;
  for (const RunEntry& run : runs) {
    const std::string directory = (run.directory / names::k_output_directory).string();
    const std::vector<std::string> files = outputs_in(directory);
    if (files.empty()) continue;
    total += size_of_outputs(directory, files);
    if (total > limit && run.id != live && !is_at_work(run)) drop_outputs(directory, files);
  }
}

}  // namespace

bool may_mean(std::string_view id, std::string_view wanted) {
  // The beginning of another run's number, or of a year, is not what a number means.
  constexpr std::size_t k_date = 8;  // digits
  if (wanted.size() < k_date && parse_number<std::uint64_t>(wanted)) return names_run(id, wanted);
  return id.starts_with(wanted) || name_of(id).unnumbered.starts_with(wanted);
}

bool names_run(std::string_view id, std::string_view wanted) {
  const RunName name = name_of(id);
  return id == wanted || name.unnumbered == wanted ||
         (name.number != 0 && std::to_string(name.number) == wanted);
}

std::string_view directory_of(RunsOf whose) {
  return whose == RunsOf::ctest ? names::k_runs_directory : names::k_by_hand_directory;
}

std::uint64_t number_of_run(std::string_view id) { return name_of(id).number; }

std::uint64_t next_run_number(const fs::path& tree, RunsOf whose) {
  std::uint64_t last = 0;
  for (const std::string& name : os::names_in_own((tree / directory_of(whose)).string())) {
    last = std::max(last, name_of(name).number);
  }
  return last + 1;
}

std::filesystem::path tree_of(const RunEntry& run) {
  return run.directory.parent_path().parent_path().parent_path();
}

double started_at(const RunEntry& run) {
  const std::optional<RunStarted> started = first_record(run.journal);
  return started && started->at > 0 ? started->at : written_at(run.journal).value_or(0);
}

std::vector<RunEntry> list_runs(const fs::path& tree, RunsOf whose) {
  std::vector<RunEntry> runs = unsorted_runs(tree, whose);
  order(runs);
  return runs;
}

Result<RunEntry> find_run(const fs::path& tree, std::string_view wanted, std::string_view around) {
  const fs::path place = tree / names::k_runs_directory;
  const std::string where = place.string();
  const Result<os::OwnDirectory> seen = os::OwnDirectory::open(where);
  if (!seen && errno == EPERM) return seen.error();
  // If `wanted` is a whole name, no list and no order are needed.
  if (seen && !wanted.empty() && wanted.find('/') == std::string_view::npos) {
    std::optional<RunEntry> entry = entry_of(*seen, place, std::string(wanted));
    if (entry) return *std::move(entry);
  }
  std::vector<RunEntry> runs = list_runs(tree);
  if (runs.empty())
    return Error{fmt::format("find a run: {} has none; run ctest there first", where)};
  if (wanted.empty() || wanted == "latest") return latest_of(runs, around);

  const auto named =
      std::ranges::find_if(runs, [&](const RunEntry& run) { return names_run(run.id, wanted); });
  if (named != runs.end()) return std::move(*named);
  std::vector<RunEntry> meant;
  std::ranges::copy_if(runs, std::back_inserter(meant),
                       [&](const RunEntry& run) { return may_mean(run.id, wanted); });
  if (meant.size() == 1) return std::move(meant.front());
  if (!meant.empty())
    return Error{
        fmt::format("find run {}: several runs begin with that: {}", wanted, short_list(meant))};
  return Error{
      fmt::format("find run {}: no such run in {}; there are {}", wanted, where, short_list(runs))};
}

Pruned prune_runs(const fs::path& tree, std::string_view live, Kept kept, RunsOf whose) {
  std::vector<RunEntry> runs = list_runs(tree, whose);
  const bool live_listed = std::ranges::find(runs, live, &RunEntry::id) != runs.end();
  std::size_t room = kept.runs > 0 && live_listed ? kept.runs - 1 : kept.runs;
  Pruned pruned;
  std::erase_if(runs, [&](const RunEntry& run) {
    if (run.id == live) return false;
    if (room > 0) {
      --room;
      return false;
    }
    if (is_at_work(run)) return false;
    const Result<void> removed = remove_run(run.directory);
    if (removed) {
      ++pruned.removed;
    } else {
      pruned.troubles.push_back(to_text(removed.error()));
    }
    return static_cast<bool>(removed);
  });
  prune_outputs(runs, live, kept.outputs);
  return pruned;
}

std::optional<fs::path> find_build_tree(const fs::path& from) {
  std::error_code failed;
  fs::path directory = fs::absolute(from, failed).lexically_normal();
  if (failed) return std::nullopt;
  if (!directory.has_filename()) directory = directory.parent_path();  // "a/b/" is "a/b"
  while (!fs::is_directory(directory / names::k_tree_directory, failed) &&
         !fs::is_regular_file(directory / "CMakeCache.txt", failed)) {
    if (directory == directory.parent_path()) return std::nullopt;
    directory = directory.parent_path();
  }
  return directory;
}

}  // namespace holdfast
