#include "report/time/run_time.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <queue>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "base/text.hpp"
#include "report/describe.hpp"
#include "values/lock_spec.hpp"

namespace holdfast {
namespace {

constexpr std::size_t k_none = std::numeric_limits<std::size_t>::max();

// Times in records are rounded to a millisecond, and a wait was measured by another clock.
constexpr double k_rounding = 0.002;

// When an attempt's test itself ran: without the waits for its locks, its step and services.
struct WorkTime {
  double begin = 0;  // seconds since 1970
  double end = 0;
  double seconds = 0;
};

// Empty: the end is not on record. If the launcher was killed, the record of the end has no length.
std::optional<WorkTime> work_time_of(const Attempt& attempt) {
  if (!attempt.has_ended || !attempt.ended) return std::nullopt;
  WorkTime time;
  time.end = *attempt.ended;
  time.begin = time.end - attempt.wall_s;
  if (attempt.started) {
    time.begin =
        *attempt.started + attempt.lock_wait_s + attempt.slurm_wait_s + attempt.service_wait_s;
  }
  time.seconds = attempt.wall_s > 0 ? attempt.wall_s : std::max(0.0, time.end - time.begin);
  return time;
}

// One attempt, and the longest chain that ends with it.
struct Link {
  WorkTime time;
  std::size_t test = 0;
  const Attempt* attempt = nullptr;
  std::size_t before = k_none;  // the link before it in that chain
  double chain = 0;             // seconds
};

// What an attempt may have to wait for: the tests of a name in a DEPENDS, the setups and the users
// of a fixture, those that hold a lock.
enum class Before : char { named, setup, user, exclusive, shared };

std::vector<Link> links_of(std::span<const TestReport> tests) {
  std::vector<Link> links;
  for (std::size_t i = 0; i < tests.size(); ++i) {
    for (const Attempt& attempt : tests[i].attempts) {
      const std::optional<WorkTime> time = work_time_of(attempt);
      if (time && time->seconds > 0) links.push_back({*time, i, &attempt});
    }
  }
  std::ranges::stable_sort(links, {}, [](const Link& link) { return link.time.begin; });
  return links;
}

// Goes through the attempts as they began. What an attempt had to wait for has ended by then, so
// names that form a circle do no harm.
class Chains {
 public:
  explicit Chains(std::span<const TestReport> tests)
      : tests_(tests), links_(links_of(tests)), last_of_test_(tests.size(), k_none) {
    for (const TestReport& test : tests) {
      for (const std::string& name : test.schedule.depends) needed_.insert(name);
    }
  }

  Chain longest() && {
    using Running = std::pair<double, std::size_t>;  // until when, and the link
    std::priority_queue<Running, std::vector<Running>, std::greater<>> running;
    std::size_t longest = k_none;
    for (std::size_t i = 0; i < links_.size(); ++i) {
      for (; !running.empty() && running.top().first <= links_[i].time.begin + k_rounding;
           running.pop())
        end(running.top().second);
      begin(i);
      running.emplace(links_[i].time.end, i);
      put_longer(longest, i);
    }
    return chain_to(longest);
  }

 private:
  void put_longer(std::size_t& end, std::size_t link) const {
    if (end == k_none || (link != k_none && links_[link].chain > links_[end].chain)) end = link;
  }

  void begin(std::size_t at) {
    Link& link = links_[at];
    const TestSchedule& schedule = tests_[link.test].schedule;
    const auto follow = [&](std::size_t end) { put_longer(link.before, end); };
    follow(last_of_test_[link.test]);
    follow(serial_);
    if (schedule.serial) follow(any_);
    for (const std::string& name : schedule.depends) follow(end_of(Before::named, name));
    for (const std::string& name : schedule.required) follow(end_of(Before::setup, name));
    for (const std::string& name : schedule.cleanup) {
      follow(end_of(Before::setup, name));
      follow(end_of(Before::user, name));
    }
    for (const std::string& text : link.attempt->locks) {
      const auto [lock, is_shared] = use_of(text);
      if (lock.empty()) continue;
      follow(end_of(Before::exclusive, lock));
      if (!is_shared) follow(end_of(Before::shared, lock));
    }
    link.chain = link.time.seconds + (link.before == k_none ? 0 : links_[link.before].chain);
  }

