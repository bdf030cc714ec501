#include "history/answers/comparison.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <map>
#include <string_view>

#include "core/base/printable.hpp"
#include "history/answers/phrases.hpp"
#include "report/describe.hpp"

namespace holdfast {
namespace {

constexpr std::size_t k_shown = 50;

double seconds(const PastResult& result) { return static_cast<double>(result.wall_ms) / 1000; }

bool is_slower(const PastResult& before, const PastResult& after) {
  constexpr std::int64_t k_worth_telling_ms = 100;
  return before.grade == Grade::passed && after.grade == Grade::passed &&
         after.wall_ms - before.wall_ms >= k_worth_telling_ms &&
         2 * after.wall_ms >= 3 * before.wall_ms;
}

void sort_in(Comparison& result, const PastResult& before, const PastResult& after) {
  const Change change{after.test, before, after};
  if (after.is_red()) {
    (before.is_red() ? result.still_red : result.newly_red).push_back(change);
  } else if (before.is_red() && after.grade == Grade::passed) {
    result.mended.push_back(change);
  } else if (is_slower(before, after)) {
    result.newly_slow.push_back(change);
  }
}

template <typename Items, typename Line>
std::string section(std::string_view title, const Items& items, Line line) {
  if (items.empty()) return {};
  std::string text = fmt::format("\n{}\n", title);
  for (std::size_t i = 0; i < std::min(items.size(), k_shown); ++i) {
    text += fmt::format("  {}\n", line(items[i]));
  }
  if (items.size() > k_shown) text += fmt::format("  and {} more\n", items.size() - k_shown);
  return text;
}

Json json_of(const std::vector<Change>& changes) {
  Json list = Json::array();
  for (const Change& change : changes) {
    Json one = json_of(change.test);
    one["before"] = {{"outcome", change.before.outcome}, {"wall_s", seconds(change.before)}};
    one["after"] = {{"outcome", change.after.outcome}, {"wall_s", seconds(change.after)}};
    if (change.after.is_red()) one["signature"] = signature_for(change.after);
    list.push_back(std::move(one));
  }
  return list;
}

Json json_of(const std::vector<PastResult>& results) {
  Json list = Json::array();
  for (const PastResult& result : results) {
    Json one = json_of(result.test);
    one["outcome"] = result.outcome;
    list.push_back(std::move(one));
  }
  return list;
}

}  // namespace

Comparison compare(const PastRun& before, const PastRun& after) {
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
    sort_in(result, *found->second, one);
    earlier.erase(found);
  }
  for (const auto& [test, one] : earlier) result.gone.push_back(*one);
  std::stable_sort(result.newly_slow.begin(), result.newly_slow.end(),
                   [](const Change& one, const Change& other) {
                     return one.after.wall_ms - one.before.wall_ms >
                            other.after.wall_ms - other.before.wall_ms;
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
      section("Newly red", comparison.newly_red, red) +
      section("Newly slow", comparison.newly_slow,
              [](const Change& change) {
                return fmt::format("{}: {}, before {}", title_of(change.test),
                                   duration_text(seconds(change.after)),
                                   duration_text(seconds(change.before)));
              }) +
      section("Green again", comparison.mended, name) +
      section("Still red", comparison.still_red, red) +
      section("Only in the later run", comparison.added, name) +
      section("Only in the earlier run", comparison.gone, name);
  return text + (changes.empty() ? "\nNothing is newly red or newly slow.\n" : changes);
}

std::string comparison_json(const Comparison& comparison) {
  const auto head = [](const RunHead& run) {
    return Json{{"run", run.id}, {"at", run.started}, {"complete", run.complete}};
  };
  return dumped({{"version", 1},
                 {"before", head(comparison.before)},
                 {"after", head(comparison.after)},
                 {"newly_red", json_of(comparison.newly_red)},
                 {"newly_slow", json_of(comparison.newly_slow)},
                 {"mended", json_of(comparison.mended)},
                 {"still_red", json_of(comparison.still_red)},
                 {"added", json_of(comparison.added)},
                 {"gone", json_of(comparison.gone)}});
}

}  // namespace holdfast
