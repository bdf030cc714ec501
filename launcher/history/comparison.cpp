#include "history/comparison.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>

#include "base/text.hpp"
#include "history/past_run.hpp"
#include "report/describe.hpp"
#include "report/sections.hpp"

namespace holdfast {
namespace {

constexpr std::size_t k_shown = 50;

// The median of its times before, in seconds, if the test is slower than that; 0: it is not, or not
// enough is known.
double usual_if_slower(const std::vector<std::int64_t>& times, const PastResult& after) {
  constexpr double k_worth_telling_s = 0.1;
  if (times.size() < k_least_runs) return 0;
  if (after.wall_ms <= *std::max_element(times.begin(), times.end())) return 0;
  const double usual = median_s(times);
  const bool is_slower =
      after.wall_s() - usual >= k_worth_telling_s && 2 * after.wall_s() >= 3 * usual;
  return is_slower ? usual : 0;
}

void sort_in(Comparison& result, const PastResult& before, const PastResult& after,
             const Durations& times) {
  Change change{after.test, before, after};
  if (after.is_red()) {
    (before.is_red() ? result.still_red : result.newly_red).push_back(change);
  } else if (before.is_red() && after.grade == Grade::passed) {
    result.mended.push_back(change);
  } else if (before.grade == Grade::passed && after.grade == Grade::passed) {
    change.usual_s = usual_if_slower(times.of(after.test), after);
    if (change.usual_s > 0) result.newly_slow.push_back(change);
  }
}

Json json_of(const Change& change) {
  Json one = json_of(change.test);
  one["before"] = {{"outcome", change.before.outcome}, {"wall_s", change.before.wall_s()}};
  one["after"] = {{"outcome", change.after.outcome}, {"wall_s", change.after.wall_s()}};
  if (change.after.is_red()) one["signature"] = signature_for(change.after);
  if (change.usual_s > 0) one["usual_s"] = change.usual_s;
  return one;
}

Json json_of(const PastResult& result) {
  Json one = json_of(result.test);
  one["outcome"] = result.outcome;
  return one;
}

}  // namespace

Comparison compare(const PastRun& before, const PastRun& after, const Durations& times) {
  Comparison result{before.head, after.head, {}, {}, {}, {}, {}, {}};
  std::map<TestId, const PastResult*> earlier;
  for (const PastResult& one : before.results) earlier[one.test] = &one;
  for (const PastResult& one : after.results) {
    const auto found = earlier.find(one.test);
    if (found == earlier.end()) {
      // A test that is new and red is what somebody who compares must see first.
      if (one.is_red()) result.newly_red.push_back({one.test, {}, one});
      result.added.push_back(one);
      continue;
    }
    sort_in(result, *found->second, one, times);
    earlier.erase(found);
  }
  for (const auto& [test, one] : earlier) result.gone.push_back(*one);
  std::ranges::stable_sort(result.newly_slow, std::greater<>(), [](const Change& change) {
    return change.after.wall_s() - change.usual_s;
  });
  return result;
}

std::string comparison_text(const Comparison& comparison) {
  const auto head = [](const RunHead& run) {
    return fmt::format("{} of {}{}", printable(run.id), time_text(run.started),
                       run.complete ? "" : " (incomplete)");
  };
  std::string text =
      fmt::format("From run {}\nto run   {}\n", head(comparison.before), head(comparison.after));
  const auto red = [](const Change& change) {
    return title_of(change.test) + ": " + words_for(change.after) +
           (change.before.outcome.empty() ? " (new test)" : "");
  };
  const auto name = [](const auto& one) { return title_of(one.test); };
  const std::string changes =
      titled_lines("Newly red", comparison.newly_red, k_shown, red) +
      titled_lines("Newly slow", comparison.newly_slow, k_shown,
                   [](const Change& change) {
                     return fmt::format("{}: {}, usually {}", title_of(change.test),
                                        duration_text(change.after.wall_s()),
                                        duration_text(change.usual_s));
                   }) +
      titled_lines("Green again", comparison.mended, k_shown, name) +
      titled_lines("Still red", comparison.still_red, k_shown, red) +
      titled_lines("Only in the later run", comparison.added, k_shown, name) +
      titled_lines("Only in the earlier run", comparison.gone, k_shown, name);
  return text + (changes.empty() ? "\nNothing is newly red or newly slow.\n" : changes);
}

std::string comparison_json(const Comparison& comparison) {
  const auto head = [](const RunHead& run) {
    return Json{{"run", run.id}, {"at", run.started}, {"complete", run.complete}};
  };
  const auto list = [](const auto& all) {
    return list_of(all, [](const auto& one) { return json_of(one); });
  };
  return dumped({{"version", 1},
                 {"before", head(comparison.before)},
                 {"after", head(comparison.after)},
                 {"newly_red", list(comparison.newly_red)},
                 {"newly_slow", list(comparison.newly_slow)},
                 {"mended", list(comparison.mended)},
                 {"still_red", list(comparison.still_red)},
                 {"added", list(comparison.added)},
                 {"gone", list(comparison.gone)}});
}

}  // namespace holdfast
