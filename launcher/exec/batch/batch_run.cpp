#include "exec/batch/batch_run.hpp"

#include <algorithm>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/environment.hpp"
#include "core/base/unrecorded.hpp"
#include "core/batch/batch.hpp"
#include "exec/base/variables.hpp"
#include "exec/batch/batch_services.hpp"
#include "exec/batch/case_journal.hpp"
#include "exec/batch/fork_server.hpp"
#include "exec/batch/listing.hpp"
#include "exec/batch/marker_directory.hpp"
#include "exec/batch/test_program.hpp"
#include "exec/batch/worker_command.hpp"
#include "exec/batch/worker_link.hpp"
#include "exec/output/before_kill.hpp"
#include "os/file/clock.hpp"
#include "supervision/attempt/attempt_result.hpp"
#include "supervision/attempt/capture.hpp"
#include "supervision/base/messages.hpp"
#include "supervision/base/programs.hpp"

namespace holdfast::exec {
namespace {

using supervision::AttemptPlan;
using supervision::AttemptResult;
using supervision::Surroundings;

// The time for a list that comes at the very end, to name the cases that were not run.
constexpr Milliseconds k_late_listing_time{1000};

EndedBy who_ended(const AttemptResult& result) {
  if (result.observation.own_failure) return EndedBy::own_failure;
  switch (result.observation.end_reason) {
    case EndReason::none:
      return EndedBy::itself;
    case EndReason::timeout:
      return result.ended_for_companion ? EndedBy::case_limit : EndedBy::whole_limit;
    case EndReason::signal:
    case EndReason::parent_gone:
      return EndedBy::interruption;
  }
  return EndedBy::own_failure;
}

class BatchRun {
 public:
  BatchRun(const AttemptPlan& plan, Surroundings& around, OutputRelay& relay)
      : plan_(plan),
        around_(around),
        relay_(relay),
        journal_(*plan.identity),
        markers_(variable_in(plan.command.environment, environment::k_marker_dir)),
        program_(test_program(plan.command, markers_)),
        start_(program_->start(plan.policy.isolation.value_or(Isolation::none))),
        batch_(start_.isolation, program_->framework()),
        link_(WorkerLink::listen(markers_)),
        services_(plan, around) {}

  AttemptResult run(std::vector<std::string>& rest) {
    start_us_ = os::monotonic_now_us();
    if (!start_.why.empty()) say(start_.why);
    happened({.kind = BatchEvent::Kind::begun, .cases = std::move(rest)});
    while (!todo_.empty()) {
      const BatchAction action = std::move(todo_.front());
      todo_.pop_front();
      do_next(action);
      write_journal();
    }
    say_trouble();
    rest = what_is_left();
    return conclude();
  }

 private:
  void happened(BatchEvent event) {
    event.at_us = os::monotonic_now_us();
    perform(batch_.happened(event));
  }

  // Performs actions that record or say something. Actions that start a process are left until no
  // worker runs.
  void perform(std::vector<BatchAction>& actions) {
    for (BatchAction& action : actions) {
      switch (action.kind) {
        case BatchAction::Kind::record:
          record(batch_.results()[action.result]);
          break;
        case BatchAction::Kind::say:
          say(action.text);
          break;
        case BatchAction::Kind::list:
        case BatchAction::Kind::run_all:
        case BatchAction::Kind::run_cases:
        case BatchAction::Kind::serve:
          todo_.push_back(std::move(action));
          break;
        case BatchAction::Kind::end:
          break;
      }
    }
  }

  void say(const std::string& text) {
    plan_.teller->complain("\"" + plan_.identity->test + "\": " + text);
  }

