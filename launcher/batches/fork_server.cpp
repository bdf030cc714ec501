#include "batches/fork_server.hpp"

#include <holdfast/worker_protocol.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <climits>

#include "attempt/messages.hpp"
#include "base/text.hpp"
#include "os/process/packet_socket.hpp"
#include "os/process/process.hpp"

namespace holdfast::exec {
namespace {

// How long the end of a case's tree may take beyond the grace. SIGKILL ends a tree in milliseconds,
// unless the kernel holds a process.
constexpr Milliseconds k_ending_patience{10'000};

// Returns all processes below `root`, as /proc shows them at one moment.
std::vector<os::NamedProcess> tree_below(pid_t root) {
  const std::vector<os::Link> links = os::descendants({});
  std::vector<pid_t> known{root};
  for (std::size_t i = 0; i < known.size(); ++i) {
    for (const os::Link& link : links) {
      if (link.parent == known[i] && !contains(known, link.pid)) known.push_back(link.pid);
    }
  }
  std::vector<os::NamedProcess> tree;
  for (std::size_t i = 1; i < known.size(); ++i) {
    const Result<os::ProcessStat> stat = os::read_process_stat(known[i]);
    if (stat && !os::has_ended(*stat)) tree.push_back({known[i], stat->name});
  }
  return tree;
}

// 0: it is not known.
pid_t parent_of(pid_t pid) {
  const Result<os::ProcessStat> stat = os::read_process_stat(pid);
  return stat ? stat->parent : 0;
}

}  // namespace

Result<std::unique_ptr<ForkedCase>> ForkedCase::order(const WorkerLink& server, os::UniqueFd anchor,
                                                      unsigned number, const std::string& name,
                                                      bool streams_are_one) {
  std::unique_ptr<ForkedCase> made(new ForkedCase(name));
  supervision::Capture& capture = made->output_.capture;
  HOLDFAST_TRY(capture, supervision::Capture::open(streams_are_one));
  const std::string order = worker_message({HOLDFAST_WORKER_RUN, std::to_string(number), name});
  const int output = capture.output();
  const int errors = capture.errors();
  if (anchor.valid() && os::send_descriptors(anchor.get(), order, {output, errors})) {
    made->report_ = std::move(anchor);
  } else {
    HOLDFAST_TRY(auto pair, os::packet_pair());
    made->report_ = std::move(pair.first);
    os::ask_for_senders(made->report_.get());
    const bool is_sent = server.send_with(order, {output, errors, pair.second.get()});
    if (!is_sent) return Error{"ask the server for a case"};
  }
  capture.close_writing();
  made->from_ = os::monotonic_now();
  return made;
}

void ForkedCase::join(os::Wait& wait) const {
  output_.capture.join(wait);
  wait.on(report_.get());
  if (stacks_) wait.on(stacks_->fd());
}

void ForkedCase::look(OutputRelay* relay) {
  output_.read(relay);
  hear();
  if (stacks_) go_on_with_stacks(relay);
  // The case may have printed more before the message that it is over.
  if (is_over_) output_.read(relay);
}

void ForkedCase::hear() {
  char packet[HOLDFAST_WORKER_LONGEST + 1];
  while (report_.valid()) {
    pid_t sender = 0;
    const ssize_t count = os::receive_at_once(report_.get(), packet, sizeof packet, sender);
    if (count < 0 && errno == EAGAIN) return;
    if (count <= 0) {
      if (!status_) trouble_ = "its supervisor was killed";
      be_over();
      return;
    }
    on_message({packet, static_cast<std::size_t>(count)}, sender);
  }
}

void ForkedCase::on_message(std::string_view packet, pid_t sender) {
  const auto fields = worker_fields(packet);
  if (!fields) return;
  const auto number = [&](std::size_t i) -> std::int64_t {
    return i < fields->size() ? parse_number<std::int64_t>((*fields)[i]).value_or(0) : 0;
  };
  const std::string_view kind = fields->front();
  if (kind == HOLDFAST_WORKER_CHILD) {
    anchor_ = static_cast<pid_t>(number(1));
    child_ = static_cast<pid_t>(number(2));
    child_start_ = static_cast<std::uint64_t>(number(3));
    // What the case says of numbers means nothing outside of its PID namespace.
    if (sender != child_) anchor_ = parent_of(sender);
  } else if (kind == HOLDFAST_WORKER_OVER) {
    note_end(*fields);
    free_anchor_ = std::move(report_);
    be_over();
  } else if (kind == HOLDFAST_WORKER_ENDED) {
    note_end(*fields);
  } else if (kind == HOLDFAST_WORKER_LEFT) {
    // The number may be 0: the last leftover ended before it was listed.
    left_.leftovers = static_cast<unsigned>(std::clamp<std::int64_t>(number(1), 0, INT_MAX));
    for (std::size_t i = 0; i < left_.leftover_list.size() && 3 + 2 * i < fields->size(); ++i) {
      supervision::ListedProcess& one = left_.leftover_list[i];
      one.pid = static_cast<pid_t>(number(2 + 2 * i));
      (*fields)[3 + 2 * i].copy(one.name.data(), one.name.size() - 1);
    }
  } else if (kind == HOLDFAST_WORKER_GONE) {
    be_over();
  } else if (kind == HOLDFAST_WORKER_CHILD_FAILED) {
    failed_ = true;
    trouble_ = fields->size() > 1 ? (*fields)[1] : "it could not be forked";
    be_over();
  }
}

// The launcher in the anchor's place does not know what the case has said.
void ForkedCase::note_end(const std::vector<std::string_view>& fields) {
  if (fields.size() < 2) return;
  status_ = parse_number<int>(fields[1]);
  if (fields.size() < 7) return;
  if (fields[5] != HOLDFAST_WORKER_UNSAID) said_ = case_end_named(fields[5]);
  finished_ = fields[6] == "1";
}

void ForkedCase::be_over() {
  report_.reset();
  stacks_.reset();
  over_at_us_ = os::monotonic_now_us();
  is_over_ = true;
}

Milliseconds ForkedCase::deadline(Milliseconds limit) const {
  if (is_over_) return k_longest;
  if (stacks_) return stacks_->deadline();
  if (terminated_.count() != 0) return terminated_ + grace_ + k_ending_patience;
  return limit.count() == 0 ? k_longest : from_ + limit;
}

void ForkedCase::time_is_over(Milliseconds stacks_time, std::uint64_t tag, Milliseconds grace) {
  if (timed_out_) return;
  timed_out_ = true;
  grace_ = grace;
  std::vector<os::NamedProcess> tree;
  if (stacks_time.count() > 0) tree = tree_below(anchor_);
  if (tree.empty()) return terminate();
  stacks_.emplace(std::move(tree), os::monotonic_now() + stacks_time, tag);
}

void ForkedCase::go_on_with_stacks(OutputRelay* relay) {
  if (!stacks_->go_on()) return;
  output_.write(relay, Stream::errors, stacks_->text());
  stacks_.reset();
  terminate();
}

void ForkedCase::terminate() {
  terminated_ = os::monotonic_now();
  const std::string order = worker_message(
      {HOLDFAST_WORKER_TERMINATE, std::to_string(SIGTERM), std::to_string(grace_.count())});
  (void)os::send_packet(report_.get(), order);
}

bool ForkedCase::ended_by_itself() const {
  if (!status_) return false;
  const int signal = WIFSIGNALED(*status_) ? WTERMSIG(*status_) : 0;
  return signal != SIGTERM && signal != SIGKILL;
}

WorkerEnd ForkedCase::end(EndedBy by) const {
  WorkerEnd end;
  end.by = by;
  if (left_.leftovers > 0) end.left = supervision::describe_leftovers(left_);
  if (timed_out_) {
    end.by = EndedBy::case_limit;
  } else if (by == EndedBy::itself && !status_) {
    end.by = EndedBy::own_failure;
  }
  if (!status_) return end;
  if (WIFSIGNALED(*status_)) {
    end.main = {ProcessEnd::Kind::signalled, WTERMSIG(*status_)};
  } else {
    end.main = {ProcessEnd::Kind::exited, WEXITSTATUS(*status_)};
  }
  return end;
}

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
    parts_.tell({.kind = BatchEvent::Kind::reached}, {});
    has_answered_ = parts_.link.send(
        worker_message({HOLDFAST_WORKER_MODE, HOLDFAST_WORKER_MODE_FORK, parts_.launcher,
                        std::to_string(parts_.plan.policy.grace.count())}));
  } else if (kind == HOLDFAST_WORKER_LIST) {
    for (std::size_t i = 1; i < fields->size(); ++i) listed_.emplace_back((*fields)[i]);
  } else if (kind == HOLDFAST_WORKER_LISTED && !is_listed_) {
    is_listed_ = true;
    parts_.tell({.kind = BatchEvent::Kind::listed,
                 .cases = std::move(listed_),
                 .is_shard = parts_.is_shard},
                {});
  } else if (kind == HOLDFAST_WORKER_CANNOT_FORK) {
    parts_.tell({.kind = BatchEvent::Kind::cannot_fork, .why = first}, {});
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
  BatchEvent event{
      .kind = BatchEvent::Kind::child_ended, .name = child.name(), .why = child.trouble()};
  const bool server_died = server != nullptr && server->by == EndedBy::itself;
  if (child.has_own_end()) {
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
  event.end.marker = take_marker(parts_.markers, {parts_.plan.identity->attempt, child.child(),
                                                  child.child_start(), child.child_start()});
  if (!event.end.left.empty()) parts_.total.add_leftovers(child.left());
  event.end.leak_fails = parts_.plan.policy.on_leak == OnLeak::fail && !event.end.left.empty();
  event.child_said = child.said();
  event.child_finished = child.has_finished();
  event.at_us = child.over_at_us();
  parts_.tell(std::move(event), {first_from_, parts_.relay.position()});
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
  const std::size_t most = parts_.slots.most(running());
  while (!is_one_lost && !parts_.batch.waiting().empty() && running() < most) {
    const std::string name = parts_.batch.waiting().front();
    Result<std::unique_ptr<ForkedCase>> child = ForkedCase::order(
        parts_.link, free_anchor(), ++last_number_, name, parts_.relay.streams_are_one());
    // There are no more descriptors, or the server is ending. The case begins when other cases have
    // ended, or in another server.
    if (!child) break;
    if (children_.empty()) first_from_ = parts_.relay.position();
    children_.push_back(std::move(*child));
    parts_.tell({.kind = BatchEvent::Kind::child_began, .name = name}, {});
  }
  parts_.slots.tell(running(), is_one_lost ? 0 : parts_.batch.waiting().size());
  // A case that waits now was refused, and with no child left nothing would wake us to ask again.
  if (running() > 0) return;
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

}  // namespace holdfast::exec
