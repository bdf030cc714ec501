#include "supervision/locks/cluster_asking.hpp"

#include <algorithm>

#include "core/base/parts.hpp"
#include "core/cluster/cluster_words.hpp"
#include "os/file/clock.hpp"
#include "os/process/packet_socket.hpp"

namespace holdfast::supervision {
namespace {

// So many clients may end under us before we take it that there will be none.
constexpr unsigned k_most_clients = 3;

}  // namespace

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
    ask(spec, *level);
    const std::optional<wire::Message> had = wait_for(cluster::k_had);
    if (!had) continue;
    result_.cluster.add({spec, std::string(had->get("fence")), parse_slots(had->get("slots"))});
    return telling_->tell_success();
  }
}

// The keeper gets a duplicate at once: the locks must outlive us for as long as the test lives.
void ClusterAsking::begin() {
  if (door_ < 0) return refuse("there is no keeper that could start holdfast-etcd");
  Result<os::UniqueFd> theirs = result_.cluster.connect(grace_);
  if (!theirs) return refuse(to_text(theirs.error()));
  const wire::Message connect(cluster::k_connect);
  wire::Message first(cluster::k_begin);
  const LockParty& self = order_->self;
  first.add("pid", std::to_string(self.process.pid));
  first.add("boot", self.boot);
  first.add("test", self.test);
  first.add("tree", self.tree);
  first.add("attempt", self.attempt);
  first.add("grace_ms", std::to_string(grace_.count()));
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
  (void)os::send_message(result_.cluster.descriptor(), first, {result_.cluster.memory()});
}

// If nobody is there any more, hear() says so, with the reason if there is one.
void ClusterAsking::send(const wire::Message& message) const {
  (void)os::send_message(result_.cluster.descriptor(), message);
}

void ClusterAsking::ask(const LockSpec& spec, const LockLevel& level) {
  wire::Message question(cluster::k_ask);
  question.add("lock", to_text(spec));
  if (!level.attempt.empty()) question.add("level", level.attempt);
  if (!level.slots.empty()) question.add("level_slots", to_text(level.slots));
  if (level.amount != 0) question.add("level_amount", std::to_string(level.amount));
  send(question);
}

bool ClusterAsking::is_held(const std::string& attempt, const std::string& level) {
  wire::Message question(cluster::k_is_held);
  question.add("lock", to_text(*spec_));
  question.add("attempt", attempt);
  if (!level.empty()) question.add("level", level);
  send(question);
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

}  // namespace holdfast::supervision
