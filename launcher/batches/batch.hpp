// A batch: the cases of one program of a test framework. Each case gets exactly one result,
// whatever happens to the processes that run them. Pure: it takes events and returns actions.
//
// A worker is one process of the program. If it ends before all cases have run, a fresh one goes on
// with those that have not begun. The number of workers has no limit: each settles at least one
// case, or the batch ends.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "values/case_result.hpp"
#include "values/framework.hpp"

namespace holdfast {

// What happens to a batch, and what it wants done: the two sides of Batch::happened().

struct BatchEvent {
  enum class Kind : std::uint8_t {
    begun,         // the first event; if `cases` is not empty, only these run
    listed,        // `cases` run, `others` do not; `why`: why a case may be missing
    not_listed,    // the process that should list the cases ended without a usable list: `end`
    announced,     // the worker says how many cases it will run: `count`
    printed_help,  // the worker printed its help, and nothing after that
    case_began,    // `name`
    case_ended,    // `name`, `said`
    all_skipped,   // the worker says that a global environment has skipped all its cases
    reported,      // the worker's own report says how a case ended: `name`, `said`
    finished,      // the worker says that all its cases have run
    leaves,        // the worker will end before its next case: its services have changed
    worker_ended,  // `end`
    not_begun,     // the worker could not begin, for want of its services or by an interruption:
                   // `why`, `end`
    // Only with isolation `fork`; there the worker is the server.
    reached,      // the server has come to where its cases would begin
    cannot_fork,  // `why`; each case then gets a process of its own
    child_began,  // `name`
    child_ended,  // `name`, `child_said`, `child_finished`, `end`
    // Only with isolation `process`, in place of the worker that was ordered: cases run side by
    // side.
    case_wanted,   // there is room for another; the answer is its action `run_cases`, or none
    case_settled,  // `name`, `settled`, and of `end` who ended it and whether it was started
    cases_over,    // none runs any more
  };
  Kind kind = Kind::begun;
  std::string_view name = {};  // need not outlive the call
  CaseEnd said = CaseEnd::passed;
  std::uint64_t count = 0;
  std::vector<std::string> cases = {};
  std::string why = {};
  WorkerEnd end = {};
  std::optional<CaseEnd> child_said = {};
  bool child_finished = false;
  CaseResult settled = {};
  std::int64_t at_us = 0;  // a clock that only goes forward; 0: now, for who takes the event
  std::vector<std::string> others = {};
  // For listed: the cases are those of a shard. Then `cases` may be empty, and `others` is not
  // known.
  bool is_shard = false;
};

struct BatchAction {
  enum class Kind : std::uint8_t {
    list,       // ask the program for its cases
    run_all,    // start a worker: the command as it is
    run_cases,  // start a worker; `selection` selects `cases`, or the first few of them
    serve,      // start a server, and ask it for the cases of waiting() one after the other
    record,     // results()[result] is concluded
    say,        // `text`, once
    end,        // the batch is over
  };
  Kind kind = Kind::end;
  std::vector<std::string> cases = {};
  std::size_t result = 0;
  std::string text = {};
  std::string selection = {};
};

// How a batch ends as a whole.
struct BatchConclusion {
  Outcome outcome = Outcome::passed;
  ProcessEnd main;  // the launcher exits as this says
  std::string note;
  bool is_of_no_case = false;  // no case ran, so `main` alone says what the test came to
};

class Batch {
 public:
  // The framework must outlive this object. A batch for one case of a larger one records what the
  // case came to; the larger one judges that.
  enum class Extent : std::uint8_t { whole, one_case };
  Batch(Isolation isolation, const Framework& framework, Telling telling,
        Extent extent = Extent::whole)
      : isolation_(isolation), framework_(framework), telling_(telling), extent_(extent) {}

  // Takes one event. The returned actions are valid until the next call.
  std::vector<BatchAction>& happened(const BatchEvent& event);

  // With isolation `fork` and `process`: the cases that have not begun, in order.
  const std::deque<std::string>& waiting() const { return waiting_; }
  Isolation isolation() const { return isolation_; }

  // Call these when the batch has ended.
  BatchConclusion conclude() const;
  const std::vector<CaseResult>& results() const { return results_; }
  // The cases that another attempt has to run: those that have not ended well. Empty: all. It is
  // all if it is not known which cases there are, or if something failed that belongs to no case.
  std::vector<std::string> cases_left() const;
  // "20 cases: 18 passed, 1 failed, 1 crashed (Suite.Name)"
  std::string summary() const;

