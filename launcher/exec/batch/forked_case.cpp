#include "exec/batch/forked_case.hpp"

#include <holdfast/worker_protocol.h>
#include <sys/wait.h>
#include <algorithm>

#include <cerrno>
#include <climits>

#include "core/base/number.hpp"
#include "core/batch/worker_message.hpp"
#include "os/file/wait.hpp"
#include "os/process/packet_socket.hpp"
#include "os/process/process.hpp"
#include "supervision/attempt/capture.hpp"
#include "supervision/base/messages.hpp"

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
      if (link.parent == known[i] && !os::contains(known, link.pid)) known.push_back(link.pid);
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
      if (!is_over_ && !status_) trouble_ = "its supervisor was killed";
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
  if (!is_over_) over_at_us_ = os::monotonic_now_us();
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
  if (stacks_time.count() > 0 && anchor_ != 0) tree = tree_below(anchor_);
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

bool ForkedCase::is_stuck() const {
  return !is_over_ && !stacks_ && terminated_.count() != 0 &&
         os::monotonic_now() >= terminated_ + grace_ + k_ending_patience;
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

}  // namespace holdfast::exec