  void do_next(const BatchAction& action) {
    switch (action.kind) {
      case BatchAction::Kind::list:
        return list();
      case BatchAction::Kind::run_all:
        return run_worker(program_->running_all());
      case BatchAction::Kind::run_cases:
        return run_worker(
            program_->running(action.selection),
            batch_.isolation() == Isolation::process ? action.cases.front() : std::string());
      case BatchAction::Kind::serve:
        return serve();
      case BatchAction::Kind::record:
      case BatchAction::Kind::say:
      case BatchAction::Kind::end:
        return;
    }
  }

  void record(const CaseResult& result) {
    CaseOutput output;
    if (place_.name == result.name) output = {relay_.log(), place_.range.begin, place_.range.end};
    warn(journal_.add(result, output));
  }

  // Assigns the parts one by one, so that the memory of the last name is used again.
  void know_place(std::string_view name, const OutputRange& range) {
    place_.name = name;
    place_.range = range;
  }

  void write_journal() { warn(journal_.write()); }

  void warn(const Result<void>& recorded) {
    if (recorded || warned_) return;
    warned_ = true;
    plan_.teller->complain_once(describe_unrecorded(recorded.error()));
  }

  void say_trouble() {
    const std::string trouble = relay_.take_trouble();
    if (!trouble.empty()) plan_.teller->complain_once(trouble);
  }

  // Returns the plan for one worker. The time limit of the batch is for all workers together.
  AttemptPlan plan_for(const os::Command& command, const supervision::Capture& capture) {
    AttemptPlan plan = plan_;
    plan.command = command;
    plan.command.output = capture.output();
    plan.command.errors = capture.errors();
    if (plan.policy.timeout.count() > 0) {
      plan.policy.timeout =
          std::max(Milliseconds{1}, plan.policy.timeout - Milliseconds{ran_us_ / 1000});
    }
    return plan;
  }

  AttemptResult run_with(BeforeKill& hook) {
    AttemptResult result = supervision::run_attempt(hook.plan(), around_);
    result.ended_for_companion = result.ended_for_companion && !hook.ended_for_whole();
    return result;
  }

  // False: the services cannot be had, and the batch ends.
  bool has_services() {
    using End = supervision::HadServices::End;
    const End end = services_.have();
    if (end == End::had) return true;
    BatchEvent event{.kind = BatchEvent::Kind::not_begun, .why = services_.trouble()};
    event.end.main = {ProcessEnd::Kind::exited, 0};
    if (end == End::interrupted) {
      event.end.by = last_by_ = EndedBy::interruption;
      total_.observation.end_reason = EndReason::signal;
      total_.observation.end_signal = services_.signal();
    } else {
      total_.observation.service_not_had = true;
    }
    total_.note = "\"" + plan_.identity->test + "\": " + services_.trouble();
    happened(std::move(event));
    return false;
  }

  // `own_case`: the only case of this worker; empty: it may run several.
  void run_worker(WorkerCommand command, const std::string& own_case = {}) {
    if (!has_services()) return;
    services_.give_to(command);
    Result<supervision::Capture> capture = supervision::Capture::open(relay_.streams_are_one());
    if (!capture) return fail(capture.error());
    const auto tell = [this](const BatchEvent& event, const OutputRange& range) {
      if (event.kind == BatchEvent::Kind::case_began) {
        open_ = event.name;
        know_place({}, {});  // the case's output is not known yet
      }
      if (event.kind == BatchEvent::Kind::case_ended) know_place(event.name, range);
      perform(batch_.happened(event));
    };
    const std::unique_ptr<BatchWorker> worker =
        program_->worker({*capture, relay_, link_, services_, plan_.policy.case_timeout, own_case,
                          tell, [this] { write_journal(); }});
    open_ = own_case;
    place_ = {};
    const AttemptPlan plan = plan_for(command.command(), *capture);
    BeforeKill hook(*worker, plan, relay_);
    const AttemptResult result = run_with(hook);
    const OutputRange rest = worker->finish(result.observation.main);
    // The process ended inside a case, or after the only case that it had.
    if (place_.name != open_) {
      place_ = {open_, rest};
    } else if (batch_.isolation() == Isolation::process) {
      place_.range.end = rest.end;
    }
    add(result);
    say_trouble();
    happened({.kind = BatchEvent::Kind::worker_ended, .end = end_of(result)});
  }

