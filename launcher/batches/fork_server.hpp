// Looks after a server and its children. A server is a program that was started as the user's
// command says, and forks one child for each case where its cases would begin
// (docs/internals/worker-protocol.md).
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "attempt/attempt_plan.hpp"
#include "attempt/guard_messages.hpp"
#include "base/duration.hpp"
#include "batches/batch.hpp"
#include "batches/batch_report.hpp"
#include "batches/side_by_side.hpp"
#include "batches/test_program.hpp"
#include "batches/worker_link.hpp"
#include "os/file/clock.hpp"
#include "os/file/descriptors.hpp"
#include "os/stack/stack_dump.hpp"
#include "output/output_relay.hpp"
#include "values/case_result.hpp"

namespace holdfast::exec {

// One case in a child of its own, forked by a server (docs/internals/worker-protocol.md). Takes the
// output of the case and the reports of the child and its anchor. Limits the time of the case.
class ForkedCase {
 public:
  // Orders the case from `anchor`, the report socket of an idle anchor. Without a valid `anchor`,
  // orders it from the server.
  static Result<std::unique_ptr<ForkedCase>> order(const WorkerLink& server, os::UniqueFd anchor,
                                                   unsigned number, const std::string& name,
                                                   bool streams_are_one);

  const std::string& name() const { return name_; }
  pid_t child() const { return child_; }
  std::uint64_t child_start() const { return child_start_; }
  // True: nothing of the case is left, as far as we can know.
  bool is_over() const { return is_over_; }
  // True: the process that looked after the case is gone without a message, so the end of the case
  // is not known.
  bool is_lost() const { return is_over_ && !status_ && !timed_out_ && !failed_; }
  // To be called when the whole tree is being ended.
  void cut_off() { cut_off_ = cut_off_ || !is_over_; }
  bool is_cut_off() const { return cut_off_; }
  // True: the case is over, and its end is known and was not cut off.
  bool has_own_end() const { return is_over_ && !is_lost() && !cut_off_; }
  // True: the case's process has ended, but not by a signal with which trees are ended.
  bool ended_by_itself() const;
  // Returns the report socket of the case's anchor, if the anchor waits for another case. Only the
  // first call returns it.
  os::UniqueFd take_anchor() { return std::move(free_anchor_); }
  // 0: it is not over.
  std::int64_t over_at_us() const { return over_at_us_; }

  void join(os::Wait& wait) const;
  // `relay`: where the output goes; null: the output is kept, because another case's output is
  // being passed on.
  void look(OutputRelay* relay);
  // Passes on the output that was kept.
  void flush(OutputRelay& relay) { output_.begin(relay); }

  // Returns when the case reaches `limit`, or when to look at it next after that; k_longest: never.
  Milliseconds deadline(Milliseconds limit) const;
  // True: the case's time is over, and time_is_over() has not been called yet.
  bool is_overdue(Milliseconds limit) const {
    return !timed_out_ && os::monotonic_now() >= deadline(limit);
  }
  // Takes the stacks of the case, if there is time for them, and then ends its tree. `tag` is the
  // attempt's.
  void time_is_over(Milliseconds stacks_time, std::uint64_t tag, Milliseconds grace);
  // To be called when a deadline() is over. True: the case should have ended long ago.
  bool is_stuck() const { return terminated_.count() != 0; }
  void on_pause(Milliseconds length) { from_ += length; }

  // Returns how the case ended. `by`: who ended the whole tree; EndedBy::itself: nobody.
  WorkerEnd end(EndedBy by) const;
  // Returns the case's leftovers, in the form of a guard's report.
  const supervision::GuardReport& left() const { return left_; }
  const std::optional<CaseEnd>& said() const { return said_; }
  bool has_finished() const { return finished_; }
  const std::string& trouble() const { return trouble_; }

 private:
  explicit ForkedCase(std::string name) : name_(std::move(name)) {}
  void hear();
  void on_message(std::string_view packet, pid_t sender);
  void note_end(const std::vector<std::string_view>& fields);
  void terminate();
  void be_over();

  std::string name_;
  os::UniqueFd report_;
  os::UniqueFd free_anchor_;
  Milliseconds from_{0};
  pid_t anchor_ = 0;
  pid_t child_ = 0;
  std::uint64_t child_start_ = 0;
  std::optional<CaseEnd> said_;
  bool finished_ = false;
  std::optional<int> status_;
  supervision::GuardReport left_;  // has only the leftovers
  std::string trouble_;
  OutputTurn output_;
  bool is_over_ = false;
  bool failed_ = false;  // there never was a child
  bool cut_off_ = false;
  std::int64_t over_at_us_ = 0;
  bool timed_out_ = false;
  std::optional<os::StackDump> stacks_;
  Milliseconds grace_{0};
  Milliseconds terminated_{0};
};

class ForkServer final : public CapturedOutput {
 public:
  using Tell = WorkerOrder::Tell;

  struct Parts {
    const supervision::AttemptPlan& plan;
    const Batch& batch;
    bool is_shard;  // other tests run a part of the program's cases
    supervision::Capture& capture;
    OutputRelay& relay;
    WorkerLink& link;
    LentSlots& slots;
    std::string launcher;  // the path of holdfast-launcher
    const std::string& markers;
    BatchTotal& total;  // the leftovers of cases are added there
    Tell tell;
  };
  explicit ForkServer(Parts parts)
      : CapturedOutput(parts.capture, parts.relay), parts_(std::move(parts)) {}

  // Returns the children whose cases have reached their limit and still run.
  std::vector<pid_t> overdue() const;

  void join(os::Wait& wait) override;
  void look() override;
  bool wants_start() const override { return true; }
  void on_main_started(pid_t main) override;
  Milliseconds deadline() override;
  Verdict on_deadline() override;
  void on_tree_ends() override;
  void on_pause(Milliseconds length) override;

  // To be called when the server and its children are gone.
  void finish(const WorkerEnd& end);

 private:
  void hear();
  void on_message(std::string_view packet);
  // `server`: how the server ended; null: it still runs.
  void look_at_children(const WorkerEnd* server);
  // False: no case can begin, and nobody hears of slots.
  bool can_start() const { return is_listed_ && !has_quit_ && parts_.link.has_peer(); }
  void start_children();
  os::UniqueFd free_anchor();
  void conclude(ForkedCase& child, const WorkerEnd* server);
  void cut_off_children();

  Parts parts_;
  pid_t main_ = -1;
  bool has_answered_ = false;  // the server, and got an answer
  bool is_listed_ = false;
  bool has_quit_ = false;
  std::vector<std::string> listed_;
  // In the order in which they began. The output of the first is passed on as it comes.
  std::deque<std::unique_ptr<ForkedCase>> children_;
  // Report sockets of anchors that wait for a case.
  std::vector<os::UniqueFd> anchors_;
  std::uint64_t first_from_ = 0;  // where the output of the first child begins in the file
  unsigned last_number_ = 0;
};

}  // namespace holdfast::exec
