#include "supervision/locks/lock_taking.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/parts.hpp"
#include "core/cluster/cluster_words.hpp"
#include "core/lock/held_locks.hpp"
#include "core/lock/lock_cycle.hpp"
#include "core/lock/lock_wait.hpp"
#include "core/settings/cluster_wire.hpp"
#include "core/settings/message.hpp"
#include "os/file/clock.hpp"
#include "os/file/descriptors.hpp"
#include "os/lock/lock_survey.hpp"
#include "os/log/log.hpp"
#include "os/network/port_choice.hpp"
#include "os/process/packet_socket.hpp"
#include "os/process/process.hpp"
#include "supervision/base/held_above.hpp"
#include "supervision/base/keeper_link.hpp"
#include "supervision/base/surroundings.hpp"
#include "supervision/base/teller.hpp"
#include "supervision/locks/taken_locks.hpp"

namespace holdfast::supervision {
namespace {

// Takes a lock of scope `cluster` by way of holdfast-etcd, and tells people about the wait.
class ClusterAsking {
 public:
  // `door`: where connections for holdfast-etcd are sent, the keeper or itself; -1: there is none.
  // `locks`: gets the connection with the first lock.
  ClusterAsking(int door, Milliseconds grace, Surroundings& around, KeeperLink& keeper,
                Teller& teller, TakenLocks& result)
      : door_(door),
        grace_(grace),
        around_(around),
        keeper_(keeper),
        teller_(teller),
        result_(result) {}

  // Blocks until the lock is taken, the order's deadline is over, a signal that ends tests arrives,
  // or ctest dies. `result.end` is `had` unless it was not taken. `above`: forgets attempts that do
  // not have the lock any more.
  void take(const LockSpec& spec, const std::string& place, HeldLocks& above,
            const LockWaitOrder& order);

 private:
  void begin();
  bool is_held(const std::string& attempt, const std::string& level);
  // The next message of that kind; none: the wait has ended otherwise.
  std::optional<wire::Message> wait_for(std::string_view kind);
  std::optional<wire::Message> hear();
  void act_by_clock();
  void client_ended();
  void end(TakenLocks::End how, std::string trouble);
  void refuse(std::string_view why);
  bool is_over() const { return result_.end != TakenLocks::End::had; }
  void send(const wire::Message& message) const;

