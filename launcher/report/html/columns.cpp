#include "report/html/columns.hpp"

#include "core/base/printable.hpp"
#include "report/describe.hpp"
#include "report/html/data.hpp"
#include "report/lanes.hpp"
#include "report/steps.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast {
namespace {

constexpr std::int64_t k_not_known = -1;

std::int64_t microseconds(double seconds) {
  constexpr double k_longest = 1e9;
  return std::llround(std::clamp(seconds, 0.0, k_longest) * 1e6);
}

// The bits of the column `flags`, and the names of the list `flags`.
unsigned flags_of(const TestReport& test) {
  return (test.flaky ? 1U : 0U) | (test.leaked ? 2U : 0U) | (test.stale ? 4U : 0U) |
         (test.orphaned ? 8U : 0U) | (test.bare ? 16U : 0U);
}
constexpr std::string_view k_flags =
    R"("flags":["flaky","left processes behind","stale","orphan markers","not through Holdfast"])";

// How many bytes at the start of both names are the same characters of ASCII. So the number is the
// same in every language, whatever it counts a string in.
std::size_t shared_start(std::string_view a, std::string_view b) {
  const auto differs = std::mismatch(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    return x == y && static_cast<unsigned char>(x) < 0x80U;
  });
  return static_cast<std::size_t>(differs.first - a.begin());
}

void add_names(DataBlock& block, const std::vector<TestReport>& tests) {
  std::string before;
  add_column(block, "shared", tests, [&](std::string& text, const TestReport& test) {
    std::string name = printable(test.name);
    append_number(text, static_cast<std::int64_t>(shared_start(before, name)));
    before = std::move(name);
  });
  before.clear();
  block.add(",");
  add_column(block, "rest", tests, [&](std::string& text, const TestReport& test) {
    std::string name = printable(test.name);
    append_string(text, std::string_view(name).substr(shared_start(before, name)));
    before = std::move(name);
  });
}

// What attempts used: each combination of locks and services once.
class Used {
 public:
  std::int64_t number_of(const TestReport& test) {
    if (test.attempts.empty()) return 0;
    const Attempt& last = test.attempts.back();
    std::string all;
    for (const std::vector<std::string>* names : {&last.locks, &last.services}) {
      for (const std::string& name : *names) all += (all.empty() ? "" : ", ") + printable(name);
    }
    const auto next = static_cast<std::int64_t>(numbers_.size());
    return numbers_.try_emplace(std::move(all), next).first->second;
  }

  std::vector<std::string_view> list() const {
    std::vector<std::string_view> texts(numbers_.size());
    for (const auto& [text, number] : numbers_) texts[static_cast<std::size_t>(number)] = text;
    return texts;
  }

 private:
  std::map<std::string, std::int64_t> numbers_{{"", 0}};
};

template <typename Of>
void add_numbers(DataBlock& block, std::string_view name, const std::vector<TestReport>& tests,
                 Of of) {
  block.add(",");
  add_column(block, name, tests,
             [&](std::string& text, const TestReport& test) { append_number(text, of(test)); });
}

// A number of the last attempt.
template <typename Of>
void add_of_last(DataBlock& block, std::string_view name, const std::vector<TestReport>& tests,
                 Of of) {
  add_numbers(block, name, tests, [&](const TestReport& test) {
    return test.attempts.empty() ? k_not_known : std::int64_t{of(test.attempts.back())};
  });
}

std::string outcomes_text() {
  std::string text = "\"outcomes\":[";
  for (const OutcomeFacts& row : k_outcome_table) {
    if (row.outcome != k_outcome_table.front().outcome) text += ',';
    text += fmt::format("[\"{}\",\"{}\",{}]", row.name, label(row.outcome),
                        is_red(row.outcome) ? "true" : "false");
  }
  return text + "]";
}

void write_tests(const RunReport& report, double first, const Write& write) {
  const std::vector<TestReport>& tests = report.tests;
  DataBlock block("columns", write);
  block.add(
      fmt::format("{{\"version\":1,{},{},\"first\":{:.6f},", outcomes_text(), k_flags, first));
  add_names(block, tests);
  add_numbers(block, "outcome", tests,
              [](const TestReport& test) { return static_cast<int>(test.outcome); });
  add_numbers(block, "flag", tests, flags_of);
  add_numbers(block, "number", tests,
              [](const TestReport& test) { return test.index.value_or(k_not_known); });
  add_numbers(block, "attempts", tests,
              [](const TestReport& test) { return test.attempts.size(); });
  add_of_last(block, "begin", tests, [&](const Attempt& attempt) {
    return attempt.started ? microseconds(*attempt.started - first) : k_not_known;
  });
  add_of_last(block, "wall", tests, [](const Attempt& attempt) {
    return attempt.has_ended ? microseconds(attempt.wall_s) : k_not_known;
  });
  add_of_last(block, "cpu", tests,
              [](const Attempt& attempt) { return microseconds(attempt.user_s + attempt.sys_s); });
  add_of_last(block, "memory_kb", tests, [](const Attempt& attempt) {
    return attempt.memory_peak_kb.value_or(attempt.max_rss_kb);
  });
  add_of_last(block, "lock_wait", tests,
              [](const Attempt& attempt) { return microseconds(attempt.lock_wait_s); });
  add_of_last(block, "service_wait", tests,
              [](const Attempt& attempt) { return microseconds(attempt.service_wait_s); });
  Used used;
  add_numbers(block, "use", tests, [&](const TestReport& test) { return used.number_of(test); });
  block.add(",");
  add_column(block, "uses", used.list(), append_string);
  if (!report.shards.empty()) {
    add_numbers(block, "shard", tests, [](const TestReport& test) { return test.shard; });
    block.add(",");
    add_column(block, "shards", report.shards, [](std::string& text, const Shard& shard) {
      append_string(text, printable(shard.name));
    });
  }
  block.add("}");
  block.end();
}

