#include "affected/tracked_files.hpp"

#include <sys/stat.h>
#include <algorithm>

#include <ctime>
#include <vector>

#include "affected/git_changes.hpp"
#include "base/names.hpp"
#include "base/text.hpp"
#include "journal/records.hpp"
#include "os/file/clock.hpp"
#include "os/file/own_files.hpp"
#include "os/file/program_identity.hpp"
#include "os/process/bounded_work.hpp"
#include "os/process/process.hpp"
#include "os/signal/replacing.hpp"
#include "run/enclosing_run.hpp"

namespace holdfast::cli {
namespace {

constexpr Milliseconds k_git_time{10'000};
constexpr std::size_t k_largest_look = 64 * 1024 * 1024;
constexpr std::size_t k_recorded = 100;

std::string file_of(const std::string& tree) {
  return tree + "/" + std::string(names::k_tracked_files_file);
}

std::int64_t in_ns(const timespec& time) { return time.tv_sec * 1'000'000'000LL + time.tv_nsec; }

std::string stamp_of(const std::string& file) {
  struct stat info {};
  if (::lstat(file.c_str(), &info) != 0) return "gone";
  return std::to_string(in_ns(info.st_mtim)) + " " + std::to_string(info.st_size);
}

// git was asked for what is below `prefix` alone, and its paths begin at the top of the repository.
std::string below(const std::string& prefix, std::string_view path) {
  return std::string(path.substr(std::min(prefix.size(), path.size())));
}

struct Look {
  TrackedLook seen;
  std::string prefix;  // of the sources, in the repository
};

// Looks at the files below `source` that differ from what is committed.
Result<Look> look(const std::string& source) {
  Look look;
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME_COARSE, &now);  // the clock that stamps files
  look.seen.at_ns = in_ns(now);
  const os::BoundedOrder where_order =
      os::git_order(source, {"rev-parse", "--show-prefix"}, k_git_time);
  os::BoundedOrder status_order = os::git_order(
      source,
      {"status", "--porcelain=v2", "-z", "--branch", "--no-ahead-behind", "--no-renames",
       "--untracked-files=no", "--ignore-submodules=dirty", "--", "."},
      k_git_time);
  status_order.most_output = k_largest_look;
  os::BoundedWork where(where_order);
  os::BoundedWork status(status_order);
  os::await({&where, &status});
  HOLDFAST_TRY(std::string prefix, os::answer_of_git(where.end(), where_order));
  if (prefix.ends_with('\n')) prefix.pop_back();
  HOLDFAST_TRY(const std::string entries, os::answer_of_git(status.end(), status_order));
  look.prefix = std::move(prefix);
  look.seen.commit = commit_in_status(entries);
  for (const GitStatusEntry& entry : read_status(entries)) {
    const std::string path = below(look.prefix, entry.path);
    look.seen.stamps[path] = stamp_of(source + "/" + path);
  }
  return look;
}

// The files below `source` that another commit has in another form, and that were written or went
// away since then. Who only commits what was there before writes nothing.
Result<std::vector<std::string>> written_and_committed(const std::string& source,
                                                       const TrackedLook& before, const Look& now) {
  std::vector<std::string> written;
  if (before.commit.empty() || now.seen.commit.empty() || before.commit == now.seen.commit)
    return written;
  os::BoundedOrder order =
      os::git_order(source,
                    {"diff", "--name-only", "-z", "--no-renames", "--ignore-submodules=dirty",
                     before.commit, now.seen.commit, "--", "."},
                    k_git_time);
  order.most_output = k_largest_look;
  HOLDFAST_TRY(const std::string paths, os::ask_git(order));
  for (const std::string_view one : TextParts{paths, '\0'}) {
    const std::string path = below(now.prefix, one);
    if (before.stamps.contains(path)) continue;
    struct stat info {};
    const bool is_there = ::lstat((source + "/" + path).c_str(), &info) == 0;
    if (!is_there || in_ns(info.st_ctim) >= before.at_ns) written.push_back(path);
  }
  return written;
}

// The time of a file is that of the kernel's last tick, and a tick may come late where others have
// the processors: lags of two and a half ticks of 4 ms were seen.
std::chrono::microseconds greatest_lag() {
  constexpr std::chrono::microseconds k_seen_twice{20'000};
  timespec tick{};
  (void)::clock_getres(CLOCK_REALTIME_COARSE, &tick);
  return std::max(k_seen_twice, std::chrono::microseconds(2 * tick.tv_nsec / 1000));
}

std::string record_of(const std::string& source, const std::vector<std::string>& changed) {
  SourcesRecord record;
  record.at = os::unix_now();
  record.resolution_s = in_seconds(greatest_lag());
  for (std::size_t i = 0; i < std::min(changed.size(), k_recorded); ++i) {
    WrittenFile file{.file = changed[i]};
    struct stat info {};
    file.is_removed = ::lstat((source + "/" + changed[i]).c_str(), &info) != 0;
    // Nobody can set this time, other than that of the last write.
    const std::chrono::seconds whole(info.st_ctim.tv_sec);
    const std::chrono::microseconds part(info.st_ctim.tv_nsec / 1000);
    if (!file.is_removed) file.written = in_seconds(whole + part);
    record.changed.push_back(std::move(file));
  }
  record.more = static_cast<std::int64_t>(changed.size() - record.changed.size());
  return line_of(record);
}

}  // namespace

Result<void> look_at_tracked_files(const std::string& tree, const ProcessName& ctest) {
  (void)os::remove_own(file_of(tree));
  const std::optional<std::string> source = os::source_of_tree(tree);
  if (!source) return {};
  HOLDFAST_TRY(const Look seen, look(*source));
  return os::replace_file(file_of(tree), look_as_text(to_text(ctest), seen.seen));
}

Result<void> record_changed_files(const std::string& tree, const ProcessName& ctest) {
  const Result<std::string> text = os::read_own(file_of(tree), k_largest_look);
  if (!text) return {};
  const std::optional<TrackedLook> before = look_from_text(*text, to_text(ctest));
  const std::optional<std::string> source = os::source_of_tree(tree);
  const std::vector<std::string> runs = runs_of(tree, ctest, os::numbering_id());
  if (!before || !source || runs.empty()) return {};
  (void)os::remove_own(file_of(tree));
  HOLDFAST_TRY(const Look now, look(*source));
  HOLDFAST_TRY(const std::vector<std::string> committed,
               written_and_committed(*source, *before, now));
  std::vector<std::string> changed =
      changed_since(before->stamps, now.seen.stamps,
                    [&](const std::string& path) { return stamp_of(*source + "/" + path); });
  changed.insert(changed.end(), committed.begin(), committed.end());
  std::ranges::sort(changed);
  changed.erase(std::unique(changed.begin(), changed.end()), changed.end());
  if (changed.empty()) return {};
  const std::string journal =
      text_of({tree, "/", names::k_runs_directory, "/", runs.front(), "/", names::k_journal_file});
  return os::append_line(journal, record_of(*source, changed));
}

}  // namespace holdfast::cli
