#include "locks/lock_taking.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <optional>
#include <string_view>

#include "base/message.hpp"
#include "base/text.hpp"
#include "cluster/cluster_wire.hpp"
#include "locks/inherited_locks.hpp"
#include "os/file/clock.hpp"
#include "os/file/descriptors.hpp"
#include "os/lock/lock_cycle.hpp"
#include "os/log/log.hpp"
#include "os/network/port_choice.hpp"
#include "os/process/packet_socket.hpp"
#include "os/process/process.hpp"

namespace holdfast::supervision {
namespace {

// ctest says by this signal that the test's limit is over. It is for the test, and ends no wait
// for a lock here.
constexpr int k_limit_is_over = SIGUSR1;

// What all locks of an attempt are taken with.
struct Means {
  const Grant& grant;
  HeldLocks& above;
  Surroundings& around;
  KeeperLink& keeper;
  int cluster_door;  // where connections for holdfast-etcd are sent; -1: there is none
  Teller& teller;
};

// A wait for one lock, of which people are told while it lasts. Everything that ends a test also
// ends the wait; `result.end` is then not `had`.
class LockWait {
 public:
  LockWait(const LockSpec& spec, const LockWaitOrder& order, const Means& means, TakenLocks& result)
      : spec_(spec),
        order_(order),
        means_(means),
        result_(result),
        telling_(means.teller, order.self.test, "lock " + to_text(spec), order.since),
        deadline_(order.deadline) {}

 protected:
  bool is_over() const { return result_.end != TakenLocks::End::acquired; }

  void refuse(std::string_view why) {
    result_.end_as(TakenLocks::End::refused, text_of({"lock ", to_text(spec_), ": ", why}));
  }

  void interrupt(int signal) {
    result_.signal = signal;
    result_.end_as(TakenLocks::End::interrupted, "interrupted while " + telling_.waiting());
  }

  // `circle`: the circle of waits that this one is part of; empty: none is known.
  void give_up(const LockCycle& circle) {
    std::string trouble =
        text_of({"gave up ", telling_.waiting(), " after ", describe(telling_.since_start())});
    if (!circle.empty()) {
      trouble += "; circle: " + describe_lock_cycle(circle);
    } else if (order_.out_of_order) {
      trouble += "; it was asked for out of order, inside a test that holds a later one";
    }
    result_.end_as(TakenLocks::End::not_in_time, std::move(trouble));
  }

  // Waits until `readable` is, or until `until` at most, or until there is something to tell or the
  // deadline is over.
  Waited::Reason wait_for(int readable, Milliseconds until = k_longest) {
    const Milliseconds next = std::min({until, telling_.next(), deadline_});
    const Waited waited = wait_until(means_.around, next, {readable});
    leave_out(waited.stopped);
    if (waited.reason != Waited::Reason::told_to_end) return waited.reason;
    if (os::is_readable(means_.around.parent.get())) {
      result_.end_as(TakenLocks::End::interrupted, "ctest ended while " + telling_.waiting());
    } else if (waited.signal != k_limit_is_over) {
      interrupt(waited.signal);
    }
    return waited.reason;
  }

  // Our clocks stand still while we are stopped, and we keep our place in the queue.
  void leave_out(Milliseconds pause) {
    telling_.leave_out(pause);
    if (deadline_ != k_longest) deadline_ += pause;
  }

  bool is_late() const { return os::monotonic_now() >= deadline_; }

  const LockSpec& spec_;
  const LockWaitOrder& order_;
  const Means& means_;
  TakenLocks& result_;
  WaitTelling telling_;

 private:
  Milliseconds deadline_;
};

// So many clients may end under us before we take it that there will be none.
constexpr unsigned k_most_clients = 3;

// Takes a lock of scope `cluster` by way of holdfast-etcd.
class ClusterWait final : public LockWait {
 public:
  using LockWait::LockWait;

