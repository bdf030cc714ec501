#include "report/time/chain.hpp"

#include "core/lock/lock_spec.hpp"
#include "report/time/work_time.hpp"

#include <algorithm>
#include <cstddef>
#include <functional>
#include <limits>
#include <queue>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace holdfast {
namespace {

constexpr std::size_t k_none = std::numeric_limits<std::size_t>::max();

// Times in records are rounded to a millisecond, and a wait was measured by another clock.
constexpr double k_rounding = 0.002;

// One attempt, and the longest chain that ends with it.
struct Link {
  WorkTime time;
  std::size_t test = 0;
  const Attempt* attempt = nullptr;
  std::size_t before = k_none;  // the link before it in that chain
  double chain = 0;             // seconds
};

// Each is the link that ends the longest chain of the attempts that have ended so far.
struct FixtureEnds {
  std::size_t setups = k_none;
  std::size_t users = k_none;
};
struct LockEnds {
  std::size_t exclusive = k_none;
  std::size_t shared = k_none;
};

// How a test uses a lock. Who holds a part of a counted lock runs beside others: it is no link.
struct LockUse {
  LockEnds* lock = nullptr;
  bool is_shared = false;
};

std::vector<Link> links_of(std::span<const TestReport> tests) {
  std::vector<Link> links;
  for (std::size_t i = 0; i < tests.size(); ++i) {
    for (const Attempt& attempt : tests[i].attempts) {
      const std::optional<WorkTime> time = work_time_of(attempt);
      if (time && time->seconds > 0) links.push_back({*time, i, &attempt});
    }
  }
  std::stable_sort(links.begin(), links.end(),
                   [](const Link& a, const Link& b) { return a.time.begin < b.time.begin; });
  return links;
}

// Goes through the attempts as they began. What an attempt had to wait for has ended by then, so
// names that form a circle do no harm.
class Chains {
 public:
  explicit Chains(std::span<const TestReport> tests)
      : tests_(tests), links_(links_of(tests)), last_of_test_(tests.size(), k_none) {
    for (const TestReport& test : tests) {
      for (const std::string& name : test.schedule.depends) needed_.try_emplace(name, k_none);
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
    for (const std::string& name : schedule.depends) follow(needed_.at(name));
    for (const std::string& name : schedule.required) follow(fixtures_[name].setups);
    for (const std::string& name : schedule.cleanup) {
      follow(fixtures_[name].setups);
      follow(fixtures_[name].users);
    }
    for (const std::string& lock : link.attempt->locks) {
      const LockUse use = use_of(lock);
      if (use.lock == nullptr) continue;
      follow(use.lock->exclusive);
      if (!use.is_shared) follow(use.lock->shared);
    }
    link.chain = link.time.seconds + (link.before == k_none ? 0 : links_[link.before].chain);
  }

  void end(std::size_t at) {
    const Link& link = links_[at];
    const TestReport& test = tests_[link.test];
    put_longer(last_of_test_[link.test], at);
    put_longer(any_, at);
    if (test.schedule.serial) put_longer(serial_, at);
    if (const auto needed = needed_.find(test.name); needed != needed_.end())
      put_longer(needed->second, at);
    for (const std::string& name : test.schedule.setup) put_longer(fixtures_[name].setups, at);
    for (const std::string& name : test.schedule.required) put_longer(fixtures_[name].users, at);
    for (const std::string& lock : link.attempt->locks) {
      const LockUse use = use_of(lock);
      if (use.lock != nullptr)
        put_longer(use.is_shared ? use.lock->shared : use.lock->exclusive, at);
    }
  }

  LockUse use_of(const std::string& text) {
    const auto [known, is_new] = uses_.try_emplace(text);
    if (!is_new) return known->second;
    Result<LockSpec> spec = parse_lock_spec(text);
    if (!spec || has_units(spec->mode)) return {};
    known->second.is_shared = spec->mode == LockMode::shared;
    spec->mode = LockMode::exclusive;
    known->second.lock = &locks_[to_text(*spec)];
    return known->second;
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
  std::unordered_map<std::string_view, std::size_t> needed_;  // by the name in a DEPENDS
  std::unordered_map<std::string_view, FixtureEnds> fixtures_;
  std::unordered_map<std::string, LockEnds> locks_;     // by name and scope
  std::unordered_map<std::string_view, LockUse> uses_;  // by the text of the record
};

}  // namespace

Chain longest_chain(std::span<const TestReport> tests) { return Chains(tests).longest(); }

}  // namespace holdfast
