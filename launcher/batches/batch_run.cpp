#include "batches/batch_run.hpp"

#include <holdfast/worker_protocol.h>
#include <algorithm>

#include "attempt/messages.hpp"
#include "attempt/programs.hpp"
#include "attempt/records.hpp"
#include "base/environment.hpp"
#include "batches/batch.hpp"
#include "batches/batch_report.hpp"
#include "batches/batch_services.hpp"
#include "batches/fork_server.hpp"
#include "batches/side_by_side.hpp"
#include "batches/test_program.hpp"
#include "batches/worker_link.hpp"
#include "os/file/clock.hpp"
#include "os/file/own_files.hpp"
#include "os/log/log.hpp"
#include "os/process/process.hpp"

namespace holdfast::exec {
namespace {

using supervision::AttemptPlan;
using supervision::AttemptResult;
using supervision::Surroundings;

// The time for a list that comes at the very end, to name the cases that were not run.
constexpr Milliseconds k_late_listing_time{1000};

// True: the program is of GoogleTest and may be asked for a report of its cases.
bool may_be_asked(const supervision::TestAtHand& test) {
  return test.grant.program.can_be_asked() && !preloads(test.invocation.environment);
}

class BatchRun {
 public:
  BatchRun(const AttemptPlan& plan, Surroundings& around, OutputRelay& relay, std::string journal)
      : plan_(plan),
        around_(around),
        relay_(relay),
        journal_(*plan.identity, std::move(journal)),
        markers_(variable_in(plan.command.environment, environment::k_marker_dir)),
        program_(test_program(plan.command, markers_, may_be_asked(*plan.test))),
        start_(program_->start(plan.policy.isolation.value_or(Isolation::none))),
        batch_(std::in_place, start_.isolation, program_->framework(), program_->telling()),
        link_(link_of_worker()),
        slots_(plan),
        services_(plan, around),
        report_(program_->wanted_report(), markers_) {}

  AttemptResult run(std::vector<std::string> cases) {
    start_us_ = os::monotonic_now_us();
    report_.begin(cases);
    if (!start_.why.empty()) say(start_.why);
    happened({.kind = BatchEvent::Kind::begun, .cases = std::move(cases)});
    while (!todo_.empty()) {
      const BatchAction action = std::move(todo_.front());
      todo_.pop_front();
      do_next(action);
      write_journal();
    }
    say_trouble();
    AttemptResult result = conclude();
    result.cases_left = batch_->cases_left();
    return result;
  }

 private:
  void happened(BatchEvent event) {
    if (event.at_us == 0) event.at_us = os::monotonic_now_us();
    perform(batch_->happened(event));
  }

