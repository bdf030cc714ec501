#include "os/lock/lock_cycle.hpp"

#include <algorithm>
#include <limits>
#include <tuple>

#include "base/text.hpp"

namespace holdfast {
namespace {

// Whether `attempt` cannot go on while `party` waits.
bool is_of(const LockParty& party, const std::string& attempt) {
  if (attempt.empty()) return false;
  return party.attempt == attempt || contains(party.around, attempt);
}

// Whether `waiter` gets no part of the lock as long as `holder` has it.
bool excludes(const LockParty& holder, const LockParty& waiter) {
  return holder.mode == LockMode::exclusive || waiter.mode == LockMode::exclusive;
}

// A wait that nothing ends, as far as we know.
struct Wait {
  const LockUse* use;
  const LockParty* party;
};

// The attempts that cannot go on as long as nobody ends these waits, sorted.
std::vector<std::string> held_up_by(const std::vector<Wait>& waits) {
  std::vector<std::string> attempts;
  for (const Wait& wait : waits) {
    if (!wait.party->attempt.empty()) attempts.push_back(wait.party->attempt);
    attempts.insert(attempts.end(), wait.party->around.begin(), wait.party->around.end());
  }
  std::sort(attempts.begin(), attempts.end());
  return attempts;
}

// Whether the wait ends when all attempts but those that are held up release their locks.
bool goes_on(const Wait& wait, const std::vector<Wait>& waits,
             const std::vector<std::string>& held_up) {
  for (const Wait& other : waits) {
    if (other.use == wait.use && other.party->ticket < wait.party->ticket) return false;
  }
  std::uint64_t kept = 0;  // units that do not become free
  for (const LockParty& holder : wait.use->holders) {
    const bool is_held_up = !holder.attempt.empty() &&
                            std::binary_search(held_up.begin(), held_up.end(), holder.attempt);
    if (!is_held_up) continue;
    if (excludes(holder, *wait.party)) return false;
    if (has_units(holder.mode)) kept += holder.units;
  }
  return !has_units(wait.party->mode) || wait.party->units + kept <= wait.party->size;
}

// The waits that remain when everybody else goes on and releases its locks.
std::vector<Wait> stuck_waits(const std::vector<LockUse>& all) {
  std::vector<Wait> waits;
  for (const LockUse& use : all) {
    for (const LockParty& waiter : use.waiters) waits.push_back({&use, &waiter});
  }
  std::size_t ended = 0;
  do {
    const std::vector<Wait> before = waits;
    const std::vector<std::string> held_up = held_up_by(before);
    ended = std::erase_if(waits, [&](const Wait& one) { return goes_on(one, before, held_up); });
  } while (ended > 0);
  return waits;
}

bool is_same_wait(const LockParty& one, const LockParty& other) {
  return one.process == other.process && one.boot == other.boot && one.attempt == other.attempt &&
         one.ticket == other.ticket;
}

// Searches breadth first, so the first circle found is a shortest one.
class CycleSearch {
 public:
  CycleSearch(const LockParty& first, const std::vector<LockUse>& all)
      : stuck_(stuck_waits(all)), from_(stuck_.size(), k_none), steps_(stuck_.size()) {
    const auto own = std::ranges::find_if(
        stuck_, [&](const Wait& wait) { return is_same_wait(*wait.party, first); });
    first_ = static_cast<std::size_t>(own - stuck_.begin());
  }

  LockCycle run() {
    if (first_ == stuck_.size()) return {};
    std::vector<std::size_t> row{first_};
    for (std::size_t i = 0; i < row.size() && closing_ == k_none; ++i) look_from(row[i], row);
    if (closing_ == k_none) return {};
    LockCycle cycle{std::move(last_)};
    for (std::size_t at = closing_; at != first_; at = from_[at]) cycle.push_back(steps_[at]);
    std::reverse(cycle.begin(), cycle.end());
    return cycle;
  }

 private:
  static constexpr std::size_t k_none = std::numeric_limits<std::size_t>::max();

