// One case in a child of its own, forked by a server (docs/internals/worker-protocol.md): its
// output, what it and its anchor report, its time.
#pragma once

#include <poll.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/duration.hpp"
#include "core/batch/case_result.hpp"
#include "exec/batch/worker_link.hpp"
#include "exec/output/capture.hpp"
#include "exec/output/output_relay.hpp"
#include "os/file/clock.hpp"
#include "os/file/unique_fd.hpp"
#include "os/stack/stack_dump.hpp"
#include "supervision/base/guard_messages.hpp"

namespace holdfast::exec {

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
  // Nothing of it is left, or nobody can say.
  bool is_over() const { return is_over_; }
  // The process that looked after the case is gone without a message, so its end is not known.
  bool is_lost() const { return is_over_ && !status_ && !timed_out_ && !failed_; }
  // The tree that it is of is being ended.
  void cut_off() { cut_off_ = cut_off_ || !is_over_; }
  bool is_cut_off() const { return cut_off_; }
  // As far as is known, and not of a signal that ends what is to be ended.
  bool ended_by_itself() const;
  // Its anchor, if that waits for another case; once.
  os::UniqueFd take_anchor() { return std::move(free_anchor_); }
  std::int64_t over_at_us() const { return over_at_us_; }

  void add_descriptors(std::vector<pollfd>& fds) const;
  // `relay`: its output goes there now; null: it is kept, because another's does.
  void look(OutputRelay* relay);
  // What was kept.
  void flush(OutputRelay& relay);

  // Of `limit`; k_longest: never.
  Milliseconds deadline(Milliseconds limit) const;
  // Its time is over, and nobody has said so yet.
  bool is_overdue(Milliseconds limit) const {
    return !timed_out_ && os::monotonic_now() >= deadline(limit);
  }
  // Takes its stacks, if there is time for them, then has its tree ended. `tag`: of the attempt.
  void time_is_over(Milliseconds stacks_time, std::uint64_t tag, Milliseconds grace);
  // It was to be ended and is not.
  bool is_stuck() const;
  void on_pause(Milliseconds length) { from_ += length; }

  // How it ended. `by`: who has ended the whole tree; itself: nobody.
  WorkerEnd end(EndedBy by) const;
  // What it left behind, in the words of a guard.
  const supervision::GuardReport& left() const { return left_; }
  const std::optional<CaseEnd>& said() const { return said_; }
  bool has_finished() const { return finished_; }
  const std::string& trouble() const { return trouble_; }

 private:
  explicit ForkedCase(std::string name) : name_(std::move(name)) {}
  void print(OutputRelay* relay, Stream stream, std::string_view bytes);
  void hear();
  void on_message(std::string_view packet);
  void go_on_with_stacks(OutputRelay* relay);
  void terminate();
  void be_over();

  std::string name_;
  Capture capture_;
  os::UniqueFd report_;
  os::UniqueFd free_anchor_;
  Milliseconds from_{0};
  pid_t anchor_ = 0;
  pid_t child_ = 0;
  std::uint64_t child_start_ = 0;
  std::optional<CaseEnd> said_;
  bool finished_ = false;
  std::optional<int> status_;
  supervision::GuardReport left_;  // its leftovers alone
  std::string trouble_;
  std::vector<std::pair<Stream, std::string>> kept_;
  bool is_over_ = false;
  bool failed_ = false;  // there never was a child
  bool cut_off_ = false;
  std::int64_t over_at_us_ = 0;
  bool timed_out_ = false;
  std::optional<os::StackDump> stacks_;
  Milliseconds grace_{0};
  Milliseconds terminated_{0};
};

}  // namespace holdfast::exec
