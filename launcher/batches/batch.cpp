#include "batches/batch.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"

namespace holdfast {
namespace {

using Kind = BatchEvent::Kind;

// Room is reserved for at most this many cases, because a program may announce any number.
constexpr std::uint64_t k_most_foreseen = 10'000;

std::string how(const ProcessEnd& end) {
  switch (end.kind) {
    case ProcessEnd::Kind::never_started:
      return "could not be started";
    case ProcessEnd::Kind::exited:
      return "exited with code " + std::to_string(end.code);
    case ProcessEnd::Kind::signalled:
      break;
  }
  return "died of signal " + std::to_string(end.code);
}

// Why nothing more runs after this worker; empty: more may run.
std::string why_no_more(const WorkerEnd& end) {
  switch (end.by) {
    case EndedBy::itself:
    case EndedBy::case_limit:
      return end.main.kind == ProcessEnd::Kind::never_started ? "the program could not be started"
                                                              : "";
    case EndedBy::whole_limit:
      return "the time of the whole test was over";
    case EndedBy::interruption:
      return "interrupted";
    case EndedBy::own_failure:
      break;
  }
  return "Holdfast failed";
}

}  // namespace

std::vector<BatchAction>& Batch::happened(const BatchEvent& event) {
  actions_.clear();
  now_us_ = event.at_us;
  take(event);
  return actions_;
}

void Batch::take(const BatchEvent& event) {
  switch (event.kind) {
    case Kind::begun:
      return on_begun(event);
    case Kind::listed:
      return on_listed(event);
    case Kind::not_listed:
      return on_not_listed(event.end);
    case Kind::announced:
      announced_ = event.count;
      has_told_ = has_told_ || event.count > 0;
      results_.reserve(std::min<std::uint64_t>(event.count, k_most_foreseen));
      worker_finished_ = false;
      return;
    case Kind::printed_help:
      has_printed_help_ = !announced_ && results_.empty();
      return;
    case Kind::case_began:
      return on_case_began(event);
    case Kind::case_ended:
      return on_case_ended(event);
    case Kind::all_skipped:
      worker_skipped_all_ = worker_finished_ = true;
      return;
    case Kind::reported:
      return on_reported(event);
    case Kind::finished:
      if (!open_) worker_finished_ = true;
      return;
    case Kind::reached:
      worker_reached_ = true;
      return;
    case Kind::leaves:
      worker_leaves_ = true;
      return;
    case Kind::not_begun:
      return on_not_begun(event);
    case Kind::worker_ended:
      return on_worker_ended(event);
    case Kind::cannot_fork:
      isolation_ = Isolation::process;
      return say("cannot fork its cases, each gets a process of its own: " + event.why);
    case Kind::child_began:
      worker_has_begun_ = true;
      if (!is_child(event.name)) children_.push_back({std::string(event.name), event.at_us, 0});
      return forget_waiting(event.name);
    case Kind::child_ended:
      return on_child_ended(event);
    case Kind::case_wanted:
      return on_case_wanted();
    case Kind::case_settled:
      return on_case_settled(event);
    case Kind::cases_over:
      worker_runs_ = false;
      return go_on();
  }
}

void Batch::on_begun(const BatchEvent& event) {
  is_of_some_cases_ = !event.cases.empty();
  if (event.cases.empty()) {
    if (isolation_ == Isolation::none) return start_worker({BatchAction::Kind::run_all});
    return go_on();
  }
  // Forking pays only when there are many cases.
  if (isolation_ == Isolation::fork) isolation_ = Isolation::process;
  const bool are_exact = std::ranges::all_of(
      event.cases, [this](const std::string& name) { return framework_.is_exact(name); });
  if (are_exact) return wait_for(event.cases);
  // Only a list tells which other cases would be selected with these.
  wanted_ = event.cases;
  ask(BatchAction::Kind::list);
}

void Batch::on_listed(const BatchEvent& event) {
  if (skips_all_) {
    others_ = event.others;
    return wait_for(event.cases);
  }
  if (!event.why.empty()) {
    const std::string why = "its list of cases is unreadable: " + event.why;
    if (may_run_as_one()) return run_as_one(why);
    beyond(Outcome::failed, {ProcessEnd::Kind::exited, 0}, why);
  }
  others_ = event.others;
  is_shard_ = event.is_shard;
  worker_reached_ = true;
  if (wanted_.empty()) return wait_for(event.cases);
  const auto has = [](const std::vector<std::string>& names, const std::string& name) {
    return std::ranges::find(names, name) != names.end();
  };
  std::vector<std::string> cases;
  for (const std::string& name : event.cases) {
    (has(wanted_, name) ? cases : others_).push_back(name);
  }
  for (const std::string& name : wanted_) {
    if (!has(cases, name)) leave_out(name, "the program does not list it any more");
  }
  wait_for(cases);
}

void Batch::wait_for(const std::vector<std::string>& cases) {
  is_listed_ = true;
  waiting_.clear();
  for (const std::string& name : cases) {
    if (!is_settled(name) && !is_child(name)) waiting_.push_back(name);
  }
  if (stopped_) return stop(*stopped_);
  if (skips_all_) return skip_waiting();
  // A server lists its cases while it runs, and then gets them one after the other.
  if (!worker_runs_) go_on();
}

void Batch::on_case_began(const BatchEvent& event) {
  if (open_) return;
  // A case may print what looks like the beginning of another. A process that was started for one
  // case runs no other.
  if (isolation_ == Isolation::process && !ordered_.empty() && event.name != ordered_.front())
    return;
  // Before its first case the worker may print what looks like the beginning of a case that it was
  // not started for.
  const bool is_expected = ordered_.empty() || is_settled(event.name) ||
                           std::ranges::find(waiting_, event.name) != waiting_.end();
  if (!is_expected) return;
  // A settled case that runs again is not counted as progress if the worker was started for other
  // cases.
  worker_has_begun_ = worker_has_begun_ || ordered_.empty() || !is_settled(event.name);
  worker_finished_ = false;
  has_told_ = true;
  last_end_.reset();
  open_ = Open{std::string(event.name), event.at_us};
  if (!is_settled(event.name)) ++begun_;
  forget_waiting(event.name);
}

void Batch::on_case_ended(const BatchEvent& event) {
  if (!open_ || open_->name != event.name) return;
  last_end_ = LastEnd{event.said, event.at_us - open_->since_us};
  std::string name = std::move(open_->name);
  open_.reset();
  worker_failed_case_ = worker_failed_case_ || event.said == CaseEnd::failed;
  // The result is known now only with isolation `none`. Otherwise the end of the case's process is
  // part of it.
  if (isolation_ != Isolation::none) return;
  record({{.wall_us = last_end_->wall_us, .outcome = outcome_of(event.said)}, std::move(name)});
}

// What a process has printed may be of a process that a case has forked, and a case may have closed
// the output. The report is the program's own.
void Batch::on_reported(const BatchEvent& event) {
  has_told_ = worker_finished_ = true;
  worker_failed_case_ = worker_failed_case_ || event.said == CaseEnd::failed;
  const std::int64_t since_us = open_ ? open_->since_us : worker_since_us_;
  const bool has_begun = open_ && open_->name == event.name;
  if (has_begun) open_.reset();
  if (isolation_ == Isolation::process) {
    if (ordered_.empty() || ordered_.front() != event.name) return;
    last_end_ = LastEnd{event.said, last_end_ ? last_end_->wall_us : event.at_us - since_us};
    return;
  }
  const auto place = places_.find(event.name);
  if (place == places_.end()) {
    // It has been printed under another name: of a name of several lines, only the first is
    // printed.
    if (!has_begun && announced_ && begun_ >= *announced_) return;
    if (!has_begun) ++begun_;
    forget_waiting(event.name);
    return record({{.outcome = outcome_of(event.said)}, std::string(event.name)});
  }
  CaseResult& known = results_[place->second];
  const bool is_of_another = known.worker != worker_ || known.exit_code || known.signal;
  if (is_of_another || known.outcome == outcome_of(event.said)) return;
  known.outcome = outcome_of(event.said);
  actions_.push_back({BatchAction::Kind::record, {}, place->second});
}

void Batch::on_worker_ended(const BatchEvent& event) {
  worker_runs_ = false;
  if (isolation_ != Isolation::process && event.end.leak_fails) {
    beyond(Outcome::failed, {ProcessEnd::Kind::exited, 0}, event.end.left);
  }
  const bool died_untold = isolation_ == Isolation::none && !worker_finished_ && !open_ &&
                           telling_ == Telling::ends && !runs_as_one_;
  switch (isolation_) {
    case Isolation::none:
      if (open_) {
        settle_open(event);
      } else if (is_early(event.end)) {
        early_ = event.end.main;
      } else {
        consider_worker(event.end);
      }
      break;
    case Isolation::process:
      if (!ordered_.empty()) settle_own_process(event);
      break;
    case Isolation::fork:
      if (is_early(event.end)) {
        early_ = event.end.main;
      } else if (!event.end.ended_well() && !has_served_all(event.end)) {
        consider_worker(event.end);
      }
      break;
  }
  if (tells_of_no_case() || early_) return ask(BatchAction::Kind::end);
  if (const std::string why = why_no_more(event.end); !why.empty()) return stop(why);
  if (isolation_ == Isolation::none && is_skipped_as_a_whole() && event.end.ended_well() &&
      results_.empty()) {
    if (is_listed_) return skip_waiting();
    skips_all_ = true;
    return ask(BatchAction::Kind::list);
  }
  if (died_untold) part_cases();
  if (worker_has_begun_ || isolation_ == Isolation::process) return go_on();
  if (isolation_ == Isolation::fork && is_listed_ && waiting_.empty()) return go_on();
  const bool is_through =
      isolation_ == Isolation::none && (worker_finished_ || !announced_) && ordered_.empty();
  if (is_through) return ask(BatchAction::Kind::end);
  const std::string ended = how(event.end.main);
  if (!beyond_cases_) {
    beyond(Outcome::premature_exit, event.end.main,
           text_of({"worker ", std::to_string(worker_), " ", ended, " before any case began"}));
  }
  stop(text_of({"a worker ", ended, " before any of them began"}));
}

void Batch::on_not_begun(const BatchEvent& event) {
  worker_runs_ = false;
  const bool is_interrupted = event.end.by == EndedBy::interruption;
  beyond(is_interrupted ? Outcome::interrupted : Outcome::service_unavailable, event.end.main, "");
  stop(event.why);
}

// Nobody knows in which case the worker died, or which cases it ran without telling of them.
void Batch::part_cases() {
  is_parted_ = true;
  isolation_ = Isolation::process;
  say(text_of({"a process ended early, and ", framework_.name(),
               " does not tell in which case: those that it has not told of get a process of "
               "their own"}));
}

// Whether all cases of a server are over. What its main() then does without them tells nothing:
// the process of each case has done the same, and was judged by it.
bool Batch::has_served_all(const WorkerEnd& end) const {
  return end.by == EndedBy::itself && is_listed_ && waiting_.empty() && children_.empty();
}

// Settles the open case: the process ended in the middle of it.
void Batch::settle_open(const BatchEvent& event) {
  CaseResult result{{.wall_us = event.at_us - open_->since_us}, open_->name};
  conclude_case(result, std::nullopt, false, event.end);
  open_.reset();
  record(std::move(result));
}

void Batch::settle_own_process(const BatchEvent& event) {
  if (open_) return settle_open(event);
  const WorkerEnd& end = event.end;
  CaseResult result{{.wall_us = event.at_us - worker_since_us_}, ordered_.front()};
  if (last_end_) {
    result.wall_us = last_end_->wall_us;
    conclude_own_process(result, end);
  } else if (is_skipped_as_a_whole() && end.ended_well()) {
    conclude_case(result, CaseEnd::skipped, true, end);
  } else if (!end.ended_well()) {
    conclude_case(result, std::nullopt, false, end);
    result.note = "before it began";
  } else if (announced_ && *announced_ == 0) {
    // It did not run and has no outcome, which makes the test red.
    result.exit_code = 0;
    result.note = "it is listed, and the program did not run it";
  } else {
    conclude_case(result, std::nullopt, false, end);
    result.note = "the process exited with code 0 before it began";
  }
  forget_waiting(result.name);
  result.untold = !last_end_ && !announced_;
  if (result.untold && end.exited_by_itself() && extent_ == Extent::whole &&
      may_tell_of_no_case()) {
    result.worker = worker_;
    untold_.push_back(std::move(result));
    return;
  }
  record(std::move(result));
}

// Concludes a case that had ended before its own process did.
void Batch::conclude_own_process(CaseResult& result, const WorkerEnd& end) const {
  WorkerEnd judged = end;
  const bool is_usual = end.main.kind == ProcessEnd::Kind::exited &&
                        framework_.is_usual_exit(last_end_->said, end.main.code);
  if (is_usual) judged.main.code = 0;
  conclude_case(result, last_end_->said, worker_finished_, judged);
  if (is_usual && result.exit_code) result.exit_code = end.main.code;
}

// Where the worker ended relative to its cases, in words.
std::string_view Batch::where_it_ended() const {
  if (worker_finished_) return " after its last case";
  if (isolation_ == Isolation::none && telling_ != Telling::beginnings) {
    return telling_ == Telling::ends ? " in a case that it has not told of"
                                     : " before it was through";
  }
  return worker_has_begun_ ? " between two cases" : " before its first case";
}

// Whether the results of the worker's cases explain why it exited with that code.
bool Batch::is_explained(int code) const {
  if (!worker_finished_) return false;
  return worker_failed_case_ || (last_end_ && framework_.is_usual_exit(last_end_->said, code));
}

// Judges a worker that ended, but not in the middle of a case.
void Batch::consider_worker(const WorkerEnd& end) {
  if (worker_leaves_ && end.ended_well()) return;
  const std::string worker = text_of({"worker ", std::to_string(worker_), " "});
  const std::string_view where = where_it_ended();
  if (const std::optional<Outcome> outcome = outcome_of(end.by)) {
    const bool is_late = end.by == EndedBy::case_limit;
    return beyond(*outcome, end.main, is_late ? text_of({worker, "took too long", where}) : "");
  }
  const std::string text = text_of({worker, how(end.main), where});
  switch (end.main.kind) {
    case ProcessEnd::Kind::never_started:
      return beyond(Outcome::launch_failed, end.main, "");
    case ProcessEnd::Kind::signalled:
      return beyond(end.oom_killed ? Outcome::oom_killed : Outcome::crashed, end.main, text);
    case ProcessEnd::Kind::exited:
      break;
  }
  const bool failed_last = last_end_ && last_end_->said == CaseEnd::failed;
  if (end.marker) {
    // The worker exited on purpose. If that was after a failed case, the failure counts already.
    if (!failed_last) beyond(Outcome::deliberate_exit, {ProcessEnd::Kind::exited, 1}, text);
  } else if (end.main.code != 0) {
    if (is_explained(end.main.code)) return;
    const bool says_all = tells_of_no_case() && worker_finished_;
    beyond(Outcome::failed, end.main, says_all ? "" : text);
  } else if (!worker_finished_ && announced_) {
    beyond(Outcome::premature_exit, end.main, text);
  }
}

void Batch::on_not_listed(const WorkerEnd& end) {
  if (stopped_ || skips_all_) return ask(BatchAction::Kind::end);
  const bool ended_itself =
      end.by == EndedBy::itself && end.main.kind != ProcessEnd::Kind::never_started;
  const std::string how_it_ended =
      text_of({"asked for its cases (", framework_.list_option(), ") it ", how(end.main)});
  if (ended_itself && may_run_as_one()) return run_as_one(how_it_ended);
  stopped_ = "it is not known which there are";
  consider_worker(end);
  if (ended_itself) {
    beyond_cases_.reset();
    const bool died = end.main.kind == ProcessEnd::Kind::signalled;
    beyond(died ? Outcome::crashed : Outcome::failed, end.main, how_it_ended);
  }
  ask(BatchAction::Kind::end);
}

void Batch::on_child_ended(const BatchEvent& event) {
  const auto child = std::ranges::find(children_, event.name, &Open::name);
  if (child == children_.end()) return;
  CaseResult result{{.wall_us = event.at_us - child->since_us}, std::string(event.name)};
  conclude_case(result, event.child_said, event.child_finished, event.end);
  // Ctrl-C in a terminal ends those who look after the cases, too.
  const bool was_interrupted = result.outcome == Outcome::interrupted;
  if (result.note.empty() && !was_interrupted) result.note = event.why;
  children_.erase(child);
  record(std::move(result));
}

void Batch::on_case_settled(const BatchEvent& event) {
  const auto child = std::ranges::find(children_, event.name, &Open::name);
  if (child == children_.end()) return;
  CaseResult result = event.settled;
  result.worker = child->worker;
  children_.erase(child);
  has_told_ = has_told_ || !result.untold;
  if (result.untold && event.end.exited_by_itself() && may_tell_of_no_case()) {
    untold_.push_back(std::move(result));
  } else {
    record(std::move(result));
  }
  if (const std::string why = why_no_more(event.end); !why.empty()) stop(why);
}

// Whether all cases have begun, as the program itself has told. Its list may lack some.
bool Batch::all_have_begun() const {
  if (telling_ == Telling::beginnings) return announced_ && begun_ >= *announced_;
  return worker_finished_;
}

void Batch::go_on() {
  switch (isolation_) {
    case Isolation::none:
      if (worker_finished_ && ordered_.empty()) break;
      if (all_have_begun() && !is_listed_) break;
      if (!is_listed_) return ask(BatchAction::Kind::list);
      if (!waiting_.empty()) return run_waiting();
      // A program that tells only of ends never says how many cases there are; it has now told of
      // all. A program that tells of beginnings has announced more cases than it lists.
      if (telling_ != Telling::ends) stopped_ = "its list does not have them";
      break;
    case Isolation::process:
      if (!is_listed_) return ask(BatchAction::Kind::list);
      if (!untold_.empty() && !stopped_) return settle_untold();
      return waiting_.empty() ? run_empty() : run_waiting();
    case Isolation::fork:
      if (is_listed_ && waiting_.empty()) return run_empty();
      return start_worker({BatchAction::Kind::serve});
  }
  ask(BatchAction::Kind::end);
}

// Runs nothing more. The cases that did not run are recorded all the same, as far as they are
// known.
void Batch::stop(const std::string& why) {
  const bool told = stopped_.has_value();
  stopped_ = why;
  for (CaseResult& result : std::exchange(untold_, {})) record(std::move(result));
  if (isolation_ == Isolation::none && !is_listed_ && announced_ && !all_have_begun() && !told) {
    return ask(BatchAction::Kind::list);
  }
  for (const std::string& name : std::exchange(waiting_, {})) leave_out(name, why);
  ask(BatchAction::Kind::end);
}

void Batch::say(std::string text) {
  actions_.push_back({BatchAction::Kind::say, {}, {}, std::move(text)});
}

void Batch::leave_out(const std::string& name, std::string why) {
  record({{}, name, std::move(why)});
}

void Batch::start_worker(BatchAction action) {
  ++worker_;
  ordered_ = action.cases;
  worker_runs_ = true;
  worker_since_us_ = now_us_;
  worker_reached_ = worker_has_begun_ = worker_finished_ = worker_failed_case_ = worker_leaves_ =
      worker_skipped_all_ = false;
  open_.reset();
  last_end_.reset();
  if (action.kind != BatchAction::Kind::run_all) announced_.reset();
  actions_.push_back(std::move(action));
}

// A case may run more than once (--gtest_repeat). Its worst result counts.
void Batch::record(CaseResult result) {
  if (result.outcome && result.worker == 0) result.worker = worker_;
  const std::size_t place = places_.try_emplace(result.name, results_.size()).first->second;
  if (place == results_.size()) {
    results_.push_back(std::move(result));
  } else if (badness(result.outcome) > badness(results_[place].outcome)) {
    results_[place] = std::move(result);
  } else {
    return;
  }
  actions_.push_back({BatchAction::Kind::record, {}, place});
}

bool Batch::is_settled(std::string_view name) const { return places_.contains(name); }

bool Batch::is_child(std::string_view name) const {
  return std::ranges::find(children_, name, &Open::name) != children_.end();
}

void Batch::forget_waiting(std::string_view name) {
  // The case is nearly always the first.
  const auto at = std::ranges::find(waiting_, name);
  if (at != waiting_.end()) waiting_.erase(at);
}

void Batch::beyond(Outcome outcome, const ProcessEnd& end, std::string note) {
  if (beyond_cases_ && badness(outcome) <= badness(beyond_cases_)) return;
  beyond_cases_ = outcome;
  beyond_end_ = end;
  beyond_note_ = std::move(note);
}

}  // namespace holdfast
