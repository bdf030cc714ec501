#include "watch/watch_state.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "report/describe.hpp"
#include "values/outcome.hpp"

namespace holdfast::cli {
namespace {

// Of tests that have not begun, or with `all` of all of them.
std::optional<double> mean_of_known(const Progress& progress, bool all) {
  double sum = 0;
  std::size_t count = 0;
  for (const auto& [test, seconds] : progress.known) {
    if (!all && progress.begun.count(test) != 0) continue;
    sum += seconds;
    ++count;
  }
  if (count == 0) return std::nullopt;
  return sum / static_cast<double>(count);
}

using Json = nlohmann::ordered_json;

constexpr std::size_t k_most_running = 10;
constexpr std::size_t k_lines_besides = 4;  // of the block, without tests
constexpr std::size_t k_widest_bar = 30;

std::string red(const std::string& text, Colour colour) {
  return colour == Colour::none ? text : "\x1b[31m" + text + "\x1b[0m";
}

bool any_trouble(const Counts& counts) {
  return std::ranges::any_of(k_outcome_table, [&](const OutcomeFacts& row) {
    return !is_good(row.outcome) && row.outcome != Outcome::not_run && counts.of(row.outcome) > 0;
  });
}

// "34 of 120", or "34" while nobody knows how many there are.
std::string done_text(std::size_t done, std::size_t total) {
  return total == 0 ? std::to_string(done) : fmt::format("{} of {}", done, total);
}

std::string bar(std::size_t done, std::size_t total, std::size_t width) {
  if (total == 0 || width < 3) return {};
  const std::size_t full = std::min(width, done * width / total);
  return "[" + std::string(full, '=') + std::string(width - full, ' ') + "] ";
}

std::string wait_text(const TestWait& wait) {
  std::string text = "waits for " + brief(subject_of(wait.of));
  if (!wait.holder.empty()) text += ", held by " + brief_in_quotes(wait.holder);
  if (!wait.of.why.empty()) text += ": " + brief(wait.of.why);
  return text;
}

void add_running(const WatchState& state, double now, const Screen& screen,
                 std::vector<std::string>& lines) {
  const std::size_t room =
      screen.height > k_lines_besides + 1 ? screen.height - k_lines_besides - 1 : 1;
  const std::size_t shown = std::min({k_most_running, room, state.running().size()});
  for (std::size_t i = 0; i < shown; ++i) {
    const RunningTest& test = state.running()[i];
    std::string line =
        fmt::format("  {}  {}", brief(test.test), duration_text(std::max(0.0, now - test.since)));
    if (test.wait.is_any()) line += "  " + wait_text(test.wait);
    lines.push_back(std::move(line));
  }
  if (shown < state.running().size()) {
    lines.push_back(fmt::format("  and {} more", state.running().size() - shown));
  }
}

std::string how_it_ended(const WatchEvent& event) {
  const AttemptEnded& attempt = event.attempt;
  std::string text;
  if (event.bare) return text;
  if (attempt.signal) {
    text = signal_text(*attempt.signal) + " ";
  } else if (attempt.exit_code && (event.went_wrong || *attempt.exit_code != 0)) {
    text = fmt::format("exit code {} ", *attempt.exit_code);
  }
  text += "after " + duration_text(attempt.wall_s);
  if (attempt.n > 1) text += fmt::format("; attempt {}", attempt.n);
  return text;
}

std::string ended_line(const WatchEvent& event, Colour colour) {
  std::string text = std::string(label(event.outcome)) + " " + brief_in_quotes(event.test);
  if (const std::string how = how_it_ended(event); !how.empty()) text += " " + how;
  if (event.done > 0) text += " (" + done_text(event.done, event.total) + ")";
  if (event.went_wrong && !event.headline.empty()) text += ": " + brief(event.headline);
  return event.went_wrong ? red(text, colour) : text;
}

std::string end_line(const WatchEvent& event, const Counts& counts, Colour colour) {
  const std::string list = outcome_list(counts);
  std::string text = event.complete ? "the run ended" : "the run died";
  text += ", " + done_text(event.done, event.total) + (list.empty() ? "" : ": " + list);
  return !event.complete || any_trouble(counts) ? red(text, colour) : text;
}

Json counts_json(const Counts& counts) {
  Json json = Json::object();
  for (const OutcomeFacts& row : k_outcome_table) {
    if (const std::size_t count = counts.of(row.outcome)) json[std::string(row.name)] = count;
  }
  return json;
}

Json or_null(const std::string& text) {
  return text.empty() ? Json(nullptr) : Json(valid_utf8(text));
}

void add_wait(const TestWait& wait, Json& json) {
  json["lock"] = or_null(wait.names_of(wire::WaitFor::lock));
  json["holder"] = or_null(wait.holder);
  if (!wait.is_any()) return;
  if (wait.of.what == wire::WaitFor::services) json["services"] = wait.of.names;
  if (wait.of.what == wire::WaitFor::step) json["step"] = wait.of.names;
  if (!wait.of.why.empty()) json["why"] = valid_utf8(wait.of.why);
}

Json number_or_null(std::size_t number) { return number == 0 ? Json(nullptr) : Json(number); }

void add_end_of_test(const WatchEvent& event, std::optional<double> left, Json& json) {
  json["outcome"] = name_of(event.outcome);
  json["went_wrong"] = event.went_wrong;
  if (event.bare) json["bare"] = true;
  if (event.attempt.exit_code) json["exit_code"] = *event.attempt.exit_code;
  if (event.attempt.signal) json["signal"] = *event.attempt.signal;
  if (!event.bare) json["wall_s"] = event.attempt.wall_s;
  if (!event.headline.empty()) json["headline"] = valid_utf8(event.headline);
  json["done"] = event.done;
  json["total"] = number_or_null(event.total);
  json["left_s"] = left ? Json(*left) : Json(nullptr);
}

constexpr double k_patience_s = 0.5;

bool went_wrong(const TestEvidence& evidence, Outcome outcome) {
  const std::optional<Verdict> verdict = verdict_of(evidence);
  if (verdict && *verdict != Verdict::unknown) return *verdict == Verdict::failed;
  return !is_good(outcome);
}

}  // namespace

std::optional<double> time_left(const Progress& progress) {
  double work = 0;
  double longest = 0;
  bool any_known = progress.running.empty();
  for (const RunningTest& one : progress.running) {
    const auto known = progress.known.find(one.test);
    if (known == progress.known.end()) continue;
    any_known = true;
    const double rest = std::max(0.0, known->second - std::max(0.0, progress.now - one.since));
    work += rest;
    longest = std::max(longest, rest);
  }
  if (progress.not_begun > 0) {
    std::optional<double> mean = mean_of_known(progress, false);
    if (!mean) mean = mean_of_known(progress, true);
    if (!mean) return std::nullopt;
    work += *mean * static_cast<double>(progress.not_begun);
    longest = std::max(longest, *mean);
  } else if (!any_known) {
    return std::nullopt;
  }
  return std::max(longest, work / static_cast<double>(std::max<std::size_t>(1, progress.jobs)));
}

std::string cut_to(std::string_view text, std::size_t columns) {
  std::size_t at = 0;
  for (std::size_t used = 0; at < text.size() && used < columns; ++used) {
    at += std::max<std::size_t>(1, utf8_sequence_length(text.substr(at)));
  }
  return std::string(text.substr(0, at));
}

std::string progress_block(const WatchState& state, double now, std::optional<double> left,
                           const Screen& screen) {
  // A full line may wrap, and a block as high as the screen scrolls when it is drawn again.
  const std::size_t width = std::max<std::size_t>(2, screen.width) - 1;
  const std::size_t height = std::max<std::size_t>(2, screen.height) - 1;
  std::vector<std::string> lines;
  std::string head = "run " + printable(state.run().run) + " of " + printable(state.run().tree);
  if (state.run().at > 0) head += " for " + duration_text(std::max(0.0, now - state.run().at));
  lines.push_back(std::move(head));
  const std::string list = outcome_list(state.counts());
  std::string numbers = bar(state.done(), state.total(), std::min(k_widest_bar, width / 3)) +
                        done_text(state.done(), state.total());
  if (state.total() == 0) numbers += " done";
  if (!list.empty()) numbers += ": " + list;
  if (left) numbers += ", about " + duration_text(*left) + " left";
  const std::size_t at_numbers = lines.size();
  lines.push_back(std::move(numbers));
  add_running(state, now, screen, lines);
  std::vector<std::string> services;
  for (const auto& [name, what] : state.services()) services.push_back(brief(name) + " " + what);
  std::ranges::sort(services);
  if (!services.empty()) lines.push_back("  services: " + bounded_list(services, 3));
  std::string block;
  for (std::size_t i = 0; i < std::min(height, lines.size()); ++i) {
    const std::string line = cut_to(lines[i], width);
    block += i == at_numbers && any_trouble(state.counts()) ? red(line, screen.colour) : line;
    block += '\n';
  }
  return block;
}

std::string event_line(const WatchEvent& event, const Counts& counts, Lines lines, Colour colour) {
  std::string text;
  const bool all = lines == Lines::all;
  switch (event.kind) {
    case WatchEventKind::run:
      if (all) text = "run " + printable(event.run.run) + " of " + printable(event.run.tree);
      break;
    case WatchEventKind::started:
      if (all) text = "started " + brief_in_quotes(event.test);
      break;
    case WatchEventKind::ended:
      if (all || event.went_wrong) text = ended_line(event, colour);
      break;
    case WatchEventKind::waits:
      if (!all) break;
      text = brief_in_quotes(event.test) + " " +
             (event.wait.is_any() ? wait_text(event.wait) : "waits no longer");
      break;
    case WatchEventKind::service:
      if (!all && event.service.event != "died") break;
      text = fmt::format("service {} {}, generation {}", brief(event.service.service),
                         event.service.event, event.service.generation);
      if (!event.service.why.empty()) text += ": " + brief(event.service.why);
      break;
    case WatchEventKind::end:
      text = end_line(event, counts, colour);
      break;
  }
  if (!text.empty()) text += '\n';
  return text;
}

std::string event_json(const WatchEvent& event, const Counts& counts, std::optional<double> left) {
  Json json;
  json["v"] = 1;
  json["event"] = name_of(event.kind);
  json["at"] = event.at > 0 ? Json(event.at) : Json(nullptr);
  if (!event.test.empty()) json["test"] = valid_utf8(event.test);
  if (!event.attempt.attempt.empty()) {
    json["attempt"] = event.attempt.attempt;
    if (event.kind != WatchEventKind::waits) json["n"] = event.attempt.n;
  }
  switch (event.kind) {
    case WatchEventKind::run:
      json["run"] = event.run.run;
      json["tree"] = valid_utf8(event.run.tree);
      json["command"] = event.run.command;
      break;
    case WatchEventKind::started:
      break;
    case WatchEventKind::ended:
      add_end_of_test(event, left, json);
      break;
    case WatchEventKind::waits:
      add_wait(event.wait, json);
      break;
    case WatchEventKind::service:
      json["service"] = event.service.service;
      json["instance"] = event.service.instance;
      json["generation"] = event.service.generation;
      json["what"] = event.service.event;
      if (!event.service.why.empty()) json["why"] = valid_utf8(event.service.why);
      break;
    case WatchEventKind::end:
      json["complete"] = event.complete;
      json["done"] = event.done;
      json["total"] = number_or_null(event.total);
      json["counts"] = counts_json(counts);
      break;
  }
  return json.dump() + "\n";
}

std::string waiting_json(std::string_view tree) {
  return Json{{"v", 1}, {"event", "waiting"}, {"tree", valid_utf8(tree)}}.dump() + "\n";
}

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
  running_.push_back({{record.test, record.attempt, record.launcher.pid, record.at}});
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
  const TestEvidence evidence{.ran = entry.started, .verdict = verdict_alone(entry)};
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
  TestEvidence evidence{
      .attempted = true, .ended = true, .outcome = attempt.outcome, .expected = attempt.verdict};
  // The log has the same words for a skip by exit code as for a pass.
  const bool may_be_skipped = attempt.verdict == Verdict::skipped;
  if (logged != nullptr && !(may_be_skipped && logged->entry.result == Verdict::passed)) {
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

TestWait wait_of(std::string_view attempt, std::int64_t launcher,
                 const std::vector<os::SurveyedLock>& locks,
                 const std::vector<wire::LiveWait>& waits) {
  TestWait wait;
  for (const os::SurveyedLock& lock : locks) {
    for (const LockParty& waiter : lock.waiters) {
      if (waiter.attempt != attempt || waiter.process.pid != launcher) continue;
      wait.of = {wire::WaitFor::lock, lock.name + "@" + std::string(name_of(lock.scope))};
      if (!lock.holders.empty()) wait.holder = lock.holders.front().test;
      return wait;
    }
  }
  const auto found = std::ranges::find(waits, attempt, &wire::LiveWait::attempt);
  if (found != waits.end()) wait.of = found->wait;
  return wait;
}

}  // namespace holdfast::cli
