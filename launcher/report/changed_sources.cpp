#include "report/changed_sources.hpp"

#include "core/base/parts.hpp"
#include "core/base/text.hpp"

#include <fmt/format.h>
#include <algorithm>

namespace holdfast {
namespace {

constexpr std::size_t k_files_named = 8;
constexpr std::size_t k_tests_named = 3;
// The times of records are whole milliseconds.
constexpr double k_of_records_s = 0.001;

// Whether it is known when each test of the run ran.
bool knows_all_times(const RunReport& report) {
  const auto ran_unseen = [](const TestReport& test) { return test.bare || test.is_doubtful; };
  return report.run.unrecorded == 0 && report.run.has_log &&
         std::ranges::none_of(report.tests, ran_unseen);
}

// Whether an attempt of the test may have run at some time between the two.
bool ran_between(const TestReport& test, double from, double to) {
  return std::ranges::any_of(test.attempts, [&](const Attempt& attempt) {
    const bool has_begun = !attempt.started || *attempt.started <= to;
    return has_begun && (!attempt.ended || *attempt.ended + k_of_records_s >= from);
  });
}

std::string file_text(const ChangedSource& source) {
  std::string file = brief(source.file);
  if (source.is_removed) return file + " (removed)";
  if (source.tests.empty()) return file;
  if (source.was_alone) return fmt::format("{} (while only {} ran)", file, brief(source.tests[0]));
  return fmt::format("{} (while {} ran)", file, bounded_list(source.tests, k_tests_named, brief));
}

}  // namespace

std::vector<ChangedSource> changed_sources(const SourcesRecord& record, const RunReport& report) {
  const bool is_known = knows_all_times(report);
  std::vector<ChangedSource> sources;
  for (const WrittenFile& file : record.changed) {
    ChangedSource& source = sources.emplace_back();
    source.file = file.file;
    source.is_removed = file.is_removed;
    if (!file.written) continue;
    for (const TestReport& test : report.tests) {
      if (ran_between(test, *file.written, *file.written + record.resolution_s)) {
        source.tests.push_back(test.name);
      }
    }
    source.was_alone = is_known && source.tests.size() == 1;
  }
  return sources;
}

std::string changed_sources_text(const RunReport& report) {
  const std::vector<ChangedSource>& sources = report.changed_sources;
  const auto more = static_cast<std::uint64_t>(report.more_changed_sources);
  const std::uint64_t count = sources.size() + more;
  if (count == 0) return {};
  return fmt::format("{} changed while tests ran: {}", counted(count, "tracked file"),
                     bounded_list(sources, k_files_named, file_text, more));
}

}  // namespace holdfast