  void serve() {
    if (!has_services()) return;
    Result<supervision::Capture> capture = supervision::Capture::open(false);
    const Result<std::string> launcher = supervision::launcher_program();
    if (!capture || !launcher) return fail(capture ? launcher.error() : capture.error());
    const auto tell = [this](const BatchEvent& event, const OutputRange& range) {
      if (event.kind == BatchEvent::Kind::child_ended) know_place(event.name, range);
      perform(batch_.happened(event));
      write_journal();
    };
    const auto has_marker = [this](const ForkedCase& child) {
      return take_marker(markers_, {plan_.identity->attempt, child.child(), child.child_start(),
                                    child.child_start()});
    };
    const auto left_behind = [this](const supervision::GuardReport& left) {
      add_leftovers(left);
      total_.observation.leaked = true;
    };
    ForkServer server({plan_, batch_, program_->is_shard(), *capture, relay_, link_, *launcher,
                       tell, has_marker, left_behind});
    WorkerCommand command = program_->serving();
    services_.give_to(command);
    const AttemptPlan plan = plan_for(command.command(), *capture);
    BeforeKill hook(server, plan, relay_, [&server] { return server.overdue(); });
    const AttemptResult result = run_with(hook);
    const WorkerEnd end = end_of(result);
    server.finish(end);
    add(result);
    say_trouble();
    if (!server.is_linked() && end.ended_well()) {
      happened({.kind = BatchEvent::Kind::cannot_fork,
                .why = "it is not linked with Holdfast::gtest_main"});
      happened(program_->listed(server.text(), end));
    }
    happened({.kind = BatchEvent::Kind::worker_ended, .end = end});
  }

  WorkerEnd end_of(const AttemptResult& result) {
    WorkerEnd end;
    end.main = result.observation.main;
    end.by = who_ended(result);
    end.marker = take_marker(markers_, {plan_.identity->attempt, result.report.main_inside,
                                        result.report.earliest_start, result.report.latest_start});
    end.oom_killed = result.report.oom_kills > 0;
    if (result.observation.leaked) {
      end.left = supervision::describe_leftovers(result.report);
      end.leak_fails = result.observation.leak_fails;
    }
    return end;
  }

  void list() {
    const bool is_late = last_by_ == EndedBy::whole_limit || last_by_ == EndedBy::interruption;
    Result<supervision::Capture> capture = supervision::Capture::open(false);
    if (!capture) return fail(capture.error());
    Listing listing(*capture, relay_, link_, is_late ? Milliseconds{0} : plan_.policy.case_timeout);
    WorkerCommand command = program_->listing();
    AttemptPlan plan = plan_for(command.command(), *capture);
    plan.companion = &listing;
    os::UniqueFd parent;
    if (is_late) {
      // ctest may be dead, and its death must not end this list.
      plan.policy.timeout = k_late_listing_time;
      plan.policy.grace = Milliseconds{0};
      plan.loudness = Loudness::quiet;
      parent = std::exchange(around_.parent, os::UniqueFd());
    }
    const AttemptResult result = supervision::run_attempt(plan, around_);
    if (is_late) around_.parent = std::move(parent);
    listing.finish();
    if (!is_late) add(result);
    happened(program_->listed(listing.text(), end_of(result)));
  }

  void fail(const Error& error) {
    failure_ = error;
    todo_.clear();
  }

