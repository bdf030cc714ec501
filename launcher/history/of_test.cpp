#include "history/of_test.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "history/past_run.hpp"
#include "history/slowest.hpp"
#include "report/describe.hpp"

namespace holdfast {
namespace {

constexpr std::size_t k_in_chart = 60;
constexpr std::size_t k_in_list = 20;
constexpr std::array<std::string_view, 8> k_bars = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
constexpr std::array<std::string_view, 8> k_ascii_bars = {"_", ".", ":", "-", "=", "+", "*", "#"};

char mark_of(const PastResult& result) {
  if (result.flaky) return 'f';
  switch (result.grade) {
    case Grade::passed:
      return '.';
    case Grade::skipped:
      return 's';
    case Grade::failure:
      return 'F';
    case Grade::error:
      return 'E';
  }
  return '?';
}

using Seen = TestHistory::Seen;

std::string duration_chart(const std::vector<Seen>& shown, Charset charset) {
  std::int64_t longest = 1;
  for (const auto& [run, result] : shown) longest = std::max(longest, result.wall_ms);
  std::string chart;
  for (const auto& [run, result] : shown) {
    const auto level = static_cast<std::size_t>(result.wall_ms * 7 / longest);
    chart += charset == Charset::unicode ? k_bars.at(level) : k_ascii_bars.at(level);
  }
  return chart;
}

std::string counts_of(const std::vector<Seen>& seen) {
  std::map<std::string, std::size_t> by_outcome;
  std::size_t flaky = 0;
  for (const auto& [run, result] : seen) {
    ++by_outcome[result.outcome];
    if (result.flaky) ++flaky;
  }
  std::string text;
  for (const OutcomeFacts& row : k_outcome_table) {
    const auto found = by_outcome.find(std::string(row.name));
    if (found == by_outcome.end()) continue;
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", found->second, label(row.outcome));
  }
  if (flaky > 0) text += fmt::format("; flaky in {}", flaky);
  return text;
}

std::string text_of(const TestId& test, const std::vector<Seen>& seen, Charset charset) {
  std::string text =
      fmt::format("{}: {}: {}\n", title_of(test), counted(seen.size(), "run"), counts_of(seen));
  const std::size_t first = seen.size() > k_in_chart ? seen.size() - k_in_chart : 0;
  const std::vector<Seen> shown(seen.begin() + static_cast<std::ptrdiff_t>(first), seen.end());
  std::string marks;
  std::vector<std::int64_t> times;
  for (const auto& [run, result] : shown) {
    marks += mark_of(result);
    times.push_back(result.wall_ms);
  }
  const auto [least, most] = std::minmax_element(times.begin(), times.end());
  const double least_s = static_cast<double>(*least) / 1000;
  const double most_s = static_cast<double>(*most) / 1000;
  text += fmt::format("  outcomes   {}\n", marks);
  text +=
      fmt::format("  durations  {}  {} to {}, median {}\n", duration_chart(shown, charset),
                  duration_text(least_s), duration_text(most_s), duration_text(median_s(times)));
  for (std::size_t i = 0; i < std::min(seen.size(), k_in_list); ++i) {
    const auto& [run, result] = seen[seen.size() - 1 - i];
    std::string line = fmt::format("  {}  {:>8}  {}", time_text(run.started),
                                   duration_text(result.wall_s()), result.flaky ? "flaky, " : "");
    text += fmt::format("{}{}  ({})\n", line, words_for(result), printable(run.id));
  }
  if (seen.size() > k_in_list) text += fmt::format("  and {} more\n", seen.size() - k_in_list);
  return text;
}

}  // namespace

void TestHistory::add(const PastRun& run) {
  for (const PastResult& result : run.results) tests_[result.test].emplace_back(run.head, result);
}

std::string history_text(const TestHistory& history, Charset charset) {
  std::string text;
  for (const auto& [test, seen] : history.tests()) {
    text += (text.empty() ? "" : "\n") + text_of(test, seen, charset);
  }
  if (!text.empty())
    text += "\n. passed, f flaky, F failed, E crashed or could not say, s skipped; oldest first\n";
  return text;
}

std::string history_json(const TestHistory& history) {
  const auto failure = [](const PastFailure& wrong) {
    return Json{
        {"attempt", wrong.attempt}, {"outcome", wrong.outcome}, {"signature", wrong.signature}};
  };
  const auto run = [&](const Seen& seen) {
    const auto& [head, result] = seen;
    return Json{{"run", head.id},
                {"at", head.started},
                {"outcome", result.outcome},
                {"flaky", result.flaky},
                {"wall_s", result.wall_s()},
                {"attempts", result.attempts},
                {"failures", list_of(result.failures, failure)}};
  };
  Json tests = list_of(history.tests(), [&](const auto& one) {
    Json test = json_of(one.first);
    test["runs"] = list_of(one.second, run);
    return test;
  });
  return dumped({{"version", 1}, {"tests", std::move(tests)}});
}

}  // namespace holdfast