template <typename Of>
void add_times(DataBlock& block, std::string_view name, const std::vector<Job>& jobs, Of of) {
  block.add(",");
  add_column(block, name, jobs,
             [&](std::string& text, const Job& job) { append_number(text, of(job)); });
}

// A list of jobs. `begin` counts from the begin of the job before, and the other times are lengths.
void add_jobs(DataBlock& block, std::string_view name, const Jobs& jobs, const RunReport& report,
              double first) {
  block.add(fmt::format("\"{}\":{{\"jobs\":{},", name, jobs.size()));
  add_column(block, "lanes", jobs.groups, [](std::string& text, const LaneGroup& group) {
    append_number(text, static_cast<std::int64_t>(group.lanes));
  });
  block.add(",");
  add_column(block, "laneNames", jobs.groups, [&](std::string& text, const LaneGroup& group) {
    append_string(text, printable(name_of(group, report)));
  });
  add_times(block, "of", jobs, [](const Job& job) { return job.of; });
  add_times(block, "attempt", jobs, [](const Job& job) { return job.attempt; });
  add_times(block, "lane", jobs, [](const Job& job) { return job.lane; });
  std::int64_t before = 0;
  add_times(block, "begin", jobs, [&](const Job& job) {
    const std::int64_t begin = microseconds(job.begin - first);
    return begin - std::exchange(before, begin);
  });
  add_times(block, "wait", jobs,
            [](const Job& job) { return microseconds(job.waited - job.begin); });
  add_times(block, "service_wait", jobs,
            [](const Job& job) { return microseconds(job.served - job.waited); });
  add_times(block, "work", jobs, [](const Job& job) { return microseconds(job.end - job.served); });
}

void add_deaths(DataBlock& block, const std::vector<Job>& services, const RunReport& report,
                double first) {
  block.add(",");
  add_column(block, "deaths", services, [&](std::string& text, const Job& job) {
    const ServiceReport& service = report.services.at(job.of);
    const std::int64_t generation = service.generations.at(job.attempt).number;
    text += '[';
    for (const ServiceDeath& death : service.deaths) {
      if (death.generation != generation) continue;
      if (!text.ends_with('[')) text += ',';
      text += fmt::format("[{},{}]", death.generation, microseconds(death.at - first));
    }
    text += ']';
  });
}

void write_timeline(const RunReport& report, const Timeline& timeline, const Write& write) {
  DataBlock block("timeline", write);
  block.add("{");
  add_jobs(block, "tests", timeline.tests, report, timeline.first);
  block.add(",");
  // Of an attempt that is not its test's last.
  add_column(block, "outcome", timeline.tests, [&](std::string& text, const Job& job) {
    const TestReport& test = report.tests.at(job.of);
    const bool is_last = job.attempt + 1 == test.attempts.size();
    const Outcome own = test.attempts.at(job.attempt).outcome.value_or(Outcome::unknown);
    append_number(text, static_cast<int>(is_last ? test.outcome : own));
  });
  block.add("},");
  add_jobs(block, "steps", timeline.steps, report, timeline.first);
  block.add(",");
  add_column(block, "name", timeline.steps, [&](std::string& text, const Job& job) {
    append_string(text, printable(title_of(report.steps.at(job.of))));
  });
  block.add(",");
  add_column(block, "outcome", timeline.steps, [&](std::string& text, const Job& job) {
    const Outcome outcome = report.steps.at(job.of).outcome.value_or(Outcome::unknown);
    append_number(text, static_cast<int>(outcome));
  });
  block.add("},");
  add_jobs(block, "services", timeline.services, report, timeline.first);
  block.add(",");
  add_column(block, "name", timeline.services, [&](std::string& text, const Job& job) {
    const ServiceReport& service = report.services.at(job.of);
    std::string name = printable(service.name);
    if (service.instance > 0) name += fmt::format(" ({})", service.instance + 1);
    name += fmt::format(", generation {}", service.generations.at(job.attempt).number);
    append_string(text, name);
  });
  add_deaths(block, timeline.services, report, timeline.first);
  block.add("}}");
  block.end();
}

}  // namespace

void write_columns(const RunReport& report, const Write& write) {
  const Timeline timeline = timeline_of(report);
  write_tests(report, timeline.first, write);
  write_timeline(report, timeline, write);
}

}  // namespace holdfast