  // Performs actions that record or say something. Actions that start a process are left until no
  // worker runs.
  void perform(std::vector<BatchAction>& actions) {
    for (BatchAction& action : actions) {
      if (action.kind == BatchAction::Kind::record) {
        record(batch_->results()[action.result]);
      } else if (action.kind == BatchAction::Kind::say) {
        say(action.text);
      } else if (action.kind != BatchAction::Kind::end) {
        todo_.push_back(std::move(action));
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
        if (may_run_side_by_side()) return run_side_by_side();
        return run_selected(action);
      case BatchAction::Kind::serve:
        return serve();
      case BatchAction::Kind::record:
      case BatchAction::Kind::say:
      case BatchAction::Kind::end:
        return;
    }
  }

  void run_selected(const BatchAction& action) {
    using Selected = TestProgram::Selected;
    const bool is_one = batch_->isolation() == Isolation::process;
    run_worker(program_->running(action.selection, is_one ? Selected::one_case : Selected::several),
               is_one ? action.cases.front() : std::string());
  }

  void record(const CaseResult& result) {
    os::log(is_bad(result.outcome) ? LogLevel::debug : LogLevel::trace,
            {"case ", result.name, ": ", name_of(result.outcome)});
    if (of_one_case_) return;
    const OutputRange range = place_.name == result.name ? place_.range : OutputRange{};
    warn(journal_.add(result, relay_.log(), range));
    if (report_.is_wanted() && is_bad(result.outcome)) {
      report_.add_words(result.name, relay_.part(range.begin, range.end));
    }
  }

  void write_journal() {
    if (!of_one_case_) warn(journal_.write());
  }

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
    // The keeper takes what it hears for the end of the whole attempt, and so does who reads its
    // record.
    if (of_one_case_) {
      plan.keeper = -1;
      plan.identity = &*of_one_case_;
    }
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

  // A worker did not begin. `by`: who ended the batch for that.
  void not_begun(EndedBy by, std::string why) {
    happened({.kind = BatchEvent::Kind::not_begun,
              .why = std::move(why),
              .end = {.main = {ProcessEnd::Kind::exited, 0}, .by = by}});
  }

  // Nothing more of the batch begins.
  void end_unbegun(EndReason reason, int signal, std::string why) {
    total_.end_by(reason, signal);
    not_begun(total_.last_by, std::move(why));
  }

  // False: the locks over machines are lost, and the batch ends.
  bool has_locks() {
    if (!supervision::is_lost_now(plan_.needs)) return true;
    end_unbegun(EndReason::lock_lost, 0, "its lock was lost");
    return false;
  }

  // False: the services are unavailable, and the batch ends.
  bool has_services() {
    using End = supervision::AcquiredServices::End;
    const End end = services_.have();
    if (!has_locks()) return false;
    if (end == End::acquired) return true;
    total_.result.note = "\"" + plan_.identity->test + "\": " + services_.trouble();
    if (end == End::interrupted) {
      end_unbegun(EndReason::signal, services_.signal(), services_.trouble());
    } else {
      total_.result.observation.service_not_had = true;
      not_begun(EndedBy::itself, services_.trouble());
    }
    return false;
  }

  // `own_case`: the only case of this worker; empty: it may run several.
  void run_worker(WorkerCommand command, const std::string& own_case = {}) {
    if (!has_services()) return;
    services_.give_to(command);
    if (of_one_case_) command.set_variable(environment::k_marker_dir, markers_);
    Result<supervision::Capture> capture = supervision::Capture::open(relay_.streams_are_one());
    if (!capture) return fail(capture.error());
    const auto tell = [this](BatchEvent event, const OutputRange& range) {
      if (event.kind == BatchEvent::Kind::case_began) {
        open_ = event.name;
        place_ = {};  // the case's output is not known yet
      }
      if (event.kind == BatchEvent::Kind::case_ended) place_ = {std::string(event.name), range};
      happened(std::move(event));
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
    } else if (batch_->isolation() == Isolation::process) {
      place_.range.end = rest.end;
    }
    add(result);
    say_trouble();
    worker_end_ = end_of(result);
    happened({.kind = BatchEvent::Kind::worker_ended, .end = worker_end_});
  }

  // Other programs say nothing there. One that a case of theirs starts might, and would wait for an
  // answer.
  WorkerLink link_of_worker() const {
    const bool is_googletest = &program_->framework() == &googletest();
    return is_googletest ? WorkerLink::listen(markers_) : WorkerLink();
  }

  bool may_run_side_by_side() const {
    return batch_->isolation() == Isolation::process && !markers_.empty() &&
           (slots_.may_be_lent() || plan_.policy.processors > 1) &&
           allows_side_by_side(plan_.policy);
  }

  void run_side_by_side() {
    side_since_us_ = os::monotonic_now_us();
    batch_pid_ = ::getpid();
    const SideBySideEnd end = run_cases(
        {around_, relay_, slots_, plan_.policy.grace, [this] { return next_beside(); },
         [this] { return batch_->waiting().size(); },
         [this](const BatchAction& action, CaseProcessReport& report) { work_on(action, report); },
         [this](const CaseProcess& one, const OutputRange& range) { ended_beside(one, range); },
         [this](Milliseconds length) {
           side_since_us_ += std::chrono::microseconds(length).count();
         }});
    slots_.rest();
    ran_us_ += os::monotonic_now_us() - side_since_us_;
    if (end.reason == EndReason::parent_gone) total_.end_by(end.reason, end.signal);
    if (!batch_->waiting().empty() && has_locks() && end.reason != EndReason::none) {
      end_unbegun(end.reason, end.signal, "interrupted");
    }
    happened({.kind = BatchEvent::Kind::cases_over});
  }

  std::optional<BatchAction> next_beside() {
    if (supervision::is_lost_now(plan_.needs)) return std::nullopt;
    const std::size_t others = todo_.size();
    happened({.kind = BatchEvent::Kind::case_wanted});
    if (todo_.size() == others) return std::nullopt;
    BatchAction next = std::move(todo_.back());
    todo_.pop_back();
    return next;
  }

  // In a process for one case: this object is a copy that runs this case and nothing else.
  void work_on(const BatchAction& action, CaseProcessReport& report) {
    Result<os::UniqueFd> parent = os::watch_parent(batch_pid_);
    if (!parent) return;
    around_.parent = std::move(*parent);
    around_.parent_tells = false;
    ran_us_ += os::monotonic_now_us() - side_since_us_;
    of_one_case_ = *plan_.identity;
    of_one_case_->journal.clear();
    relay_ = OutputRelay(std::string());
    total_ = {};
    todo_.clear();
    markers_ += "/" + std::to_string(::getpid());
    (void)os::make_new_own_directory(markers_, 0700);
    program_->use(markers_);
    link_ = link_of_worker();
    const std::string& name = action.cases.front();
    batch_.emplace(Isolation::process, program_->framework(), program_->telling(),
                   Batch::Extent::one_case);
    happened({.kind = BatchEvent::Kind::listed, .cases = {name}});
    run_worker(program_->running(action.selection, TestProgram::Selected::one_case), name);
    (void)os::remove_own(markers_ + "/" + HOLDFAST_WORKER_SOCKET);
    (void)os::remove_own_directory(markers_);
    say_in(report);
  }

  void say_in(CaseProcessReport& report) const {
    if (failure_) return CaseProcessReport::write(to_text(*failure_), report.note);
    report.guard = total_.result.report;
    report.seen = total_.result.observation;
    report.by = worker_end_.by;
    report.seen.main = worker_end_.main;
    CaseProcessReport::write(total_.result.note, report.remark);
    if (batch_->results().empty()) return;
    const CaseResult& result = batch_->results().front();
    CaseProcessReport::write(result.note, report.note);
    static_cast<CaseFacts&>(report) = result;
    report.is_whole = true;
  }

  // The process of a case is gone. Without its whole report, somebody has killed it.
  void ended_beside(const CaseProcess& one, const OutputRange& range) {
    const CaseProcessReport& report = one.report();
    BatchEvent event{.kind = BatchEvent::Kind::case_settled, .name = one.name()};
    event.settled = report.result(one.name());
    if (report.is_whole) {
      AttemptResult result;
      result.report = report.guard;
      result.observation = report.seen;
      result.note = report.remark.data();
      add(result);
      event.end.by = report.by;
      event.end.main = report.seen.main;
    } else {
      event.settled.outcome = Outcome::internal_error;
      if (event.settled.note.empty()) event.settled.note = "its supervisor was killed";
      event.end.main = {ProcessEnd::Kind::exited, 0};
    }
    place_ = {one.name(), range};
    happened(std::move(event));
    write_journal();
  }

  void serve() {
    if (!has_services()) return;
    Result<supervision::Capture> capture = supervision::Capture::open(false);
    const Result<std::string> launcher = supervision::launcher_program();
    if (!capture || !launcher) return fail(capture ? launcher.error() : capture.error());
    const auto tell = [this](BatchEvent event, const OutputRange& range) {
      if (event.kind == BatchEvent::Kind::child_ended) place_ = {std::string(event.name), range};
      happened(std::move(event));
      write_journal();
    };
    ForkServer server({plan_, *batch_, program_->is_shard(), *capture, relay_, link_, slots_,
                       *launcher, markers_, total_, tell});
    WorkerCommand command = program_->serving();
    services_.give_to(command);
    const AttemptPlan plan = plan_for(command.command(), *capture);
    BeforeKill hook(server, plan, relay_, [&server] { return server.overdue(); });
    const AttemptResult result = run_with(hook);
    const WorkerEnd end = end_of(result);
    server.finish(end);
    slots_.rest();
    add(result);
    say_trouble();
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
    if (!has_locks()) return;
    const bool is_late =
        total_.last_by == EndedBy::whole_limit || total_.last_by == EndedBy::interruption;
    Result<supervision::Capture> capture = supervision::Capture::open(false);
    if (!capture) return fail(capture.error());
    Listing listing(*capture, relay_, link_, program_->lists_on(),
                    is_late ? Milliseconds{0} : plan_.policy.case_timeout);
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

  void add(const AttemptResult& result) {
    total_.add(result);
    ran_us_ += result.wall_us;
  }

  AttemptResult conclude() {
    AttemptResult result = total_.result;
    result.wall_us = os::monotonic_now_us() - start_us_;
    if (failure_) {
      relay_.finish();
      return supervision::own_failure(*failure_);
    }
    services_.add_to(result);
    result.lent_us = slots_.used_us();
    const BatchConclusion conclusion = batch_->conclude();
    result.outcome = conclusion.outcome;
    result.observation.main = conclusion.main;
    result.ran_no_case = conclusion.is_of_no_case;
    result.observation.no_tests = plan_.policy.no_tests;
    result.observation.ran_nothing = conclusion.outcome == Outcome::no_tests;
    result.ran_nothing_because = conclusion.note;
    relay_.write(Stream::output, "holdfast: " + batch_->summary() + "\n");
    relay_.finish();
    if (const Result<void> written = report_.write(batch_->results()); !written) {
      say(to_text(written.error()));
    }
    return result;
  }

  const AttemptPlan& plan_;
  Surroundings& around_;
  OutputRelay& relay_;
  CaseJournal journal_;
  std::string markers_;
  std::unique_ptr<TestProgram> program_;
  TestProgram::Start start_;
  std::optional<Batch> batch_;
  WorkerLink link_;
  LentSlots slots_;
  BatchServices services_;
  BatchReport report_;
  std::deque<BatchAction> todo_;
  // The output of the case that ended last.
  struct Place {
    std::string name;
    OutputRange range;
  };
  Place place_;
  std::string open_;  // the case that began last, or the only one of a worker
  BatchTotal total_;
  std::int64_t start_us_ = 0;
  std::int64_t ran_us_ = 0;  // the time of all workers, without pauses
  std::optional<Error> failure_;
  bool warned_ = false;
  WorkerEnd worker_end_;            // of the last worker
  std::int64_t side_since_us_ = 0;  // when cases began to run side by side
  pid_t batch_pid_ = 0;             // whose fork looks after a case
  // Set: this process is such a fork, which records nothing.
  std::optional<supervision::AttemptIdentity> of_one_case_;
};

}  // namespace

AttemptResult run_batch(const AttemptPlan& plan, Surroundings& around, OutputRelay& relay,
                        std::vector<std::string> cases, std::string journal) {
  return BatchRun(plan, around, relay, std::move(journal)).run(std::move(cases));
}

}  // namespace holdfast::exec
