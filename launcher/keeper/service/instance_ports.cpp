#include "keeper/service/instance_ports.hpp"

#include <algorithm>

#include "core/base/number.hpp"
#include "os/file/clock.hpp"
#include "os/file/descriptors.hpp"
#include "os/file/wait.hpp"
#include "os/network/port_choice.hpp"
#include "os/process/process.hpp"

namespace holdfast {
namespace {

// True: the ctest of the party is an ancestor of ours, so it waits for us.
bool is_around(const LockParty& party, const ProcessName& ctest) {
  const std::vector<ProcessName> above = os::ancestors_of(ctest);
  return std::ranges::find(above, party.process) != above.end();
}

}  // namespace

Result<bool> InstancePorts::take(const ServiceSpec& service, std::uint16_t own,
                                 const std::vector<std::uint16_t>& named, const LockParty& holder) {
  if (own != 0 && !has_named_) {
    Result<bool> had = take_named(own, holder, service.port_timeout);
    if (!had) give_up();
    if (!had || !*had) return had;
  }
  // These come last: nobody listens there during a wait, so a stranger could take them.
  if (service.ports > 0 && chosen_.empty()) {
    HOLDFAST_DO(choose(service.ports, named, holder));
  }
  return true;
}

Result<bool> InstancePorts::take_named(std::uint16_t port, const LockParty& holder,
                                       Milliseconds patience) {
  if (!named_) {
    HOLDFAST_TRY(os::LockRequest request, os::LockRequest::open(lock_of_port(port), {}));
    named_.emplace(std::move(request));
    since_ = os::monotonic_now();
  } else if (!os::is_readable(named_->ready_fd())) {
    if (os::monotonic_now() < deadline_) return false;
    return ErrorInWords{"gave up after " + describe(patience) + ": " + obstacle()};
  }
  HOLDFAST_TRY(bool had, ask_for_named());
  has_named_ = had;
  if (!has_named_) {
    HOLDFAST_DO(begin_waiting(holder, patience));
    return false;
  }
  LockParty signer = holder;
  signer.since_unix_ms = os::unix_now_ms();
  named_->sign(signer);
  deadline_ = k_longest;
  return true;
}

// Asks for the lock, or takes the result of a wait for it.
Result<bool> InstancePorts::ask_for_named() {
  if (named_->ready_fd() >= 0) {
    Result<bool> had = named_->finish_waiting();
    // If we do not have it now, the lock's file was replaced during the wait.
    if (!had || *had) return had;
  }
  return named_->try_take();
}

Result<void> InstancePorts::begin_waiting(LockParty holder, Milliseconds patience) {
  for (const LockParty& other : named_->holders()) {
    if (!is_around(other, holder.process)) continue;
    return ErrorInWords{obstacle() + ", which runs this ctest in a test and so waits for it"};
  }
  holder.since_unix_ms = os::unix_now_ms() - (os::monotonic_now() - since_).count();
  named_->sign_waiting(holder);
  deadline_ = since_ + patience;
  return named_->start_waiting();
}

Result<void> InstancePorts::choose(unsigned count, const std::vector<std::uint16_t>& named,
                                   LockParty holder) {
  holder.since_unix_ms = os::unix_now_ms();
  std::vector<os::LockRequest> locks;
  HOLDFAST_DO(os::take_ports(count, named, holder, locks));
  for (const os::LockRequest& lock : locks) {
    chosen_.push_back(parse_number<std::uint16_t>(port_in_text(lock.spec())).value_or(0));
  }
  chosen_locks_ = std::move(locks);
  return {};
}

void InstancePorts::join(os::Wait& wait) const {
  wait.on(waiting_fd());
  wait.until(deadline_);
}

int InstancePorts::waiting_fd() const { return named_ && !has_named_ ? named_->ready_fd() : -1; }

bool InstancePorts::may_ask() const {
  return !is_waiting() || os::is_readable(waiting_fd()) || os::monotonic_now() >= deadline_;
}

std::string InstancePorts::obstacle() const {
  return describe_obstacles("port " + std::string(port_in_text(named_->spec())),
                            named_->obstacles(), os::unix_now_ms());
}

void InstancePorts::give_up() {
  if (has_named_) return;
  named_.reset();
  deadline_ = k_longest;
}

std::vector<int> InstancePorts::descriptors() const {
  std::vector<int> all;
  if (has_named_) all = named_->descriptors();
  for (const os::LockRequest& lock : chosen_locks_) {
    for (const int descriptor : lock.descriptors()) all.push_back(descriptor);
  }
  return all;
}

}  // namespace holdfast
