#include "exec/batch/side_by_side.hpp"

#include <poll.h>
#include <signal.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "core/lock/run_alone.hpp"
#include "os/file/clock.hpp"
#include "os/signal/signals.hpp"

namespace holdfast::exec {
namespace {

// How long the processes may take beyond the grace. They end their trees as launchers do, and kill
// a guard that does not.
constexpr Milliseconds k_kill_patience{15'000};

}  // namespace

bool allows_side_by_side(const Policy& policy) {
  return policy.services.empty() && policy.containment == Containment{} &&
         !policy.needed_by_others && !has_to_itself(policy.locks);
}

SideBySide::End SideBySide::run() {
  while (true) {
    start_cases();
    if (cases_.empty()) return end_;
    wait();
    look();
  }
}

std::size_t SideBySide::running() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(cases_, [](const auto& one) { return !one->is_over(); }));
}

void SideBySide::start_cases() {
  const std::size_t most = parts_.slots.most(running());
  while (end_.reason == EndReason::none && running() < most) {
    const std::optional<BatchAction> next = parts_.next();
    if (!next) break;
    if (cases_.empty()) first_from_ = parts_.relay.position();
    const auto work = [&](CaseProcessReport& report) { parts_.work(*next, report); };
    cases_.push_back(CaseProcess::start(next->cases.front(), parts_.relay.streams_are_one(), work));
  }
  parts_.slots.tell(running(), end_.reason != EndReason::none ? 0 : parts_.waiting());
  look();  // a process that could not be started is over already
}

void SideBySide::wait() {
  std::vector<pollfd> fds{{parts_.around.signals.fd(), POLLIN, 0},
                          {is_parent_watched_ ? parts_.around.parent.get() : -1, POLLIN, 0}};
  parts_.relay.add_descriptors(fds);
  parts_.slots.add_descriptors(fds);
  if (!parts_.relay.is_full()) {
    for (const auto& one : cases_) one->add_descriptors(fds);
  }
  ::poll(fds.data(), fds.size(), os::poll_time(kill_at_));
  parts_.relay.pass_on();
  read_signals();
  if (fds[1].revents != 0) {
    is_parent_watched_ = false;
    end_all({EndReason::parent_gone, SIGTERM}, Passing::needed);
  }
  if (os::monotonic_now() >= kill_at_) {
    kill_at_ = k_longest;
    for (const auto& one : cases_) one->send(SIGKILL);
  }
}

// Ctrl-C on a terminal reaches the processes without us.
void SideBySide::read_signals() {
  supervision::Surroundings& around = parts_.around;
  for (os::ReceivedSignal got = around.next_signal(); got.number != 0; got = around.next_signal()) {
    const os::SignalSet signal = os::signal_bit(got.number);
    if (around.callers.ignores(got.number) || around.tells_limit(got)) continue;
    const bool is_theirs = got.source == SignalSource::terminal;
    if ((signal & supervision::k_ending_signals) != 0) {
      end_all({EndReason::signal, got.number}, is_theirs ? Passing::done : Passing::needed);
    } else if ((signal & supervision::k_stopping_signals) != 0) {
      if (!is_theirs) {
        for (const auto& one : cases_) one->send(got.number);
      }
      (void)around.signals.stop_by(got.number);
      if (!is_theirs) {
        for (const auto& one : cases_) one->send(SIGCONT);
      }
    }
  }
}

void SideBySide::end_all(End end, Passing passing) {
  if (end_.reason == EndReason::none) end_ = end;
  kill_at_ = std::min(kill_at_, os::monotonic_now() + parts_.grace + k_kill_patience);
  if (passing == Passing::done) return;
  for (const auto& one : cases_) one->send(end.signal);
}

void SideBySide::look() {
  for (std::size_t i = 0; i < cases_.size(); ++i) {
    cases_[i]->look(i == 0 ? &parts_.relay : nullptr);
  }
  while (!cases_.empty() && cases_.front()->is_over()) {
    const std::unique_ptr<CaseProcess> done = std::move(cases_.front());
    cases_.pop_front();
    parts_.ended(*done, {first_from_, parts_.relay.position()});
    first_from_ = parts_.relay.position();
    if (!cases_.empty()) cases_.front()->flush(parts_.relay);
  }
}

}  // namespace holdfast::exec