  // Blocks until the wait is over. Forgets attempts above that do not have the lock any more. The
  // first lock makes the connection of `result`.
  void take(const std::string& place) {
    telling_.tell_keeper({wire::WaitFor::lock, text_of({spec_.name, "@", name_of(spec_.scope)})});
    while (!is_over()) {
      has_begun_anew_ = false;
      if (!result_.cluster.is_connected()) begin();
      // A leftover may be allowed to outlive its test, and has inherited HOLDFAST_HELD.
      means_.above.forget_released(place,
                                   [&](const std::string& attempt, const std::string& level) {
                                     return is_held(attempt, level);
                                   });
      if (is_over() || has_begun_anew_) continue;
      const Result<LockLevel> level = means_.above.level_for(spec_, place);
      if (!level) return refuse(to_text(level.error()));
      send(wire::to_message(ClusterAsk{spec_, *level}));
      const std::optional<wire::Message> answer = wait_for_answer(ClusterAcquired::k_kind);
      if (!answer) continue;
      Result<ClusterAcquired> had = wire::read<ClusterAcquired>(*answer);
      if (!had) return refuse(to_text(had.error()));
      result_.cluster.add({spec_, std::to_string(had->fence), std::move(had->slots)});
      return telling_.tell_success();
    }
  }

 private:
  // The keeper gets a duplicate at once: the locks must outlive us for as long as the test lives.
  void begin() {
    const int door = means_.cluster_door;
    if (door < 0) return refuse("there is no keeper that could start holdfast-etcd");
    const Milliseconds grace = means_.grant.policy.grace;
    Result<os::UniqueFd> theirs = result_.cluster.connect(grace);
    if (!theirs) return refuse(to_text(theirs.error()));
    const wire::Message connect(cluster::k_connect);
    const LockParty& self = order_.self;
    ClusterBegin first;
    first.party.pid = self.process.pid;
    first.party.boot = self.boot;
    first.party.test = self.test;
    first.party.tree = self.tree;
    first.party.attempt = self.attempt;
    first.grace = grace;
    Result<void> sent = os::send_message(door, connect, {theirs->get()});
    if (!sent && door != means_.keeper.fd()) {
      if (const std::string said = os::last_words(door); !said.empty()) {
        sent = cluster::not_started(said);
      } else {
        sent = ErrorInWords{"holdfast-etcd, which asks for it, has ended"};
      }
    }
    if (!sent) return refuse(to_text(sent.error()));
    means_.keeper.entrust(result_.cluster.descriptor());
    (void)os::send_message(result_.cluster.descriptor(), wire::to_message(first),
                           {result_.cluster.memory()});
  }

  // If nobody is there any more, hear() says so, with the reason if there is one.
  void send(const wire::Message& message) const {
    (void)os::send_message(result_.cluster.descriptor(), message);
  }

  bool is_held(const std::string& attempt, const std::string& level) {
    send(wire::to_message(ClusterIsHeld{spec_, attempt, level}));
    const std::optional<wire::Message> answer = wait_for_answer(ClusterIsHeld::k_kind);
    return !answer || !answer->get("yes").empty();
  }

  // The next message of that kind; none: the wait has ended otherwise.
  std::optional<wire::Message> wait_for_answer(std::string_view kind) {
    while (!is_over() && !has_begun_anew_) {
      const Waited::Reason reason = wait_for(result_.cluster.descriptor());
      if (reason == Waited::Reason::time_is_over) act_by_clock();
      if (reason != Waited::Reason::readable) continue;
      if (std::optional<wire::Message> message = hear(); message && message->kind == kind) {
        return message;
      }
    }
    return std::nullopt;
  }

  std::optional<wire::Message> hear() {
    // What we sent and nobody read makes an error of the end, which hides the last word before it.
    // Whoever is asked next says it again.
    Result<wire::Message> message = os::receive_message(result_.cluster.descriptor()).message;
    if (!message) {
      client_ended();
    } else if (message->kind == cluster::k_refused) {
      refuse(message->get("why"));
    } else if (message->kind == cluster::k_waiting) {
      has_asked_why_ = false;
      telling_.tell(message->get("why"));
    } else {
      return std::move(*message);
    }
    return std::nullopt;
  }

