#include "exec/batch/lent_slots.hpp"

#include <fcntl.h>

#include <algorithm>
#include <string>
#include <utility>

#include "core/base/number.hpp"
#include "core/settings/wire.hpp"
#include "os/file/clock.hpp"
#include "os/process/packet_socket.hpp"

namespace holdfast::exec {

LentSlots::LentSlots(const supervision::AttemptPlan& plan)
    : plan_(plan), own_(std::max(1U, plan.policy.processors)) {
  if (plan.keeper < 0 || !may_use_idle_slots(plan.policy)) return;
  Result<std::pair<os::UniqueFd, os::UniqueFd>> pair = os::packet_pair();
  if (!pair) return;
  link_ = std::move(pair->first);
  for_keeper_ = std::move(pair->second);
  // A keeper that is stopped must not hold us up.
  if (::fcntl(link_.get(), F_SETFL, O_NONBLOCK) != 0) lose();
}

void LentSlots::add_descriptors(std::vector<pollfd>& fds) const {
  if (link_.valid() && !for_keeper_.valid()) fds.push_back({link_.get(), POLLIN, 0});
}

std::size_t LentSlots::most(std::size_t running) {
  count_time();
  const std::size_t beyond = running - std::min(running, own_);
  if (used_ > beyond) {
    back_ += used_ - beyond;
    used_ = beyond;
  }
  hear();
  return own_ + used_ + fresh_;
}

void LentSlots::tell(std::size_t running, std::size_t waiting) {
  count_time();
  const std::size_t begun = running - std::min(running, own_ + used_);
  used_ += begun;
  fresh_ -= std::min(fresh_, begun);
  if (waiting == 0) back_ += std::exchange(fresh_, 0);
  if (!link_.valid()) return;
  const bool wants_anew = waiting > 0 && wanted_ == 0 && fresh_ == 0;
  if (back_ == 0 && !wants_anew && (waiting > 0 || wanted_ == 0)) return;
  if (for_keeper_.valid() && (waiting == 0 || !connect())) return;
  wire::Message message{std::string(wire::k_slots), {}};
  message.add("back", std::to_string(std::exchange(back_, 0)));
  message.add("wanted", std::to_string(waiting));
  wanted_ = waiting;
  if (!os::send_packet(link_.get(), wire::encode(message))) lose();
}

bool LentSlots::connect() {
  const wire::Message message{std::string(wire::k_slots), {}};
  const bool is_sent = static_cast<bool>(
      os::send_descriptors(plan_.keeper, wire::encode(message), {for_keeper_.get()}));
  for_keeper_.reset();
  if (!is_sent) lose();
  return is_sent;
}

void LentSlots::hear() {
  while (link_.valid() && !for_keeper_.valid()) {
    pollfd news{link_.get(), POLLIN, 0};
    if (::poll(&news, 1, 0) != 1) return;
    const Result<std::string> packet = os::receive_packet(link_.get());
    const Result<wire::Message> message =
        packet && !packet->empty() ? wire::decode(*packet) : Error{"hear of slots"};
    if (!message) return lose();
    const std::size_t lent = parse_number<std::size_t>(message->get("lent")).value_or(0);
    fresh_ += lent;
    wanted_ -= std::min(wanted_, lent);
  }
}

void LentSlots::count_time() {
  const std::int64_t now = os::monotonic_now_us();
  if (since_us_ != 0) used_us_ += static_cast<std::int64_t>(used_) * (now - since_us_);
  since_us_ = now;
}

// The keeper is gone, or has nothing to lend. Cases that run in lent slots run on.
void LentSlots::lose() {
  link_.reset();
  for_keeper_.reset();
  fresh_ = 0;
}

}  // namespace holdfast::exec
