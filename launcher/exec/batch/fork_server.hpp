// Looks after a server and its children. A server is a program that was started as the user's
// command says, and forks one child for each case where its cases would begin
// (docs/internals/worker-protocol.md).
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/batch/batch.hpp"
#include "exec/batch/forked_case.hpp"
#include "exec/batch/side_by_side.hpp"
#include "exec/batch/test_program.hpp"
#include "exec/batch/worker_link.hpp"
#include "exec/output/output_relay.hpp"
#include "os/file/unique_fd.hpp"
#include "os/file/wait.hpp"
#include "supervision/attempt/attempt.hpp"
#include "supervision/attempt/capture.hpp"
#include "supervision/attempt/companion.hpp"

namespace holdfast::exec {

class ForkServer final : public CapturedOutput {
 public:
  using Tell = WorkerOrder::Tell;
  // Returns whether the case's process has left its marker.
  using HasMarker = std::function<bool(const ForkedCase&)>;
  // The server calls this with the leftovers of a case.
  using LeftBehind = std::function<void(const supervision::GuardReport&)>;

  struct Parts {
    const supervision::AttemptPlan& plan;
    const Batch& batch;
    bool is_shard;  // other tests run a part of the program's cases
    supervision::Capture& capture;
    OutputRelay& relay;
    WorkerLink& link;
    LentSlots& slots;
    std::string launcher;  // the path of holdfast-launcher
    Tell tell;
    HasMarker has_marker;
    LeftBehind left_behind;
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
  void notice_death();
  void happened(BatchEvent event);

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