  void act_by_clock() {
    if (is_late()) return give_up({});
    if (!telling_.take_due()) return;
    // A client that is stopped has not answered the last question.
    if (has_asked_why_) return telling_.tell("holdfast-etcd, which asks for it, does not answer");
    has_asked_why_ = true;
    send(wire::Message(cluster::k_waiting));
  }

  // Without locks we ask another client, and are the last in the queue again.
  void client_ended() {
    if (!result_.cluster.held().empty()) {
      result_.cluster.note_hang_up();
      return result_.end_as(
          TakenLocks::End::lost,
          text_of({"lost its lock ", to_text(result_.cluster.held().front().spec), " while ",
                   telling_.waiting(), ": ", result_.cluster.why_lost()}));
    }
    result_.cluster.let_go();
    has_begun_anew_ = true;
    has_asked_why_ = false;
    if (++clients_ < k_most_clients) return;
    refuse("holdfast-etcd, which asks for it, ended");
  }

  bool has_asked_why_ = false;
  bool has_begun_anew_ = false;
  unsigned clients_ = 0;  // that have ended while we waited
};

// True: the holder is this process, or the helper that waits for us. At the head of the queue these
// two hold what they have got so far.
bool is_ours(pid_t pid) {
  if (pid == ::getpid()) return true;
  const Result<os::ProcessStat> stat = os::read_process_stat(pid);
  return stat && stat->parent == ::getpid();
}

// Waits for a lock of this machine whose try_take() returned false.
//
// Inside another attempt the wait may be part of a circle (values/held_locks.hpp). If it is this
// wait's turn to end the circle, the wait is given up as at its deadline.
class FileWait final : public LockWait {
 public:
  FileWait(os::LockRequest& request, const LockWaitOrder& order, const Means& means,
           TakenLocks& result)
      : LockWait(request.spec(), order, means, result), request_(request) {}

  void run() {
    bool had = false;
    while (!had && !is_over()) {
      request_.sign_waiting(self());
      had = wait();
      // The file was replaced while we waited. So we wait again, for the file that has the name
      // now, if that is needed.
      if (!had && !is_over()) had = has(request_.try_take());
    }
    if (had) finish();
  }

 private:
  // True: we have the lock. The helper of the request waits, and this process hears what happens
  // meanwhile.
  bool wait() {
    if (Result<void> started = request_.start_waiting(); !started) {
      refuse(to_text(started.error()));
    }
    while (!is_over()) {
      switch (wait_for(request_.ready_fd(), next_look())) {
        case Waited::Reason::readable:
          return has(request_.finish_waiting());
        case Waited::Reason::time_is_over:
          act_by_clock();
          break;
        case Waited::Reason::told_to_end:
          break;
      }
    }
    return false;
  }

  bool has(const Result<bool>& had) {
    if (!had) refuse(to_text(had.error()));
    return had && *had;
  }

  // We have the lock. Signals that came before are treated as during the wait: signals for the test
  // are dropped, because there is no test yet.
  void finish() {
    Milliseconds stopped{0};
    int signal = k_limit_is_over;
    while (signal == k_limit_is_over) signal = next_ending_signal(means_.around, stopped);
    leave_out(stopped);
    if (signal != 0) return interrupt(signal);
    telling_.tell_success();
  }

  LockParty self() const {
    LockParty party = order_.self;
    party.since_unix_ms = os::unix_now_ms() - telling_.since_start().count();
    return party;
  }

  void act_by_clock() {
    if (ends_circle() || is_late()) return give_up(circles_.seen());
    if (telling_.take_due()) telling_.tell(obstacles());
  }

  // Only a wait inside another attempt can be part of a circle, because it makes that attempt wait.
  bool is_nested() const { return !order_.self.around.empty(); }