  // Adds one worker's attempt to the result of the batch.
  void add(const AttemptResult& result) {
    last_by_ = who_ended(result);
    ran_us_ += result.wall_us;
    supervision::GuardReport& sum = total_.report;
    const supervision::GuardReport& one = result.report;
    sum.user_us += one.user_us;
    sum.system_us += one.system_us;
    sum.max_rss_kb = std::max(sum.max_rss_kb, one.max_rss_kb);
    sum.memory_peak_kb = std::max(sum.memory_peak_kb, one.memory_peak_kb);
    sum.survivors += one.survivors;
    if (one.survivors > 0) sum.survivor_list = one.survivor_list;
    add_leftovers(one);
    total_.observation.leaked = total_.observation.leaked || result.observation.leaked;
    total_.observation.leak_fails = result.observation.leak_fails;
    if (sum.exec_error == 0) sum.exec_error = one.exec_error;
    if (result.observation.end_reason != EndReason::none && !result.ended_for_companion) {
      total_.observation.end_reason = result.observation.end_reason;
      total_.observation.end_signal = result.observation.end_signal;
    }
    if (!result.note.empty()) total_.note = result.note;
  }

  void add_leftovers(const supervision::GuardReport& one) {
    supervision::GuardReport& sum = total_.report;
    for (unsigned i = 0; i < one.leftovers && !one.kept; ++i) {
      if (i < one.leftover_list.size() && sum.leftovers < sum.leftover_list.size()) {
        sum.leftover_list[sum.leftovers] = one.leftover_list[i];
      }
      ++sum.leftovers;
    }
  }

  // Returns the cases that have not ended well. None: the failure belongs to no case, so all cases
  // run again.
  std::vector<std::string> what_is_left() const {
    std::vector<std::string> left;
    for (const CaseResult& result : batch_.results()) {
      if (is_bad(result.outcome) || !result.outcome) left.push_back(result.name);
    }
    return left;
  }

  AttemptResult conclude() {
    AttemptResult result = total_;
    result.wall_us = os::monotonic_now_us() - start_us_;
    if (failure_) {
      relay_.finish();
      return supervision::own_failure(*failure_);
    }
    services_.add_to(result);
    const BatchConclusion conclusion = batch_.conclude();
    result.outcome = conclusion.outcome;
    result.observation.main = conclusion.main;
    result.observation.no_tests = plan_.policy.no_tests;
    result.observation.ran_nothing = conclusion.outcome == Outcome::no_tests;
    result.ran_nothing_because = conclusion.note;
    note_end(result, conclusion.main);
    relay_.write(Stream::output, "holdfast: " + batch_.summary() + "\n");
    relay_.finish();
    return result;
  }

  // Puts the conclusion into the fields from which the journal's record takes the end of the main
  // process.
  static void note_end(AttemptResult& result, const ProcessEnd& main) {
    result.report.main_reaped = main.kind != ProcessEnd::Kind::never_started;
    if (main.kind == ProcessEnd::Kind::exited) result.report.main_status = main.code << 8;
    if (main.kind == ProcessEnd::Kind::signalled) result.report.main_status = main.code;
  }

  const AttemptPlan& plan_;
  Surroundings& around_;
  OutputRelay& relay_;
  CaseJournal journal_;
  std::string markers_;
  std::unique_ptr<TestProgram> program_;
  TestProgram::Start start_;
  Batch batch_;
  WorkerLink link_;
  BatchServices services_;
  std::deque<BatchAction> todo_;
  // The output of the case that ended last.
  struct Place {
    std::string name;
    OutputRange range;
  };
  Place place_;
  std::string open_;  // the case that began last, or the only one of a worker
  AttemptResult total_;
  EndedBy last_by_ = EndedBy::itself;
  std::int64_t start_us_ = 0;
  std::int64_t ran_us_ = 0;  // the time of all workers, without pauses
  std::optional<Error> failure_;
  bool warned_ = false;
};

}  // namespace

AttemptResult run_batch(const AttemptPlan& plan, Surroundings& around, OutputRelay& relay,
                        std::vector<std::string>& rest) {
  return BatchRun(plan, around, relay).run(rest);
}

}  // namespace holdfast::exec
