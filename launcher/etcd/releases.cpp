#include "etcd/releases.hpp"

#include <algorithm>

#include "etcd/etcd_bodies.hpp"
#include "os/file/clock.hpp"

namespace holdfast::etcd {
namespace {

constexpr Milliseconds k_pause{300};
constexpr Milliseconds k_patience{5000};

}  // namespace

void Releases::begin(const std::string& lease) {
  leases_[lease].until = os::monotonic_now() + k_patience;
  send(lease);
}

void Releases::send(const std::string& lease) {
  leases_[lease].next = k_longest;
  etcd_.call(k_revoke, lease_body(lease), [this, lease](const EtcdReply& reply) {
    const bool is_later = reply.refusal && reply.refusal->kind == Refusal::Kind::later;
    const Milliseconds next = os::monotonic_now() + k_pause;
    if (!is_later || next >= leases_[lease].until) {
      leases_.erase(lease);
    } else {
      leases_[lease].next = next;
    }
  });
}

Milliseconds Releases::due() const {
  Milliseconds due = k_longest;
  for (const auto& [id, lease] : leases_) due = std::min(due, lease.next);
  return due;
}

void Releases::look() {
  const Milliseconds now = os::monotonic_now();
  std::vector<std::string> again;
  for (const auto& [id, lease] : leases_) {
    if (now >= lease.next) again.push_back(id);
  }
  for (const std::string& id : again) send(id);
}

}  // namespace holdfast::etcd