  void end(std::size_t at) {
    const Link& link = links_[at];
    const TestReport& test = tests_[link.test];
    put_longer(last_of_test_[link.test], at);
    put_longer(any_, at);
    if (test.schedule.serial) put_longer(serial_, at);
    if (needed_.contains(test.name)) put_longer(end_of(Before::named, test.name), at);
    for (const std::string& name : test.schedule.setup) put_longer(end_of(Before::setup, name), at);
    for (const std::string& name : test.schedule.required)
      put_longer(end_of(Before::user, name), at);
    for (const std::string& text : link.attempt->locks) {
      const auto [lock, is_shared] = use_of(text);
      if (!lock.empty())
        put_longer(end_of(is_shared ? Before::shared : Before::exclusive, lock), at);
    }
  }

  // The name and scope of a lock, and whether it is shared. Empty: who holds a part of a counted
  // lock runs beside others.
  static std::pair<std::string, bool> use_of(const std::string& text) {
    Result<LockSpec> spec = parse_lock_spec(text);
    if (!spec || has_units(spec->mode)) return {};
    const bool is_shared = std::exchange(spec->mode, LockMode::exclusive) == LockMode::shared;
    return {to_text(*spec), is_shared};
  }

  // The link that ends the longest chain of such attempts that have ended so far.
  std::size_t& end_of(Before kind, std::string_view name) {
    return ends_.try_emplace(static_cast<char>(kind) + std::string(name), k_none).first->second;
  }

  Chain chain_to(std::size_t last) const {
    Chain chain;
    if (last == k_none) return chain;
    chain.seconds = links_[last].chain;
    for (std::size_t at = last; at != k_none; at = links_[at].before) {
      const std::string& name = tests_[links_[at].test].name;
      if (chain.tests.empty() || chain.tests.back() != name) chain.tests.push_back(name);
    }
    std::reverse(chain.tests.begin(), chain.tests.end());
    return chain;
  }

