#include "keeper/run/log_turn.hpp"

#include <algorithm>

#include "core/base/names.hpp"
#include "core/settings/wire.hpp"
#include "keeper/base/keeper_socket.hpp"
#include "keeper/run/run_log.hpp"
#include "keeper/tree/run_lock.hpp"
#include "os/file/clock.hpp"
#include "os/file/system_call.hpp"
#include "os/file/wait.hpp"
#include "os/lock/lock_file.hpp"
#include "os/process/packet_socket.hpp"
#include "os/process/process.hpp"

namespace holdfast {
namespace {

// How long a ctest waits for its turn. Each ctest before it opens its log within milliseconds.
constexpr Milliseconds k_turn_patience{10'000};
// A ctest that is stopped before it opens its log holds up other ctests no longer than this.
constexpr Milliseconds k_longest_turn{5'000};
constexpr Milliseconds k_first_look{1};
constexpr Milliseconds k_longest_interval{50};

Result<os::LockRequest> wait_for_turn(const std::string& tree, const ProcessName& ctest) {
  LockSpec spec;
  spec.name = "log";
  spec.scope = LockScope::build;
  HOLDFAST_TRY(os::LockRequest request, open_tree_lock(tree, names::k_log_lock_directory, spec));
  HOLDFAST_TRY(const os::UniqueFd life, os::watch_process(ctest));
  const Milliseconds until = os::monotonic_now() + k_turn_patience;
  Result<bool> had = request.try_take();
  while (had && !*had) {
    HOLDFAST_DO(request.start_waiting());
    os::Wait wait({request.ready_fd(), life.get()}, until);
    const int ready = wait.go();
    if (ready == 0) return Error{"have its turn in time"};
    if (ready < 0) return os::system_error("wait for its turn");
    if (wait.news(life.get()) != 0) return Error{"wait for its turn: ctest has ended"};
    had = request.finish_waiting();
    if (had && !*had) had = request.try_take();
  }
  if (!had) return had.error();
  return request;
}

}  // namespace

Result<void> take_log_turn(const std::string& tree, const ProcessName& ctest) {
  const os::Connected keeper = connect_to_keeper(ctest, k_probe_patience);
  if (!keeper.socket.valid()) return {};  // nobody records this run: that has been said
  HOLDFAST_TRY(const os::LockRequest turn, wait_for_turn(tree, ctest));
  if (!os::send_message(keeper.socket.get(), wire::Message(wire::k_log),
                        {turn.descriptors().front()})) {
    return Error{"hand its turn to its keeper"};
  }
  return {};
}

void LogTurn::begin(os::UniqueFd lock) {
  lock_ = std::move(lock);
  interval_ = k_first_look;
  const Milliseconds now = os::monotonic_now();
  due_ = now + interval_;
  until_ = now + k_longest_turn;
}

void LogTurn::look(const ProcessName& ctest) {
  const Milliseconds now = os::monotonic_now();
  if (now < due_) return;
  if (now >= until_ || find_log_of(ctest)) {
    lock_.reset();
    due_ = k_longest;
    return;
  }
  interval_ = std::min(2 * interval_, k_longest_interval);
  due_ = now + interval_;
}

}  // namespace holdfast
