#include "store/run_directory.hpp"

#include "core/names.hpp"
#include "store/json_record.hpp"

#include <fmt/format.h>

#include <sys/stat.h>

#include <algorithm>
#include <fstream>
#include <system_error>
#include <tuple>

namespace holdfast {
namespace {

namespace fs = std::filesystem;

// The first record holds ctest's command line, which the kernel limits per argument to 128 KiB;
// more than this is not read to find out when a run started.
constexpr std::size_t k_first_line_limit = 256U << 10U;

double written_at(const fs::path& file) {
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0) return 0;
  return static_cast<double>(status.st_mtim.tv_sec) +
         static_cast<double>(status.st_mtim.tv_nsec) * 1e-9;
}

double started_at(const fs::path& journal) {
  std::ifstream stream(journal, std::ios::binary);
  std::string line(k_first_line_limit, '\0');
  stream.read(line.data(), static_cast<std::streamsize>(line.size()));
  line.resize(static_cast<std::size_t>(stream.gcount()));
  const std::size_t newline = line.find('\n');
  if (newline != std::string::npos) line.resize(newline);
  const ParsedLine parsed = parse_record(line);
  if (parsed.record) {
    if (const auto* started = std::get_if<RunStarted>(&*parsed.record);
        started != nullptr && started->at > 0) {
      return started->at;
    }
  }
  return written_at(journal);
}

std::optional<RunEntry> entry_of(const fs::directory_entry& found) {
  std::error_code ignored;
  if (found.symlink_status(ignored).type() != fs::file_type::directory) return std::nullopt;
  RunEntry entry{found.path().filename().string(), found.path(),
                 found.path() / names::k_journal_file, 0};
  // Not a link and not a FIFO that would hang us: somebody else may have made it.
  if (fs::symlink_status(entry.journal, ignored).type() != fs::file_type::regular)
    return std::nullopt;
  entry.started = started_at(entry.journal);
  return entry;
}

std::string short_list(const std::vector<RunEntry>& runs, std::string_view prefix) {
  constexpr std::size_t k_shown = 3;
  std::string list;
  std::size_t count = 0;
  for (const RunEntry& run : runs) {
    if (!run.id.starts_with(prefix)) continue;
    if (++count <= k_shown) list += fmt::format("{}{}", list.empty() ? "" : ", ", run.id);
  }
  return count > k_shown ? fmt::format("{} and {} more", list, count - k_shown) : list;
}

}  // namespace

std::vector<RunEntry> list_runs(const fs::path& tree) {
  std::vector<RunEntry> runs;
  std::error_code failed;
  fs::directory_iterator it(tree / names::k_runs_directory,
                            fs::directory_options::skip_permission_denied, failed);
  while (!failed && it != fs::directory_iterator()) {
    if (std::optional<RunEntry> entry = entry_of(*it)) runs.push_back(*std::move(entry));
    it.increment(failed);
  }
  // Two runs of one second: the id decides, so that the order is the same each time.
  std::sort(runs.begin(), runs.end(), [](const RunEntry& a, const RunEntry& b) {
    return std::tie(a.started, a.id) > std::tie(b.started, b.id);
  });
  return runs;
}

Result<RunEntry> find_run(const fs::path& tree, std::string_view wanted) {
  const std::vector<RunEntry> runs = list_runs(tree);
  const std::string where = (tree / names::k_runs_directory).string();
  if (runs.empty())
    return Error{fmt::format("find a run: {} has none; run ctest there first", where)};
  if (wanted.empty() || wanted == "latest") return runs.front();

  const RunEntry* match = nullptr;
  for (const RunEntry& run : runs) {
    if (run.id == wanted) return run;
    if (!run.id.starts_with(wanted)) continue;
    if (match != nullptr) {
      return Error{
          fmt::format("find run {}: several begin so: {}", wanted, short_list(runs, wanted))};
    }
    match = &run;
  }
  if (match != nullptr) return *match;
  return Error{fmt::format("find run {}: no such run in {}; there are {}", wanted, where,
                           short_list(runs, ""))};
}

std::size_t prune_runs(const fs::path& tree, std::string_view live, std::size_t keep) {
  const std::vector<RunEntry> runs = list_runs(tree);
  const bool live_listed =
      std::any_of(runs.begin(), runs.end(), [&](const RunEntry& run) { return run.id == live; });
  std::size_t room = keep > 0 && live_listed ? keep - 1 : keep;
  std::size_t removed = 0;
  for (const RunEntry& run : runs) {
    if (run.id == live) continue;
    if (room > 0) {
      --room;
      continue;
    }
    std::error_code failed;
    fs::remove_all(run.directory, failed);  // does not follow links inside
    if (!failed) ++removed;
  }
  return removed;
}

std::optional<fs::path> find_build_tree(const fs::path& from) {
  std::error_code failed;
  fs::path directory = fs::absolute(from, failed).lexically_normal();
  if (failed) return std::nullopt;
  if (!directory.has_filename()) directory = directory.parent_path();  // "a/b/" is "a/b"
  while (true) {
    if (fs::is_directory(directory / names::k_tree_directory, failed) ||
        fs::is_regular_file(directory / "CMakeCache.txt", failed)) {
      return directory;
    }
    const fs::path parent = directory.parent_path();
    if (parent == directory || parent.empty()) return std::nullopt;
    directory = parent;
  }
}

}  // namespace holdfast