 private:
  void take(const BatchEvent& event);
  void on_begun(const BatchEvent& event);
  void on_listed(const BatchEvent& event);
  void on_not_listed(const WorkerEnd& end);
  void wait_for(const std::vector<std::string>& cases);
  void on_case_began(const BatchEvent& event);
  void on_case_ended(const BatchEvent& event);
  void on_reported(const BatchEvent& event);
  void on_worker_ended(const BatchEvent& event);
  void on_not_begun(const BatchEvent& event);
  void on_child_ended(const BatchEvent& event);
  void on_case_wanted();
  void on_case_settled(const BatchEvent& event);
  void settle_open(const BatchEvent& event);
  void settle_own_process(const BatchEvent& event);
  void conclude_own_process(CaseResult& result, const WorkerEnd& end) const;
  bool has_served_all(const WorkerEnd& end) const;
  bool is_early(const WorkerEnd& end) const;
  // Whether it may still turn out that the program tells of no case.
  bool may_tell_of_no_case() const { return !has_told_ && !is_of_some_cases_; }
  std::string_view where_it_ended() const;
  bool is_explained(int code) const;
  void consider_worker(const WorkerEnd& end);
  void part_cases();
  void go_on();
  bool is_skipped_as_a_whole() const;
  void skip_waiting();
  void settle_untold();
  bool may_run_as_one() const;
  void run_as_one(const std::string& why);
  void run_empty();
  std::optional<BatchAction> next_run();
  void run_waiting();
  std::string select_first();
  std::string select_many();
  std::vector<std::string_view> also_selected_by(std::string_view name) const;
  void stop(const std::string& why);
  void ask(BatchAction::Kind kind) { actions_.push_back({kind}); }
  void say(std::string text);
  void leave_out(const std::string& name, std::string why);
  void start_worker(BatchAction action);
  void record(CaseResult result);
  bool tells_of_no_case() const {
    return isolation_ == Isolation::none && telling_ == Telling::nothing;
  }
  bool all_have_begun() const;
  bool has_failed_beyond_cases() const;
  bool is_settled(std::string_view name) const;
  bool is_child(std::string_view name) const;
  void forget_waiting(std::string_view name);
  void beyond(Outcome outcome, const ProcessEnd& end, std::string note);

  struct Open {
    std::string name;
    std::int64_t since_us = 0;
    unsigned worker = 0;  // with isolation `process`
  };
  struct LastEnd {
    CaseEnd said = CaseEnd::passed;
    std::int64_t wall_us = 0;
  };

  Isolation isolation_;
  const Framework& framework_;
  Telling telling_;
  Extent extent_;
  std::vector<BatchAction> actions_;  // of the current event
  bool is_listed_ = false;
  bool is_shard_ = false;
  std::deque<std::string> waiting_;  // cases that will run and have not begun; known once listed
  std::vector<std::string> others_;  // cases that are listed but will not run
  std::vector<std::string> wanted_;  // only these run, whatever is listed; empty: all
  std::vector<CaseResult> results_;
  std::map<std::string, std::size_t, std::less<>> places_;  // in results_, by name
  std::optional<std::string> stopped_;                      // why nothing more runs

  unsigned worker_ = 0;
  bool worker_runs_ = false;
  std::vector<std::string> ordered_;  // the cases that this worker was started for; empty: all
  bool worker_reached_ = false;       // this worker has come to where its cases would begin
  bool worker_has_begun_ = false;     // this worker has begun a case
  bool worker_finished_ = false;
  bool worker_failed_case_ = false;
  bool worker_leaves_ = false;              // it ends early, because it was told to
  std::optional<std::uint64_t> announced_;  // how many cases this worker has announced
  // A worker printed its help before any count was announced or any case had a result.
  bool has_printed_help_ = false;
  bool worker_skipped_all_ = false;
  bool is_of_some_cases_ = false;  // only cases that were named are to run
  bool ran_empty_ = false;         // there is no case to run
  bool runs_as_one_ = false;       // its cases cannot be told apart
  bool is_parted_ = false;         // part_cases()
  std::uint64_t begun_ = 0;        // how many cases have begun, each counted once
  std::int64_t now_us_ = 0;
  std::int64_t worker_since_us_ = 0;
  std::optional<Open> open_;
  std::optional<LastEnd> last_end_;
  std::vector<Open> children_;  // the cases that run now, if several can

  // With isolation `process`: cases whose process exited and told of no case.
  std::vector<CaseResult> untold_;
  bool has_told_ = false;   // a process has told of a case
  bool skips_all_ = false;  // the cases were skipped before the first began
  // The program exited before its first case, as it would have in plain ctest.
  std::optional<ProcessEnd> early_;

  // A failure that belongs to no case.
  std::optional<Outcome> beyond_cases_;
  ProcessEnd beyond_end_;
  std::string beyond_note_;
};

}  // namespace holdfast