  void look_from(std::size_t at, std::vector<std::size_t>& row) {
    const Wait& wait = stuck_[at];
    for (const LockParty& holder : wait.use->holders) {
      const bool is_in_the_way =
          excludes(holder, *wait.party) || (has_units(holder.mode) && has_units(wait.party->mode));
      if (!is_in_the_way) continue;
      for (std::size_t next = 0; next < from_.size(); ++next) {
        if (is_of(*stuck_[next].party, holder.attempt)) {
          go_on(at, next, step(wait, holder, LockCycleStep::Way::holds), row);
        }
      }
    }
    for (std::size_t next = 0; next < from_.size(); ++next) {
      const Wait& other = stuck_[next];
      if (other.use != wait.use || other.party->ticket >= wait.party->ticket) continue;
      go_on(at, next, step(wait, *other.party, LockCycleStep::Way::is_before), row);
    }
  }

  static LockCycleStep step(const Wait& wait, const LockParty& other, LockCycleStep::Way way) {
    return {*wait.party, wait.use->lock, other, way, wait.use->kind};
  }

  void go_on(std::size_t at, std::size_t next, LockCycleStep step, std::vector<std::size_t>& row) {
    if (closing_ != k_none) return;
    if (next == first_) {
      closing_ = at;
      last_ = std::move(step);
    } else if (from_[next] == k_none) {
      from_[next] = at;
      steps_[next] = std::move(step);
      row.push_back(next);
    }
  }

  std::vector<Wait> stuck_;
  std::vector<std::size_t> from_;  // for each wait reached: the wait before it
  LockCycle steps_;                // the step from that wait to this one
  std::size_t first_ = 0;
  std::size_t closing_ = k_none;
  LockCycleStep last_;
};

bool is_younger(const LockCycleStep& one, const LockCycleStep& other) {
  const auto age = [](const LockParty& party) {
    return std::make_tuple(party.since_unix_ms, party.process.start, party.process.pid);
  };
  return age(one.waiter) > age(other.waiter);
}

bool is_same_step(const LockCycleStep& one, const LockCycleStep& other) {
  return one.lock == other.lock && one.way == other.way && is_same_wait(one.waiter, other.waiter) &&
         is_same_wait(one.other, other.other) &&
         one.other.since_unix_ms == other.other.since_unix_ms;
}

}  // namespace

LockCycle find_lock_cycle(const LockParty& waiter, const std::vector<LockUse>& all) {
  return CycleSearch(waiter, all).run();
}

bool is_same_cycle(const LockCycle& one, const LockCycle& other) {
  return std::equal(one.begin(), one.end(), other.begin(), other.end(), is_same_step);
}

const LockCycleStep& who_gives_way(const LockCycle& cycle) {
  const LockCycleStep* found = &cycle.front();
  const auto rank = [](const LockCycleStep& step) {
    if (step.waiter.around.empty()) return 0;
    return step.kind == LockUse::Kind::run ? 2 : 1;
  };
  for (const LockCycleStep& step : cycle) {
    if (rank(step) < rank(*found)) continue;
    if (rank(step) > rank(*found) || is_younger(step, *found)) found = &step;
  }
  return *found;
}

bool LockCycleWatch::take(LockCycle seen, const LockParty& waiter, Milliseconds since_start) {
  constexpr Milliseconds k_until_sure{100};
  constexpr Milliseconds k_longest_pause{2'000};
  const bool sure = !seen.empty() && is_same_cycle(seen, seen_);
  seen_ = std::move(seen);
  next_ = since_start + (seen_.empty() ? std::min(since_start, k_longest_pause) : k_until_sure);
  // If another waiter must end the circle, we look as rarely as without a circle.
  if (sure) next_ = since_start + k_longest_pause;
  return sure && is_same_wait(who_gives_way(seen_).waiter, waiter);
}

std::string describe_lock_cycle(const LockCycle& cycle) {
  std::string text;
  LockCycleStep::Way way = LockCycleStep::Way::holds;
  for (const LockCycleStep& step : cycle) {
    // If `other` stands before the waiter in the queue, the next step says what `other` waits for.
    if (!text.empty() && way == LockCycleStep::Way::holds) {
      text += ", in which " + describe_party(step.waiter);
    } else {
      text += text.empty() ? describe_party(step.waiter) : ", which";
    }
    way = step.way;
    const char* how = way == LockCycleStep::Way::holds ? ", held by " : ", behind ";
    text += text_of({" waits for ", step.lock, how, describe_party(step.other)});
  }
  if (!cycle.empty()) text += ", which is around " + describe_party(cycle.front().waiter);
  return text;
}

}  // namespace holdfast