  int door_;
  Milliseconds grace_;
  Surroundings& around_;
  KeeperLink& keeper_;
  Teller& teller_;
  TakenLocks& result_;
  const LockSpec* spec_ = nullptr;  // the lock that is being taken
  const LockWaitOrder* order_ = nullptr;
  Milliseconds deadline_ = k_longest;
  std::optional<WaitTelling> telling_;
  bool has_asked_why_ = false;
  bool has_begun_anew_ = false;
  unsigned clients_ = 0;  // that have ended while we waited
};

// So many clients may end under us before we take it that there will be none.
constexpr unsigned k_most_clients = 3;

void ClusterAsking::take(const LockSpec& spec, const std::string& place, HeldLocks& above,
                         const LockWaitOrder& order) {
  spec_ = &spec;
  order_ = &order;
  deadline_ = order.deadline;
  telling_.emplace(teller_, order.self.test, "lock " + to_text(spec), order.since);
  telling_->tell_keeper({wire::WaitFor::lock, text_of({spec.name, "@", name_of(spec.scope)})});
  has_asked_why_ = false;
  while (!is_over()) {
    has_begun_anew_ = false;
    if (!result_.cluster.is_connected()) begin();
    // A leftover may be allowed to outlive its test, and has inherited HOLDFAST_HELD.
    above.forget_released(place, [&](const std::string& attempt, const std::string& level) {
      return is_over() || has_begun_anew_ || is_held(attempt, level);
    });
    if (is_over() || has_begun_anew_) continue;
    const Result<LockLevel> level = above.level_for(spec, place);
    if (!level) return refuse(to_text(level.error()));
    send(to_message(ClusterAsk{spec, *level}));
    const std::optional<wire::Message> answer = wait_for(cluster::k_had);
    if (!answer) continue;
    Result<ClusterHad> had = to_cluster_had(*answer);
    if (!had) return refuse(to_text(had.error()));
    result_.cluster.add({spec, std::to_string(had->fence), std::move(had->slots)});
    return telling_->tell_success();
  }
}

// The keeper gets a duplicate at once: the locks must outlive us for as long as the test lives.
void ClusterAsking::begin() {
  if (door_ < 0) return refuse("there is no keeper that could start holdfast-etcd");
  Result<os::UniqueFd> theirs = result_.cluster.connect(grace_);
  if (!theirs) return refuse(to_text(theirs.error()));
  const wire::Message connect(cluster::k_connect);
  const LockParty& self = order_->self;
  ClusterBegin first;
  first.party.pid = self.process.pid;
  first.party.boot = self.boot;
  first.party.test = self.test;
  first.party.tree = self.tree;
  first.party.attempt = self.attempt;
  first.grace = grace_;
  Result<void> sent = os::send_message(door_, connect, {theirs->get()});
  if (!sent && door_ != keeper_.fd()) {
    if (const std::string said = os::last_words(door_); !said.empty()) {
      sent = cluster::not_started(said);
    } else {
      sent = ErrorInWords{"holdfast-etcd, which asks for it, has ended"};
    }
  }
  if (!sent) return refuse(to_text(sent.error()));
  keeper_.entrust(result_.cluster.descriptor());
  (void)os::send_message(result_.cluster.descriptor(), to_message(first),
                         {result_.cluster.memory()});
}

// If nobody is there any more, hear() says so, with the reason if there is one.
void ClusterAsking::send(const wire::Message& message) const {
  (void)os::send_message(result_.cluster.descriptor(), message);
}

bool ClusterAsking::is_held(const std::string& attempt, const std::string& level) {
  send(to_message(ClusterIsHeld{*spec_, attempt, level}));
  const std::optional<wire::Message> answer = wait_for(cluster::k_is_held);
  return !answer || !answer->get("yes").empty();
}

std::optional<wire::Message> ClusterAsking::wait_for(std::string_view kind) {
  while (!is_over() && !has_begun_anew_) {
    const Milliseconds next = std::min(telling_->next(), deadline_);
    const Waited waited = wait_until(around_, next, {result_.cluster.descriptor()});
    // A pause counts neither for people nor for the limit.
    telling_->leave_out(waited.stopped);
    if (deadline_ != k_longest) deadline_ += waited.stopped;
    switch (waited.reason) {
      case Waited::Reason::told_to_end:
        result_.signal = waited.signal;
        end(TakenLocks::End::interrupted, "interrupted while " + telling_->waiting());
        break;
      case Waited::Reason::time_is_over:
        act_by_clock();
        break;
      case Waited::Reason::readable:
        if (std::optional<wire::Message> message = hear(); message && message->kind == kind) {
          return message;
        }
        break;
    }
  }
  return std::nullopt;
}

std::optional<wire::Message> ClusterAsking::hear() {
  // What we sent and nobody read makes an error of the end, which hides the last word before it.
  // Whoever is asked next says it again.
  Result<wire::Message> message = os::receive_message(result_.cluster.descriptor()).message;
  if (!message) {
    client_ended();
    return std::nullopt;
  }
  if (message->kind == cluster::k_refused) {
    refuse(message->get("why"));
    return std::nullopt;
  }
  if (message->kind == cluster::k_waiting) {
    has_asked_why_ = false;
    telling_->tell(message->get("why"));
    return std::nullopt;
  }
  return std::move(*message);
}

void ClusterAsking::act_by_clock() {
  if (os::monotonic_now() >= deadline_) {
    std::string trouble =
        text_of({"gave up ", telling_->waiting(), " after ", describe(telling_->since_start())});
    if (order_->out_of_order) {
      trouble += "; it was asked for out of order, inside a test that holds a later one";
    }
    return end(TakenLocks::End::not_in_time, std::move(trouble));
  }
  if (!telling_->take_due()) return;
  // A client that is stopped has not answered the last question.
  if (has_asked_why_) return telling_->tell("holdfast-etcd, which asks for it, does not answer");
  has_asked_why_ = true;
  send(wire::Message(cluster::k_waiting));
}

// Without locks we ask another client, and are the last in the queue again.
void ClusterAsking::client_ended() {
  if (!result_.cluster.held().empty()) {
    result_.cluster.note_hang_up();
    return end(TakenLocks::End::lost,
               text_of({"lost its lock ", to_text(result_.cluster.held().front().spec), " while ",
                        telling_->waiting(), ": ", result_.cluster.why_lost()}));
  }
  result_.cluster.let_go();
  has_begun_anew_ = true;
  has_asked_why_ = false;
  if (++clients_ < k_most_clients) return;
  refuse("holdfast-etcd, which asks for it, ended");
}

void ClusterAsking::refuse(std::string_view why) {
  end(TakenLocks::End::refused, text_of({"lock ", to_text(*spec_), ": ", why}));
}

void ClusterAsking::end(TakenLocks::End how, std::string trouble) {
  result_.end = how;
  result_.trouble = std::move(trouble);
}

// For holdfast-etcd to give back the leases of a command. It goes on trying after that.
constexpr Milliseconds k_release_patience{2000};

// ctest says by this signal that the test's limit is over. It is for the test, and ends no wait
// for a lock here.
constexpr int k_limit_is_over = SIGUSR1;

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

// Tells people about one wait for one lock: while the wait lasts, and how it ended.
class LockTelling : public WaitTelling {
 public:
  LockTelling(const os::LockRequest& request, const LockWaitOrder& order, Teller& teller)
      : WaitTelling(teller, order.self.test, "lock " + to_text(request.spec()), order.since),
        request_(request),
        order_(order) {}

