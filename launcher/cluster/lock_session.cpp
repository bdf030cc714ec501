#include "cluster/lock_session.hpp"

#include <fcntl.h>

#include <algorithm>

#include "base/text.hpp"
#include "cluster/etcd_messages.hpp"
#include "os/file/clock.hpp"
#include "os/log/log.hpp"
#include "os/process/packet_socket.hpp"
#include "os/process/process.hpp"
#include "values/held_locks.hpp"

namespace holdfast::etcd {
namespace {

constexpr Milliseconds k_pause{300};
constexpr Milliseconds k_patience{5000};

using Turn = cluster::LockTurn::Kind;

// The pause before a call that was not served is made again.
Milliseconds pause_after(unsigned failures) {
  return std::min(Milliseconds{100} * (1U << std::min(failures, 4U)), Milliseconds{1000});
}

// How soon a question is answered with what is known, if etcd does not answer.
constexpr Milliseconds k_answer_soon{500};

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

void Releases::join(os::Wait& wait) const {
  for (const auto& [id, lease] : leases_) wait.until(lease.next);
}

void Releases::look() {
  const Milliseconds now = os::monotonic_now();
  for (const auto& [id, lease] : leases_) {
    if (now >= lease.next) send(id);
  }
}

LockSession::LockSession(const Parts& parts, os::UniqueFd socket)
    : parts_(parts), socket_(std::move(socket)) {
  (void)::fcntl(socket_.get(), F_SETFL, O_NONBLOCK);
}

void LockSession::hear() {
  if (!os::is_readable(socket_.get())) return;
  os::ReceivedMessage received = os::receive_message(socket_.get());
  if (received.is_over) return close();
  if (!received.message) return refuse(to_text(received.message.error()));
  obey(*received.message, std::move(received.descriptor));
}

void LockSession::obey(const wire::Message& message, os::UniqueFd descriptor) {
  if (message.kind == ClusterBegin::k_kind) return begin(message, std::move(descriptor));
  if (!memory_) return refuse("holdfast-etcd was told nothing of the attempt");
  if (message.kind == ClusterAsk::k_kind) return ask(message);
  if (message.kind == ClusterIsHeld::k_kind) {
    const Result<ClusterIsHeld> question = wire::read<ClusterIsHeld>(message);
    return question ? answer_is_held(*question) : refuse(to_text(question.error()));
  }
  if (message.kind == cluster::k_waiting) return look_why();
  refuse("holdfast-etcd does not understand: " + message.kind);
}

void LockSession::begin(const wire::Message& message, os::UniqueFd memory) {
  Result<ClusterBegin> begin = wire::read<ClusterBegin>(message);
  if (!begin) return refuse(to_text(begin.error()));
  self_ = std::move(begin->party);
  self_.host = parts_.machine.host;
  self_.user = parts_.machine.user;
  grace_ = begin->grace;
  Result<os::SharedLease> shared = os::SharedLease::of(std::move(memory));
  if (!shared) return refuse(to_text(shared.error()));
  memory_.emplace(std::move(*shared));
}

void LockSession::ask(const wire::Message& message) {
  if (wanted() != nullptr) return refuse("holdfast-etcd was asked for two locks at once");
  Result<ClusterAsk> ask = wire::read<ClusterAsk>(message);
  if (!ask) return refuse(to_text(ask.error()));
  const Milliseconds ttl = parts_.settings.ttl;
  if (const Milliseconds shortest = cluster::shortest_ttl(grace_); ttl < shortest) {
    return refuse(
        text_of({"`ttl` of [cluster] is ", describe(ttl), ", expected ", describe(shortest),
                 " or more: twice the test's grace of ", describe(grace_), " and a second"}));
  }
  Lock lock;
  lock.spec = std::move(ask->lock);
  lock.level = std::move(ask->level);
  lock.party = self_;
  lock.party.mode = lock.spec.mode;
  lock.party.units = lock.spec.units;
  lock.party.size = lock.spec.size;
  log(LogLevel::debug, {"asks etcd for lock ", to_text(lock.spec)});
  locks_.push_back(std::move(lock));
  queue_.clear();
  go_on();
}

void LockSession::answer_is_held(const ClusterIsHeld& question) {
  const std::string prefix = cluster::prefix_of_level(question.lock.name, question.level);
  step_ = parts_.etcd.call(k_range, range_body(prefix), [this, question](const EtcdReply& reply) {
    step_ = 0;
    const std::optional<Keys> keys = keys_in(reply.body);
    if (is_refused(reply) || !keys) {
      if (is_over()) return;
      answer_is_held_later_ = question;
      if (again_at_ == k_longest) again_at_ = os::monotonic_now() + pause_after(failures_++);
      return;
    }
    wire::Message answer(ClusterIsHeld::k_kind);
    // The attempt may be in another PID namespace of this machine.
    const bool yes = std::ranges::any_of(keys->parties, [&](const ClusterParty& party) {
      return party.attempt == question.attempt &&
             os::boot_in(party.boot) == os::boot_in(self_.boot);
    });
    if (yes) answer.add("yes", "1");
    send(answer);
  });
}

std::string LockSession::why_waits() const {
  if (!trouble_.empty()) return "etcd cannot be asked: " + trouble_;
  if (queue_.empty()) return "etcd has not answered yet";
  return cluster::describe_obstacles(to_text(locks_.back().spec), queue_, own_);
}

// The queue behind the one that we watch may have changed since it was read.
void LockSession::look_why() {
  if (watch_ == 0 || step_ != 0) return tell_why();
  tell_why_at_ = os::monotonic_now() + k_answer_soon;
  read_queue();
}

void LockSession::tell_why() {
  tell_why_at_ = k_longest;
  if (wanted() == nullptr) return;
  send(wire::Message(cluster::k_waiting, {{"why", why_waits()}}));
}

void LockSession::go_on() {
  again_at_ = k_longest;
  if (is_over() || step_ != 0) return;
  if (answer_is_held_later_) return answer_is_held(*std::exchange(answer_is_held_later_, {}));
  const Lock* const lock = wanted();
  if (lock == nullptr) return;
  if (lease_.empty()) return grant();
  if (!lock->is_put) return put();
  read_queue();
}

void LockSession::step(std::string_view path, std::string body,
                       std::function<void(const std::string&)> next) {
  const auto done = [this, next = std::move(next)](const EtcdReply& reply) {
    step_ = 0;
    if (!is_refused(reply)) next(reply.body);
  };
  step_ = parts_.etcd.call(path, std::move(body), done);
}

void LockSession::grant() {
  // What was sent later than this is renewed for longer than we believe.
  const Milliseconds sent = os::time_since_boot();
  step(k_grant, grant_body(parts_.settings.ttl), [this, sent](const std::string& body) {
    const std::optional<Lease> lease = lease_in(body);
    if (!lease || lease->ttl.count() <= 0) return refuse("etcd gives no lease: " + brief(body));
    lease_ = lease->id;
    renewed(*lease, sent);
    go_on();
  });
}

void LockSession::put() {
  Lock& lock = *wanted();
  const std::string prefix = cluster::prefix_of_level(lock.spec.name, lock.level.attempt);
  lock.party.key = prefix + lease_;
  lock.party.has_noted = false;
  lock.party.slots.clear();
  step(k_txn, put_body(lock.party.key, value_of(lock.party), lease_, prefix),
       [this](const std::string& body) {
         wanted()->is_put = true;
         if (const std::optional<Keys> keys = keys_in(body)) return take_queue(*keys);
         go_on();
       });
}

void LockSession::read_queue() {
  const Lock& lock = *wanted();
  step(k_range, range_body(cluster::prefix_of_level(lock.spec.name, lock.level.attempt)),
       [this](const std::string& body) {
         const std::optional<Keys> keys = keys_in(body);
         if (!keys) return refuse("etcd's answer is not understood");
         take_queue(*keys);
         if (tell_why_at_ != k_longest && !is_over()) tell_why();
       });
}

void LockSession::take_queue(const Keys& keys) {
  Lock& lock = *wanted();
  const auto own = std::ranges::find(keys.parties, lock.party.key, &ClusterParty::key);
  if (own == keys.parties.end()) return lease_is_gone();
  queue_ = keys.parties;
  own_ = static_cast<std::size_t>(own - keys.parties.begin());
  lock.party.revision = own->revision;
  lock.party.changed = own->changed;
  // It has noted its part already, and the answer was lost. Those behind it may count on that note.
  if (own->has_noted) {
    stop_watching();
    lock.party.has_noted = true;
    lock.party.slots = own->slots;
    return had();
  }
  const cluster::LockTurn turn = cluster::turn_of(queue_, own_, lock.level);
  switch (turn.kind) {
    case Turn::has_it:
      stop_watching();
      if (has_units(lock.spec.mode)) return note(turn.slots);
      return had();
    case Turn::waits_for_one:
    case Turn::waits_for_any:
      return watch(keys, turn);
    case Turn::refused:
      return refuse(text_of({"it has another size: ", describe_party(queue_[turn.other]),
                             " has or wants ", how_of(queue_[turn.other])}));
  }
}

void LockSession::watch(const Keys& keys, const cluster::LockTurn& turn) {
  const Lock& lock = *wanted();
  const bool is_any = turn.kind == Turn::waits_for_any;
  std::string what = is_any ? cluster::prefix_of_level(lock.spec.name, lock.level.attempt)
                            : queue_[turn.other].key;
  if (watch_ != 0 && watched_ == what) return;
  stop_watching();
  const std::string body =
      is_any ? watch_ends_body(what, keys.revision + 1) : watch_one_body(what, keys.revision + 1);
  log(LogLevel::debug, {"waits: ", why_waits()});
  watched_ = std::move(what);
  seen_failures_ = parts_.etcd.failures();
  watch_ = parts_.etcd.watch(
      body,
      [this](std::string_view line) {
        const WatchNews news = news_in(line);
        if (news == WatchNews::nothing) return;
        stop_watching();
        if (news == WatchNews::happened) return go_on();
        again_later(trouble_);
      },
      [this](const EtcdReply& reply) {
        watch_ = 0;
        again_later(reply.refusal ? reply.refusal->words : trouble_);
      });
}

// Those behind it wait for this note: it says which slots are left, and that they are next.
void LockSession::note(std::vector<unsigned> slots) {
  Lock& lock = *wanted();
  lock.party.has_noted = true;
  lock.party.slots = std::move(slots);
  step(k_txn, change_body(lock.party.key, value_of(lock.party), lease_, lock.party.changed),
       [this](const std::string& body) {
         // The key is gone, or an earlier note came late: look.
         if (!has_succeeded(body)) return go_on();
         had();
       });
}

void LockSession::log(LogLevel level, std::initializer_list<std::string_view> message) const {
  os::log_about(self_.test, self_.attempt, level, message);
}

void LockSession::had() {
  Lock& lock = *wanted();
  lock.is_had = true;
  log(LogLevel::debug,
      {"has lock ", to_text(lock.spec), ", fence ", std::to_string(lock.party.revision)});
  send(wire::to_message(ClusterAcquired{lock.party.revision, lock.party.slots}));
}

void LockSession::renew() {
  renew_at_ = k_longest;
  const Milliseconds sent = os::time_since_boot();
  renewal_ =
      parts_.etcd.call(k_keep_alive, lease_body(lease_), [this, sent](const EtcdReply& reply) {
        renewal_ = 0;
        const bool is_gone = reply.refusal && reply.refusal->kind == Refusal::Kind::not_found;
        if (reply.refusal && !is_gone) return renew_later(*reply.refusal);
        const std::optional<Lease> lease = is_gone ? std::nullopt : lease_in(reply.body);
        if (!lease || lease->ttl.count() <= 0) return lease_is_gone();
        look_for_keys(*lease, sent);
      });
}

// A lease is renewed even if somebody has deleted what it was for.
void LockSession::look_for_keys(const Lease& lease, Milliseconds sent) {
  std::vector<ClusterParty> held;
  for (const Lock& lock : locks_) {
    if (lock.is_had) held.push_back(lock.party);
  }
  if (held.empty()) return renewed(lease, sent);
  renewal_ = parts_.etcd.call(k_txn, held_body(held), [this, lease, sent](const EtcdReply& reply) {
    renewal_ = 0;
    if (reply.refusal) return renew_later(*reply.refusal);
    if (!has_succeeded(reply.body)) return lose(cluster::k_key_lost);
    renewed(lease, sent);
  });
}

void LockSession::renew_later(const Refusal& refusal) {
  trouble_ = refusal.words;
  log(LogLevel::warn, {"the lease is not renewed yet: ", trouble_});
  renew_at_ = os::monotonic_now() + pause_after(failures_++);
}

void LockSession::renewed(const Lease& lease, Milliseconds sent) {
  failures_ = 0;
  trouble_.clear();
  memory_->set_until_ms((sent + lease.ttl).count());
  renew_at_ = os::monotonic_now() + cluster::renewal_interval(lease.ttl);
  // A proxy, or a firewall that has forgotten the connection, may keep the lines of a watch back.
  if (watch_ != 0 && step_ == 0) read_queue();
}

// Who only waits gets another place, at the end of the queue. A lease that is gone shows at its
// next renewal; no other call has to see it.
void LockSession::lease_is_gone() {
  if (std::ranges::any_of(locks_, &Lock::is_had)) return lose(cluster::k_lease_lost);
  forget_lease();
  if (Lock* const lock = wanted()) lock->is_put = false;
  go_on();
}

// The lease is not given back: other locks of it are free only when the test is gone.
void LockSession::lose(std::int64_t how) {
  log(LogLevel::warn, {how == cluster::k_key_lost ? "somebody has removed the key of its lock"
                                                  : "the lease of its locks is lost",
                       trouble_.empty() ? "" : ": ", trouble_});
  forget_lease();
  memory_->set_until_ms(how);
  close();
}

void LockSession::forget_lease() {
  stop_watching();
  parts_.etcd.cancel(std::exchange(renewal_, 0));
  parts_.etcd.cancel(std::exchange(step_, 0));
  lease_.clear();
  renew_at_ = k_longest;
}

bool LockSession::is_refused(const EtcdReply& reply) {
  if (!reply.refusal) {
    trouble_.clear();
    return false;
  }
  const Refusal& refusal = *reply.refusal;
  if (refusal.kind == Refusal::Kind::later || refusal.kind == Refusal::Kind::not_found) {
    again_later(refusal.words);
  } else if (refusal.kind == Refusal::Kind::unusable) {
    refuse("etcd cannot be asked: " + refusal.words);
  } else {
    refuse("etcd refuses: " + refusal.words);
  }
  return true;
}

void LockSession::again_later(const std::string& why) {
  trouble_ = why;
  log(LogLevel::debug, {"asks etcd again later: ", why});
  again_at_ = os::monotonic_now() + pause_after(failures_++);
}

void LockSession::join(os::Wait& wait) const {
  wait.on(socket_.get());
  for (const Milliseconds due : {again_at_, renew_at_, tell_why_at_}) wait.until(due);
}

void LockSession::look() {
  if (is_over()) return;
  const Milliseconds now = os::monotonic_now();
  if (now >= renew_at_ && renewal_ == 0) renew();
  if (now >= tell_why_at_) tell_why();
  // The endpoint that we watch at may be the one that did not answer.
  if (watch_ != 0 && seen_failures_ != parts_.etcd.failures()) {
    stop_watching();
    again_at_ = now;
  }
  if (now >= again_at_) go_on();
}

void LockSession::refuse(const std::string& why) {
  log(LogLevel::warn, {"its lock is refused: ", why});
  send(wire::Message(cluster::k_refused, {{"why", why}}));
  close();
}

void LockSession::close() {
  if (is_over()) return;
  const std::string lease = lease_;
  forget_lease();
  if (!lease.empty()) log(LogLevel::debug, {"gives its locks back"});
  if (!lease.empty()) parts_.releases.begin(lease);
  socket_.reset();
}

// A launcher that is stopped reads nothing. Nothing that it is told is worth waiting for it.
void LockSession::send(const wire::Message& message) const {
  (void)os::send_message(socket_.get(), message);
}

}  // namespace holdfast::etcd
