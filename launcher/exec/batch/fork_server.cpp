#include "exec/batch/fork_server.hpp"

#include "core/batch/worker_message.hpp"
#include "os/file/wait.hpp"

#include <holdfast/worker_protocol.h>
#include <algorithm>

namespace holdfast::exec {

void ForkServer::join(os::Wait& wait) {
  CapturedOutput::join(wait);
  parts_.link.join(wait);
  if (can_start()) parts_.slots.join(wait);
  if (parts_.relay.is_full()) return;
  for (const auto& child : children_) child->join(wait);
}

void ForkServer::look() {
  CapturedOutput::look();
  hear();
  notice_death();
  look_at_children(nullptr);
  start_children();
}

// Notices that the server is gone before it was told to go. The guard then ends the server's
// children, so children that end from now on have not ended by themselves.
void ForkServer::notice_death() {
  if (!has_answered_ || has_quit_ || parts_.link.has_peer()) return;
  for (const auto& child : children_) child->cut_off();
}

// The server may have connected before its number was known, and nothing else would wake us for
// that.
void ForkServer::on_main_started(pid_t main) {
  main_ = main;
  hear();
  start_children();
}

void ForkServer::hear() {
  parts_.link.accept(main_);
  while (const std::optional<std::string_view> packet = parts_.link.next()) on_message(*packet);
}

void ForkServer::on_message(std::string_view packet) {
  const auto fields = worker_fields(packet);
  if (!fields) return parts_.link.drop();
  const std::string_view kind = fields->front();
  const std::string first(fields->size() > 1 ? (*fields)[1] : std::string_view());
  if (kind == HOLDFAST_WORKER_HELLO) {
    if (first != HOLDFAST_WORKER_VERSION) return parts_.link.drop();
    happened({.kind = BatchEvent::Kind::reached});
    has_answered_ = parts_.link.send(
        worker_message({HOLDFAST_WORKER_MODE, HOLDFAST_WORKER_MODE_FORK, parts_.launcher,
                        std::to_string(parts_.plan.policy.grace.count())}));
  } else if (kind == HOLDFAST_WORKER_LIST) {
    for (std::size_t i = 1; i < fields->size(); ++i) listed_.emplace_back((*fields)[i]);
  } else if (kind == HOLDFAST_WORKER_LISTED && !is_listed_) {
    is_listed_ = true;
    happened({.kind = BatchEvent::Kind::listed,
              .cases = std::move(listed_),
              .is_shard = parts_.is_shard});
  } else if (kind == HOLDFAST_WORKER_CANNOT_FORK) {
    happened({.kind = BatchEvent::Kind::cannot_fork, .why = first});
  }
}

void ForkServer::look_at_children(const WorkerEnd* server) {
  for (std::size_t i = 0; i < children_.size(); ++i) {
    children_[i]->look(i == 0 ? &parts_.relay : nullptr);
    os::UniqueFd anchor = children_[i]->take_anchor();
    if (anchor.valid()) anchors_.push_back(std::move(anchor));
  }
  while (!children_.empty() && (server != nullptr || children_.front()->has_own_end())) {
    const std::unique_ptr<ForkedCase> done = std::move(children_.front());
    children_.pop_front();
    conclude(*done, server);
    first_from_ = parts_.relay.position();
    if (!children_.empty()) children_.front()->flush(parts_.relay);
  }
}

void ForkServer::conclude(ForkedCase& child, const WorkerEnd* server) {
  BatchEvent event;
  event.kind = BatchEvent::Kind::child_ended;
  event.name = child.name();
  event.why = child.trouble();
  const bool server_died = server != nullptr && server->by == EndedBy::itself;
  if (child.has_own_end() || server == nullptr) {
    event.end = child.end(EndedBy::itself);
  } else if (server_died && child.is_cut_off() && !child.ended_by_itself()) {
    // The guard ended the child, so its own end is not known. The reason is the server's death, not
    // a failure of Holdfast.
    event.end = *server;
    event.why = "the process that had forked it was gone";
  } else if (server_died) {
    event.end = child.end(child.is_cut_off() ? EndedBy::itself : EndedBy::own_failure);
  } else {
    event.end = child.end(server->by);
  }
  event.end.marker = parts_.has_marker(child);
  if (!event.end.left.empty()) parts_.left_behind(child.left());
  event.end.leak_fails = parts_.plan.policy.on_leak == OnLeak::fail && !event.end.left.empty();
  event.child_said = child.said();
  event.child_finished = child.has_finished();
  event.at_us = child.is_over() ? child.over_at_us() : os::monotonic_now_us();
  parts_.tell(event, {first_from_, parts_.relay.position()});
}

void ForkServer::start_children() {
  if (!can_start()) return;
  const auto running = [&] {
    return static_cast<std::size_t>(std::count_if(
        children_.begin(), children_.end(), [](const auto& child) { return !child->is_over(); }));
  };
  // After one child is lost, no other child begins, for two reasons. A child without its anchor may
  // run until the server ends. And Ctrl-C on a terminal kills the anchors a moment before we hear
  // of it.
  const bool is_one_lost = std::any_of(children_.begin(), children_.end(),
                                       [](const auto& child) { return child->is_lost(); });
  bool is_one_refused = false;
  const std::size_t most = parts_.slots.most(running());
  while (!is_one_lost && !parts_.batch.waiting().empty() && running() < most) {
    const std::string name = parts_.batch.waiting().front();
    Result<std::unique_ptr<ForkedCase>> child = ForkedCase::order(
        parts_.link, free_anchor(), ++last_number_, name, parts_.relay.streams_are_one());
    // There are no more descriptors, or the server is ending. The case begins when other cases have
    // ended, or in another server.
    if (!child) {
      is_one_refused = true;
      break;
    }
    if (children_.empty()) first_from_ = parts_.relay.position();
    children_.push_back(std::move(*child));
    happened({.kind = BatchEvent::Kind::child_began, .name = name});
  }
  parts_.slots.tell(running(), is_one_lost ? 0 : parts_.batch.waiting().size());
  const bool all_are_through = std::all_of(children_.begin(), children_.end(),
                                           [](const auto& child) { return child->is_over(); });
  // With no child left, nothing would wake us to ask again after a refusal.
  const bool goes_on = !is_one_lost && !is_one_refused && !parts_.batch.waiting().empty();
  if (!all_are_through || goes_on) return;
  has_quit_ = true;
  anchors_.clear();  // an anchor ends when its socket is closed
  (void)parts_.link.send(worker_message({HOLDFAST_WORKER_QUIT}));
}

os::UniqueFd ForkServer::free_anchor() {
  if (anchors_.empty()) return {};
  os::UniqueFd anchor = std::move(anchors_.back());
  anchors_.pop_back();
  return anchor;
}

Milliseconds ForkServer::deadline() {
  Milliseconds next = k_longest;
  for (const auto& child : children_) {
    next = std::min(next, child->deadline(parts_.plan.policy.case_timeout));
  }
  return next;
}

std::vector<pid_t> ForkServer::overdue() const {
  std::vector<pid_t> processes;
  for (const auto& child : children_) {
    if (child->is_overdue(parts_.plan.policy.case_timeout)) processes.push_back(child->child());
  }
  return processes;
}

supervision::Companion::Verdict ForkServer::on_deadline() {
  const Milliseconds now = os::monotonic_now();
  const supervision::AttemptPlan& plan = parts_.plan;
  const Milliseconds stacks =
      plan.loudness == Loudness::quiet ? Milliseconds{0} : stacks_time(now, plan.native_end);
  for (const auto& child : children_) {
    if (now < child->deadline(plan.policy.case_timeout)) continue;
    if (child->is_stuck()) return Verdict::end_tree;
    child->time_is_over(stacks, plan.command.tag, plan.policy.grace);
  }
  look_at_children(nullptr);
  return Verdict::go_on;
}

// From now on, children do not end by themselves.
void ForkServer::on_tree_ends() {
  look_at_children(nullptr);
  for (const auto& child : children_) child->cut_off();
}

void ForkServer::on_pause(Milliseconds length) {
  for (const auto& child : children_) child->on_pause(length);
}

void ForkServer::finish(const WorkerEnd& end) {
  take_rest();
  look();
  look_at_children(&end);
  parts_.link.drop();
  anchors_.clear();
}

void ForkServer::happened(BatchEvent event) {
  event.at_us = os::monotonic_now_us();
  parts_.tell(event, {});
}

}  // namespace holdfast::exec