  void tell_if_due() {
    if (take_due()) tell(obstacles());
  }

  // Returns one sentence for a wait that was given up. `circle`: the circle of waits that this one
  // is part of; empty: none is known.
  std::string gave_up(const LockCycle& circle) const;

 private:
  std::string obstacles() const;
  std::vector<std::string> strangers() const;

  const os::LockRequest& request_;
  const LockWaitOrder& order_;
};

// True: the holder is this process, or the helper that waits for us. At the head of the queue these
// two hold what they have got so far.
bool is_ours(pid_t pid) {
  if (pid == ::getpid()) return true;
  const Result<os::ProcessStat> stat = os::read_process_stat(pid);
  return stat && stat->parent == ::getpid();
}

std::string LockTelling::gave_up(const LockCycle& circle) const {
  std::string trouble = "gave up " + waiting() + " after " + describe(since_start());
  if (!circle.empty()) return trouble + "; circle: " + describe_lock_cycle(circle);
  if (!order_.out_of_order) return trouble;
  return trouble + "; it was asked for out of order, inside a test that holds a later one";
}

std::string LockTelling::obstacles() const {
  LockObstacles seen = request_.obstacles();
  if (seen.holders.empty()) seen.strangers = strangers();
  return describe_obstacles(to_text(request_.spec()), seen, os::unix_now_ms());
}

std::vector<std::string> LockTelling::strangers() const {
  std::vector<std::string> found;
  for (const os::FlockHolder& one :
       os::find_flock_holders(request_.files(), os::FlockSearch::thorough)) {
    if (is_ours(one.pid)) continue;
    // Its arguments may be secrets, and this line is logged.
    found.push_back(os::named_process(one.pid));
  }
  return found;
}

// Waits for one lock whose try_take() returned false, and tells people about the wait while it
// lasts. Everything that ends a test also ends the wait; `result.end` is then not `had`.
//
// Inside another attempt the wait may be part of a circle (core/lock/held_locks.hpp). If it is this
// wait's turn to end the circle, the wait is given up as at its deadline.
class Wait {
 public:
  Wait(os::LockRequest& request, const LockWaitOrder& order, Surroundings& around, Teller& teller,
       TakenLocks& result)
      : request_(request),
        order_(order),
        deadline_(order.deadline),
        around_(around),
        result_(result),
        telling_(request, order, teller) {}

  void run() {
    do {
      request_.sign_waiting(self());
    } while (!wait() && !try_again());
  }

