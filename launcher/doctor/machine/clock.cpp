#include "doctor/machine/clock.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>

#include "base/duration.hpp"
#include "base/text.hpp"

namespace holdfast::doctor {
namespace {

// The first of January 2024: no Holdfast is older.
constexpr std::int64_t k_earliest_ms = 1'704'067'200'000;
// A file system may be on another machine, with a clock that differs a little.
constexpr std::int64_t k_tolerance_ms = 10'000;
constexpr std::size_t k_most_files = 3;

std::string ahead(std::int64_t at_ms, std::int64_t now_ms) {
  return holdfast::describe(Milliseconds{at_ms - now_ms});
}

}  // namespace

void look_at_files(const std::vector<std::string>& paths, Times& times) {
  for (const std::string& path : paths) {
    struct stat info {};
    if (::stat(path.c_str(), &info) != 0) continue;
    times.files.push_back(
        {path, std::int64_t{info.st_mtim.tv_sec} * 1000 + info.st_mtim.tv_nsec / 1'000'000});
  }
}

Findings check_times(const Times& times) {
  Findings all;
  if (times.now_ms < k_earliest_ms) {
    all.push_back({Kind::clock_unset, "the clock shows a time long ago", "",
                   "set the clock, then build again", "date"});
  }
  const std::int64_t latest = times.now_ms + k_tolerance_ms;
  if (!times.run.empty() && times.run_at_ms > latest) {
    all.push_back({Kind::run_from_future,
                   fmt::format("run {} began {} later than now: the clock was set back", times.run,
                               ahead(times.run_at_ms, times.now_ms)),
                   "", "check the clock; reports and the history show wrong times", "date"});
  }
  std::vector<DatedFile> late = times.files;
  std::erase_if(late, [&](const DatedFile& file) { return file.at_ms <= latest; });
  std::ranges::stable_sort(late, std::greater{}, &DatedFile::at_ms);
  for (std::size_t i = 0; i < std::min(late.size(), k_most_files); ++i) {
    const bool is_last = i + 1 == k_most_files && late.size() > k_most_files;
    const std::string more =
        is_last ? fmt::format("; so were {} more files", late.size() - k_most_files) : "";
    all.push_back({Kind::file_from_future,
                   fmt::format("{} was last written {} later than now{}", late[i].path,
                               ahead(late[i].at_ms, times.now_ms), more),
                   late[i].path, "check the clock; if it is right, date the file anew and build",
                   "touch " + for_shell(late[i].path)});
  }
  return all;
}

}  // namespace holdfast::doctor