  std::span<const TestReport> tests_;
  std::vector<Link> links_;
  std::vector<std::size_t> last_of_test_;
  std::size_t any_ = k_none;
  std::size_t serial_ = k_none;
  std::unordered_set<std::string_view> needed_;        // names in a DEPENDS; most tests are in none
  std::unordered_map<std::string, std::size_t> ends_;  // by kind and name
};

constexpr double k_shortest_run = 1;
constexpr double k_worth_telling = 0.1;

// More than that of all slots cannot be used: there were more slots than we think.
constexpr double k_most_used = 1.02;

// For how long the slots were in use, if there were `jobs` of them. Empty: not known of each test.
std::optional<double> used_slots(const RunReport& report, std::size_t jobs) {
  if (report.counts.bare > 0 || report.run.unrecorded > 0) return std::nullopt;
  double used = 0;
  for (const TestReport& test : report.tests) {
    // ctest gives no test more slots than there are.
    const std::int64_t slots = std::min(test.schedule.processors, static_cast<std::int64_t>(jobs));
    for (const Attempt& attempt : test.attempts) {
      const std::optional<WorkTime> time = work_time_of(attempt);
      if (!time) return std::nullopt;
      used += time->seconds * static_cast<double>(slots) + attempt.lent_s;
    }
  }
  return used;
}

std::optional<double> utilisation_of(const RunReport& report, std::optional<double> wall_s) {
  if (!report.run.jobs || !wall_s || *wall_s <= 0) return std::nullopt;
  const std::optional<double> used = used_slots(report, *report.run.jobs);
  if (!used) return std::nullopt;
  const double share = *used / (*wall_s * static_cast<double>(*report.run.jobs));
  return share > k_most_used ? std::nullopt : std::optional(std::min(share, 1.0));
}

// A long chain is shown by its ends.
std::string chain_text(const Chain& chain) {
  constexpr std::size_t k_at_each_end = 3;
  std::vector<std::string> names = collected(chain.tests, brief);
  if (names.size() > 2 * k_at_each_end + 1) {
    const auto gap = names.begin() + k_at_each_end;
    *gap = fmt::format("{} more", names.size() - 2 * k_at_each_end);
    names.erase(gap + 1, names.end() - k_at_each_end);
  }
  return fmt::format("; longest {} {} ({})", names.size() == 1 ? "test" : "chain",
                     duration_text(chain.seconds), separated(names, " \u2192 "));
}

std::string waits_text(const RunTime& time) {
  std::vector<std::string> waits;
  if (time.lock_wait_s >= k_worth_telling)
    waits.push_back("locks " + duration_text(time.lock_wait_s));
  if (time.service_wait_s >= k_worth_telling)
    waits.push_back("services " + duration_text(time.service_wait_s));
  return waits.empty() ? "" : "; waits: " + separated(waits, ", ");
}

std::string slots_text(const RunReport& report, const RunTime& time) {
  if (!report.run.jobs) return {};
  const std::size_t jobs = *report.run.jobs;
  std::string text = " on " + counted(jobs, "slot");
  // Otherwise a low share would look like tests that get in each other's way.
  if (report.counts.run < jobs) text += fmt::format(" for {} tests", report.counts.run);
  if (time.utilisation) text += fmt::format(", {:.0f} % used", std::round(*time.utilisation * 100));
  return text;
}

// Until its step began, and from the test's end until the launcher beside ctest had ended it.
std::optional<double> step_cost_of(const Attempt& attempt) {
  if (attempt.node.empty() || !attempt.started || !attempt.ended) return std::nullopt;
  const double own = attempt.wall_s + attempt.lock_wait_s + attempt.service_wait_s;
  return std::max(0.0, *attempt.ended - *attempt.started - own);
}

std::optional<double> median_of(std::vector<double> all) {
  if (all.empty()) return std::nullopt;
  const auto middle = all.begin() + static_cast<std::ptrdiff_t>(all.size() / 2);
  std::nth_element(all.begin(), middle, all.end());
  return *middle;
}

// Tests of different shards were never in each other's way, whatever their names are.
Chain longest_of_shards(std::span<const TestReport> tests) {
  Chain longest;
  while (!tests.empty()) {
    const std::span<const TestReport> of_shard =
        std::ranges::equal_range(tests, tests.front().shard, {}, &TestReport::shard);
    Chain chain = longest_chain(of_shard);
    if (chain.seconds > longest.seconds) longest = std::move(chain);
    tests = tests.subspan(of_shard.size());
  }
  return longest;
}

}  // namespace

Chain longest_chain(std::span<const TestReport> tests) { return Chains(tests).longest(); }

RunTime run_time_of(const RunReport& report) {
  RunTime time;
  if (report.run.started && report.run.ended)
    time.wall_s = std::max(0.0, *report.run.ended - *report.run.started);
  std::vector<double> step_costs;
  for (const TestReport& test : report.tests) {
    for (const Attempt& attempt : test.attempts) {
      if (const auto cost = step_cost_of(attempt)) step_costs.push_back(*cost);
      time.lock_wait_s += attempt.lock_wait_s;
      time.service_wait_s += attempt.service_wait_s;
      if (attempt.outcome == Outcome::timed_out) time.timed_out_s += attempt.wall_s;
    }
  }
  time.step_cost_s = median_of(std::move(step_costs));
  time.utilisation = utilisation_of(report, time.wall_s);
  time.longest = longest_of_shards(report.tests);
  return time;
}

std::string run_time_text(const RunReport& report) {
  // Shards run on machines of their own, at any time.
  if (!report.shards.empty()) return {};
  if (!report.run.started || report.counts.through < 2) return {};
  if (*report.run.ended - *report.run.started < k_shortest_run) return {};
  const RunTime time = run_time_of(report);
  std::string text = duration_text(*time.wall_s) + slots_text(report, time);
  if (!time.longest.tests.empty()) text += chain_text(time.longest);
  text += waits_text(time);
  if (time.step_cost_s)
    text += "; a step of Slurm: " + duration_text(*time.step_cost_s) + " on top of each test";
  if (time.timed_out_s > 0) text += "; timed out: " + duration_text(time.timed_out_s);
  return text;
}

}  // namespace holdfast