 private:
  // Returns true when the wait is over. The helper of the request waits, and this process hears
  // what happens meanwhile.
  bool wait() {
    if (Result<void> started = request_.start_waiting(); !started) {
      return refuse(started.error());
    }
    while (true) {
      const Waited waited = wait_until(around_, next_event(), {request_.ready_fd()});
      leave_out(waited.stopped);
      switch (waited.reason) {
        case Waited::Reason::readable: {
          const Result<bool> had = request_.finish_waiting();
          if (!had) return refuse(had.error());
          return *had && finish();
        }
        case Waited::Reason::told_to_end:
          if (os::is_readable(around_.parent.get())) return end_with_ctest();
          if (waited.signal != k_limit_is_over) return interrupt(waited.signal);
          break;
        case Waited::Reason::time_is_over:
          if (act_by_clock()) return true;
          break;
      }
    }
  }

  // The file was replaced while we waited. So we wait again, for the file that has the name now.
  // True: that is not needed.
  bool try_again() {
    const Result<bool> had = request_.try_take();
    if (!had) return refuse(had.error());
    if (*had) telling_.tell_success();
    return *had;
  }

  // We have the lock. Signals that came before are treated as during the wait: signals for the test
  // are dropped, because there is no test yet.
  bool finish() {
    Milliseconds stopped{0};
    int signal = k_limit_is_over;
    while (signal == k_limit_is_over) signal = next_ending_signal(around_, stopped);
    leave_out(stopped);
    if (signal != 0) return interrupt(signal);
    telling_.tell_success();
    return true;
  }

  bool end(TakenLocks::End how, std::string trouble) {
    result_.end = how;
    result_.trouble = std::move(trouble);
    return true;
  }

  bool end_with_ctest() {
    return end(TakenLocks::End::interrupted, "ctest ended while " + telling_.waiting());
  }

  bool refuse(const Error& error) {
    return end(TakenLocks::End::refused,
               "lock " + to_text(request_.spec()) + ": " + to_text(error));
  }

  bool interrupt(int signal) {
    result_.signal = signal;
    return end(TakenLocks::End::interrupted, "interrupted while " + telling_.waiting());
  }

  LockParty self() const {
    LockParty party = order_.self;
    party.since_unix_ms = os::unix_now_ms() - telling_.since_start().count();
    return party;
  }

  Milliseconds next_event() const {
    const Milliseconds next = std::min(telling_.next(), deadline_);
    return is_nested() ? std::min(next, telling_.start() + circles_.next()) : next;
  }

  bool act_by_clock() {
    if (ends_circle() || os::monotonic_now() >= deadline_) {
      return end(TakenLocks::End::not_in_time, telling_.gave_up(circles_.seen()));
    }
    telling_.tell_if_due();
    return false;
  }

  // Only a wait inside another attempt can be part of a circle, because it makes that attempt wait.
  bool is_nested() const { return !order_.self.around.empty(); }

  bool ends_circle() {
    const Milliseconds since_start = telling_.since_start();
    if (!is_nested() || since_start < circles_.next()) return false;
    std::vector<LockUse> uses = os::named_lock_uses();
    os::add_ancestors(uses);
    LockParty waiter = order_.self;
    waiter.ticket = request_.ticket();
    return circles_.take(find_lock_cycle(waiter, uses), waiter, since_start);
  }

  // Our clocks stand still while we are stopped, and we keep our place in the queue.
  void leave_out(Milliseconds pause) {
    telling_.leave_out(pause);
    if (deadline_ != k_longest) deadline_ += pause;
  }

  os::LockRequest& request_;
  const LockWaitOrder& order_;
  Milliseconds deadline_;
  Surroundings& around_;
  TakenLocks& result_;
  LockTelling telling_;
  LockCycleWatch circles_;
};

class Taking {
 public:
  Taking(const Grant& grant, HeldLocks& above, Surroundings& around, KeeperLink& keeper,
         int cluster_door, Teller& teller)
      : policy_(grant.policy),
        home_(grant.home),
        above_(above),
        self_(party_of(grant, above)),
        around_(around),
        keeper_(keeper),
        cluster_door_(cluster_door),
        teller_(teller) {}