  Milliseconds next_look() const {
    return is_nested() ? telling_.start() + circles_.next() : k_longest;
  }

  bool ends_circle() {
    const Milliseconds since_start = telling_.since_start();
    if (!is_nested() || since_start < circles_.next()) return false;
    std::vector<LockUse> uses = os::named_lock_uses();
    os::add_ancestors(uses);
    LockParty waiter = order_.self;
    waiter.ticket = request_.ticket();
    return circles_.take(find_lock_cycle(waiter, uses), waiter, since_start);
  }

  std::string obstacles() const {
    LockObstacles seen = request_.obstacles();
    if (seen.holders.empty()) seen.strangers = strangers();
    return describe_obstacles(to_text(spec_), seen, os::unix_now_ms());
  }

  std::vector<std::string> strangers() const {
    std::vector<std::string> found;
    for (const os::FlockHolder& one :
         os::find_flock_holders(request_.files(), os::FlockSearch::thorough)) {
      // Its arguments may be secrets, and this line is logged.
      if (!is_ours(one.pid)) found.push_back(os::named_process(one.pid));
    }
    return found;
  }

  os::LockRequest& request_;
  LockCycleWatch circles_;
};

// For holdfast-etcd to give back the leases of a command. It goes on trying after that.
constexpr Milliseconds k_release_patience{2000};

// Returns how the attempt appears to others that want its locks.
LockParty party_of(const Grant& grant, const HeldLocks& above) {
  LockParty party;
  // If nobody will ask, this saves system calls.
  if (grant.policy.locks.empty() && grant.policy.ports == 0) return party;
  party.process = grant.identity.launcher;
  party.boot = os::numbering_id();
  party.test = grant.identity.test;
  party.tree = grant.home.tree;
  party.attempt = grant.identity.attempt;
  party.around = above.attempts();
  return party;
}

class Taking {
 public:
  explicit Taking(const Means& means)
      : means_(means),
        policy_(means.grant.policy),
        home_(means.grant.home),
        self_(party_of(means.grant, means.above)) {}

  TakenLocks run() {
    for (const LockSpec& spec : policy_.locks) {
      take(spec);
      if (result_.end != TakenLocks::End::acquired) break;
    }
    // They come last: nobody uses them until the test begins, so a stranger could take them.
    if (policy_.ports > 0 && result_.end == TakenLocks::End::acquired) take_ports();
    if (result_.end != TakenLocks::End::acquired) {
      result_.held.clear();
      result_.cluster.let_go();
    }
    result_.waited = os::monotonic_now() - start_;
    if (!result_.trouble.empty()) os::log(LogLevel::debug, {result_.trouble});
    return std::move(result_);
  }

 private:
  static void log_wait(const os::LockRequest& request, const LockSpec& spec) {
    if (!os::logs(LogLevel::debug)) return;
    const std::string seen =
        describe_obstacles(to_text(spec), request.obstacles(), os::unix_now_ms());
    os::log(LogLevel::debug, {"waits for lock ", to_text(spec), seen.empty() ? "" : ": ", seen});
  }
  static void log_had(const LockSpec& spec, Milliseconds since) {
    os::log(LogLevel::debug,
            {"has lock ", to_text(spec), " after ", describe(os::monotonic_now() - since)});
  }

  void take(const LockSpec& spec) {
    const std::string place = place_of(spec, home_);
    const Milliseconds since = os::monotonic_now();
    if (spec.scope == LockScope::cluster) {
      return ClusterWait(spec, wait_order(spec, place, since), means_, result_).take(place);
    }
    Result<Asked> asked = ask(spec, place);
    if (!asked) return refuse(spec, asked.error());
    os::LockRequest& request = asked->request;
    if (!asked->had) {
      log_wait(request, spec);
      FileWait(request, wait_order(spec, place, since), means_, result_).run();
      if (result_.end != TakenLocks::End::acquired) return;
    }
    LockParty holder = self_;
    holder.since_unix_ms = os::unix_now_ms();
    request.sign(holder);
    if (os::logs(LogLevel::debug)) log_had(spec, since);
    entrust(request);
    result_.held.push_back(std::move(request));
  }

