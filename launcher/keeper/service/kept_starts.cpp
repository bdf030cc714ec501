#include "keeper/service/kept_starts.hpp"

#include <algorithm>

namespace holdfast {

bool KeptStarts::ask(const ServiceOrder& start, const KeptService& kept) {
  KeptCall call = kept.call(wire::k_use);
  if (!call.is_connected()) return false;
  waiting_.push_back({start, std::move(call)});
  return true;
}

std::vector<KeptStarts::Answered> KeptStarts::take_answered() {
  std::vector<Answered> answered;
  std::erase_if(waiting_, [&answered](Waiting& one) {
    const bool is_over = one.call.look();
    if (is_over) answered.push_back({std::move(one.start), one.call.take_answer()});
    return is_over;
  });
  return answered;
}

bool KeptStarts::stop_waiting(const InstanceId& id) {
  return std::erase_if(waiting_, [&id](const Waiting& one) { return one.start.instance == id; }) >
         0;
}

void KeptStarts::add_descriptors(std::vector<pollfd>& fds) const {
  for (const Waiting& one : waiting_) fds.push_back({one.call.fd(), POLLIN, 0});
}

Milliseconds KeptStarts::due() const {
  Milliseconds due = k_longest;
  for (const Waiting& one : waiting_) due = std::min(due, one.call.due());
  return due;
}

}  // namespace holdfast
