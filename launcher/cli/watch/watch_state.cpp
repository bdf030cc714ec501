#include "cli/watch/watch_state.hpp"

#include <utility>

#include "core/base/utf8.hpp"

namespace holdfast::cli {
namespace {

constexpr double k_patience_s = 0.5;

bool went_wrong(const TestEvidence& evidence, Outcome outcome) {
  const std::optional<Verdict> verdict = verdict_of(evidence);
  if (verdict && *verdict != Verdict::unknown) return *verdict == Verdict::failed;
  return !is_good(outcome);
}

}  // namespace

void WatchState::take(const Record& record, double now) {
  if (const auto* started = std::get_if<RunStarted>(&record)) {
    run_ = *started;
    add_event(WatchEventKind::run, started->at).run = *started;
  } else if (const auto* word = std::get_if<LogWordRecord>(&record)) {
    log_word_ = word->word;
  } else if (const auto* begun = std::get_if<AttemptStarted>(&record)) {
    begin(*begun);
  } else if (const auto* bare = std::get_if<Bare>(&record)) {
    begun_.insert(bare->test);
    bare_.insert(bare->test);
  } else if (const auto* ended = std::get_if<AttemptEnded>(&record)) {
    std::erase_if(running_, [&](const RunningTest& t) { return t.attempt == ended->attempt; });
    pending_.push_back({*ended, now});
  } else if (const auto* service = std::get_if<ServiceRecord>(&record)) {
    note_service(*service);
  } else if (const auto* end = std::get_if<RunEnded>(&record)) {
    finish(end->at, end->complete);
  }
}

void WatchState::begin(const AttemptStarted& record) {
  // The attempt before it had no entry of its own in ctest's log: the launcher tried again.
  const auto before = std::ranges::find_if(pending_, [&](const Pending& one) {
    return one.attempt.test == record.test && one.attempt.key == record.key;
  });
  if (before != pending_.end() && record.n > 1) {
    pass(*before, nullptr);
    pending_.erase(before);
  }
  begun_.insert(record.test);
  running_.push_back({record.test, record.attempt, record.launcher.pid, record.at});
  most_running_ = std::max(most_running_, running_.size());
  WatchEvent& event = add_event(WatchEventKind::started, record.at);
  event.test = record.test;
  event.attempt.attempt = record.attempt;
  event.attempt.n = record.n;
}

void WatchState::take(const LoggedEnd& logged, double now) {
  const LogEntry& entry = logged.entry;
  total_ = std::max<std::size_t>(total_, entry.total);
  logged_.insert(entry.index);
  const std::string name = valid_utf8(entry.name);  // as the journal has it
  const auto found =
      std::ranges::find_if(pending_, [&](const Pending& one) { return one.attempt.test == name; });
  if (found != pending_.end()) {
    const Pending pending = *found;
    pending_.erase(found);
    return pass(pending, &logged);
  }
  // The end of an attempt was passed on already. The launcher makes no attempt of a bare test, and
  // records none after the death of the keeper.
  const bool has_attempt = begun_.count(name) > 0 && bare_.count(name) == 0;
  if (entry.launched && entry.started && has_attempt) return settle(now);
  TestEvidence evidence;
  evidence.ran = entry.started;
  evidence.verdict = verdict_alone(entry);
  WatchEvent& event = add_event(WatchEventKind::ended, 0);
  event.test = name;
  event.bare = true;
  event.headline = logged.headline;
  judge(event, evidence, std::to_string(entry.index));
}

void WatchState::settle(double now) {
  while (!pending_.empty() && (over_ || now - pending_.front().since >= k_patience_s)) {
    pass(pending_.front(), nullptr);
    pending_.pop_front();
  }
}

void WatchState::pass(const Pending& pending, const LoggedEnd* logged) {
  const AttemptEnded& attempt = pending.attempt;
  TestEvidence evidence;
  evidence.attempted = true;
  evidence.ended = true;
  evidence.outcome = attempt.outcome;
  evidence.expected = attempt.verdict;
  // The log has the same words for a skip by exit code as for a pass.
  const bool may_be_skipped = attempt.verdict == Verdict::skipped;
  if (logged != nullptr && !(may_be_skipped && logged->entry.result == LoggedResult::passed)) {
    evidence.verdict = verdict_alone(logged->entry);
  }
  WatchEvent& event = add_event(WatchEventKind::ended, attempt.at);
  event.test = attempt.test;
  event.attempt = attempt;
  if (logged != nullptr) event.headline = logged->headline;
  judge(event, evidence, attempt.key);
}

void WatchState::judge(WatchEvent& ended, const TestEvidence& evidence, const std::string& key) {
  ended.outcome = outcome_of(evidence);
  ended.went_wrong = went_wrong(evidence, ended.outcome);
  count(key, ended.outcome);
  ended.done = done();
  ended.total = total_;
}

std::size_t WatchState::done() const {
  if (reported_) return *reported_;
  return total_ == 0 ? outcomes_.size() : logged_.size();
}

void WatchState::count(const std::string& key, Outcome outcome) {
  const auto [place, is_new] = outcomes_.try_emplace(key, outcome);
  if (!is_new) {
    --counts_.by_outcome.at(static_cast<std::size_t>(place->second));
    place->second = outcome;
  }
  counts_.add(outcome);
}

void WatchState::note_service(const ServiceRecord& record) {
  if (record.event == "red_use") return;
  std::string name = record.service;
  if (record.instance > 0) name += "." + std::to_string(record.instance + 1);
  if (record.event == "ready") {
    services_.erase(name);
  } else {
    services_[name] = record.event == "started" ? "starting" : "lost";
  }
  add_event(WatchEventKind::service, record.at).service = record;
}

void WatchState::set_wait(const std::string& attempt, const TestWait& wait, double at) {
  const auto test = std::ranges::find(running_, attempt, &RunningTest::attempt);
  if (test == running_.end()) return;
  const bool is_known = test->wait.is_as(wait);
  test->wait = wait;
  if (is_known) return;
  WatchEvent& event = add_event(WatchEventKind::waits, at);
  event.test = test->test;
  event.attempt.attempt = attempt;
  event.wait = wait;
}

void WatchState::set_counts(const Counts& counts, double now) {
  settle(now + k_patience_s);
  counts_ = counts;
  reported_ = total_ = counts.planned;
}

void WatchState::note_death(double at) { finish(at, false); }

void WatchState::finish(double at, bool complete) {
  if (over_) return;
  over_ = true;
  settle(at);
  running_.clear();
  WatchEvent& event = add_event(WatchEventKind::end, at);
  event.complete = complete;
  event.done = done();
  event.total = total_;
}

WatchEvent& WatchState::add_event(WatchEventKind kind, double at) {
  return events_.emplace_back(WatchEvent{kind, at});
}

std::vector<WatchEvent> WatchState::take_events() { return std::exchange(events_, {}); }

TestWait wait_of(std::string_view attempt, std::int64_t launcher,
                 const std::vector<os::SurveyedLock>& locks, const std::vector<LiveWait>& waits) {
  TestWait wait;
  for (const os::SurveyedLock& lock : locks) {
    for (const LockParty& waiter : lock.waiters) {
      if (waiter.attempt != attempt || waiter.process.pid != launcher) continue;
      wait.of = {wire::WaitFor::lock, lock.name + "@" + std::string(name_of(lock.scope))};
      if (!lock.holders.empty()) wait.holder = lock.holders.front().test;
      return wait;
    }
  }
  const auto found = std::ranges::find(waits, attempt, &LiveWait::attempt);
  if (found != waits.end()) wait.of = found->wait;
  return wait;
}

}  // namespace holdfast::cli
