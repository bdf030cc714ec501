#include "cli/sources/tracked_files.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <optional>
#include <utility>
#include <vector>

#include "core/affected/git_changes.hpp"
#include "core/affected/tracked_files.hpp"
#include "core/base/json_line.hpp"
#include "core/base/names.hpp"
#include "core/base/parts.hpp"
#include "keeper/tree/enclosing_run.hpp"
#include "os/file/clock.hpp"
#include "os/file/file_text.hpp"
#include "os/file/project_file.hpp"
#include "os/process/git_command.hpp"
#include "os/process/process.hpp"
#include "os/signal/replacing.hpp"
#include "store/run_directory.hpp"

namespace holdfast::cli {
namespace {

constexpr Milliseconds k_git_time{10'000};
constexpr std::size_t k_largest_look = 64 * 1024 * 1024;
constexpr std::size_t k_recorded = 100;

std::string file_of(const std::string& tree) {
  return tree + "/" + std::string(names::k_tracked_files_file);
}

std::string stamp_of(const std::string& file) {
  struct stat info {};
  if (::lstat(file.c_str(), &info) != 0) return "gone";
  const std::int64_t written = info.st_mtim.tv_sec * 1'000'000'000LL + info.st_mtim.tv_nsec;
  return std::to_string(written) + " " + std::to_string(info.st_size);
}

// The stamps of the files below `source` that differ from what is committed.
Result<FileStamps> look(const std::string& source) {
  const os::BoundedOrder where_order =
      os::git_order(source, {"rev-parse", "--show-prefix"}, k_git_time);
  os::BoundedOrder status_order =
      os::git_order(source,
                    {"status", "--porcelain=v2", "-z", "--no-renames", "--untracked-files=no",
                     "--ignore-submodules=dirty", "--", "."},
                    k_git_time);
  status_order.most_output = k_largest_look;
  os::BoundedWork where(where_order);
  os::BoundedWork status(status_order);
  os::await({&where, &status});
  Result<std::string> prefix = os::answer_of_git(where.end(), where_order);
  if (!prefix) return prefix.error();
  if (prefix->ends_with('\n')) prefix->pop_back();
  const Result<std::string> entries = os::answer_of_git(status.end(), status_order);
  if (!entries) return entries.error();
  FileStamps stamps;
  for (const GitStatusEntry& entry : read_status(*entries)) {
    if (!entry.path.starts_with(*prefix)) continue;
    const std::string path = entry.path.substr(prefix->size());
    stamps[path] = stamp_of(source + "/" + path);
  }
  return stamps;
}

// Times of files lag by up to a tick of the kernel.
std::int64_t tick_us() {
  timespec tick{};
  if (::clock_getres(CLOCK_REALTIME_COARSE, &tick) != 0) return 10'000;
  return std::max<std::int64_t>(tick.tv_nsec / 1000, 1);
}

std::string record_of(const std::string& source, const std::vector<std::string>& changed) {
  JsonLine line("sources", os::unix_now_ms());
  line.seconds("resolution_s", tick_us()).begin_list("changed");
  for (std::size_t i = 0; i < std::min(changed.size(), k_recorded); ++i) {
    struct stat info {};
    line.begin_object().text("file", changed[i]);
    if (::lstat((source + "/" + changed[i]).c_str(), &info) == 0) {
      // Nobody can set this time, other than that of the last write.
      line.seconds("written", info.st_ctim.tv_sec * 1'000'000LL + info.st_ctim.tv_nsec / 1000);
    } else {
      line.raw("removed", "true");
    }
    line.end_object();
  }
  line.end_list();
  if (changed.size() > k_recorded) {
    line.number("more", static_cast<std::int64_t>(changed.size() - k_recorded));
  }
  return std::move(line).finish();
}

}  // namespace

Result<void> look_at_tracked_files(const std::string& tree, const ProcessName& ctest) {
  std::remove(file_of(tree).c_str());
  const std::optional<std::string> source = os::source_of_tree(tree);
  if (!source) return {};
  const Result<FileStamps> stamps = look(*source);
  if (!stamps) return stamps.error();
  return os::replace_file(file_of(tree), look_as_text(to_text(ctest), *stamps));
}

Result<void> record_changed_files(const std::string& tree, const ProcessName& ctest) {
  const Result<std::string> text = os::read_file(file_of(tree), k_largest_look);
  if (!text) return {};
  const std::optional<FileStamps> before = look_from_text(*text, to_text(ctest));
  const std::optional<std::string> source = os::source_of_tree(tree);
  const std::vector<std::string> runs = runs_of(tree, ctest, os::numbering_id());
  if (!before || !source || runs.empty()) return {};
  std::remove(file_of(tree).c_str());
  const Result<FileStamps> now = look(*source);
  if (!now) return now.error();
  const std::vector<std::string> changed = changed_since(
      *before, *now, [&](const std::string& path) { return stamp_of(*source + "/" + path); });
  if (changed.empty()) return {};
  const std::string journal =
      text_of({tree, "/", names::k_runs_directory, "/", runs.front(), "/", names::k_journal_file});
  return os::append_line(journal, record_of(*source, changed));
}

}  // namespace holdfast::cli