  // The keeper gets the lock before anything of the test exists, because from then on the lock must
  // outlive us.
  void entrust(const os::LockRequest& lock) {
    for (int descriptor : lock.descriptors()) means_.keeper.entrust(descriptor);
  }

  void take_ports() {
    const std::size_t others = result_.held.size();
    self_.since_unix_ms = os::unix_now_ms();
    const Result<void> ports = os::take_ports(policy_.ports, {}, self_, result_.held);
    if (!ports) {
      return result_.end_as(TakenLocks::End::refused, to_text("its ports", ports.error()));
    }
    for (std::size_t i = others; i < result_.held.size(); ++i) entrust(result_.held[i]);
  }

  struct Asked {
    os::LockRequest request;
    bool had;
  };

  Result<Asked> ask(const LockSpec& spec, const std::string& place) {
    forget_let_go(spec, place);
    const std::string known = means_.above.level_of(place);
    Result<Asked> asked = ask_at_level(spec, place);
    if (!asked || asked->had || searched_) return asked;
    // This search comes before the wait, because a wait for a lock of an ancestor would never end.
    searched_ = true;
    means_.above.add_farther(find_held_above());
    self_.around = means_.above.attempts();
    if (means_.above.level_of(place) == known) return asked;
    return ask_at_level(spec, place);
  }

  // Forgets holders that have released the lock. A leftover may be allowed to outlive its test, and
  // has inherited HOLDFAST_HELD. It would take the lock below an attempt that no longer has the
  // lock, and so share the lock with the next holder.
  void forget_let_go(const LockSpec& spec, const std::string& place) const {
    means_.above.forget_released(place, [&](const std::string& attempt, const std::string& level) {
      return os::is_held_by(attempt, spec, home_, level);
    });
  }

  Result<Asked> ask_at_level(const LockSpec& spec, const std::string& place) const {
    HOLDFAST_TRY(const LockLevel level, means_.above.level_for(spec, place));
    HOLDFAST_TRY(os::LockRequest request, os::LockRequest::open(spec, home_, level));
    HOLDFAST_TRY(const bool had, request.try_take());
    return Asked{std::move(request), had};
  }

  LockWaitOrder wait_order(const LockSpec& spec, const std::string& place,
                           Milliseconds since) const {
    LockWaitOrder order{self_, since};
    order.out_of_order = means_.above.is_out_of_order(spec, place);
    order.set_deadline(policy_.lock_timeout, start_, os::monotonic_now());
    return order;
  }

  void refuse(const LockSpec& spec, const Error& error) {
    result_.end_as(TakenLocks::End::refused,
                   text_of({"lock ", to_text(spec), ": ", to_text(error)}));
  }

  const Means means_;
  const Policy& policy_;
  const LockHome& home_;
  LockParty self_;
  bool searched_ = false;
  Milliseconds start_ = os::monotonic_now();
  TakenLocks result_;
};

}  // namespace

void wait_for_release(const os::UniqueFd& door, Surroundings& around) {
  if (!door.valid()) return;
  (void)::shutdown(door.get(), SHUT_WR);
  (void)wait_until(around, os::monotonic_now() + k_release_patience, {door.get()});
}

TakenLocks take_locks(Grant& grant, HeldLocks& above, Surroundings& around, KeeperLink& keeper,
                      int cluster_door, Teller& teller) {
  Result<std::vector<LockSpec>> locks_here = locks_at(grant.home, std::move(grant.policy.locks));
  if (!locks_here) {
    TakenLocks none;
    none.end_as(TakenLocks::End::refused, to_text(locks_here.error()));
    return none;
  }
  grant.policy.locks = std::move(*locks_here);
  return Taking({grant, above, around, keeper, cluster_door, teller}).run();
}

}  // namespace holdfast::supervision