  TakenLocks run() {
    for (const LockSpec& spec : policy_.locks) {
      take(spec);
      if (result_.end != TakenLocks::End::had) break;
    }
    // They come last: nobody uses them until the test begins, so a stranger could take them.
    if (policy_.ports > 0 && result_.end == TakenLocks::End::had) take_ports();
    if (result_.end != TakenLocks::End::had) {
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
    if (spec.scope == LockScope::cluster) return take_from_etcd(spec, place, since);
    Result<Asked> asked = ask(spec, place);
    if (!asked) return refuse(spec, asked.error());
    os::LockRequest& request = asked->request;
    if (!asked->had) {
      log_wait(request, spec);
      Wait(request, wait_order(spec, place, since), around_, teller_, result_).run();
      if (result_.end != TakenLocks::End::had) return;
    }
    LockParty holder = self_;
    holder.since_unix_ms = os::unix_now_ms();
    request.sign(holder);
    if (os::logs(LogLevel::debug)) log_had(spec, since);
    entrust(request);
    result_.held.push_back(std::move(request));
  }

  void take_from_etcd(const LockSpec& spec, const std::string& place, Milliseconds since) {
    if (!cluster_) {
      cluster_.emplace(cluster_door_, policy_.grace, around_, keeper_, teller_, result_);
    }
    cluster_->take(spec, place, above_, wait_order(spec, place, since));
  }

  // The keeper gets the lock before anything of the test exists, because from then on the lock must
  // outlive us.
  void entrust(const os::LockRequest& lock) {
    for (int descriptor : lock.descriptors()) keeper_.entrust(descriptor);
  }

  void take_ports() {
    const std::size_t others = result_.held.size();
    self_.since_unix_ms = os::unix_now_ms();
    const Result<void> ports = os::take_ports(policy_.ports, {}, self_, result_.held);
    if (!ports) {
      result_.end = TakenLocks::End::refused;
      result_.trouble = to_text("its ports", ports.error());
      return;
    }
    for (std::size_t i = others; i < result_.held.size(); ++i) entrust(result_.held[i]);
  }

  struct Asked {
    os::LockRequest request;
    bool had;
  };

  Result<Asked> ask(const LockSpec& spec, const std::string& place) {
    forget_let_go(spec, place);
    const std::string known = above_.level_of(place);
    Result<Asked> asked = ask_at_level(spec, place);
    if (!asked || asked->had || searched_) return asked;
    // This search comes before the wait, because a wait for a lock of an ancestor would never end.
    searched_ = true;
    above_.add_farther(find_held_above());
    self_.around = above_.attempts();
    if (above_.level_of(place) == known) return asked;
    return ask_at_level(spec, place);
  }

  // Forgets holders that have released the lock. A leftover may be allowed to outlive its test, and
  // has inherited HOLDFAST_HELD. It would take the lock below an attempt that no longer has the
  // lock, and so share the lock with the next holder.
  void forget_let_go(const LockSpec& spec, const std::string& place) const {
    above_.forget_released(place, [&](const std::string& attempt, const std::string& level) {
      return os::is_held_by(attempt, spec, home_, level);
    });
  }

  Result<Asked> ask_at_level(const LockSpec& spec, const std::string& place) const {
    HOLDFAST_TRY(const LockLevel level, above_.level_for(spec, place));
    HOLDFAST_TRY(os::LockRequest request, os::LockRequest::open(spec, home_, level));
    HOLDFAST_TRY(const bool had, request.try_take());
    return Asked{std::move(request), had};
  }

  LockWaitOrder wait_order(const LockSpec& spec, const std::string& place,
                           Milliseconds since) const {
    LockWaitOrder order{self_, since};
    order.out_of_order = above_.is_out_of_order(spec, place);
    order.set_deadline(policy_.lock_timeout, start_, os::monotonic_now());
    return order;
  }

  void refuse(const LockSpec& spec, const Error& error) {
    result_.end = TakenLocks::End::refused;
    result_.trouble = "lock " + to_text(spec) + ": " + to_text(error);
  }

  const Policy& policy_;
  const LockHome& home_;
  HeldLocks& above_;
  LockParty self_;
  bool searched_ = false;
  Surroundings& around_;
  KeeperLink& keeper_;
  int cluster_door_;
  Teller& teller_;
  std::optional<ClusterAsking> cluster_;
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
    none.end = TakenLocks::End::refused;
    none.trouble = to_text(locks_here.error());
    return none;
  }
  grant.policy.locks = std::move(*locks_here);
  return Taking(grant, above, around, keeper, cluster_door, teller).run();
}

}  // namespace holdfast::supervision
