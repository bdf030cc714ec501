#include "exec/worker.hpp"

#include <holdfast/worker_protocol.h>

#include <algorithm>
#include <utility>

#include "core/worker_message.hpp"
#include "os/clock.hpp"

namespace holdfast::exec {
namespace {

// A line of GoogleTest's is never spread over more parts.
constexpr std::size_t k_most_segments = 64;

}  // namespace

Worker::Worker(Capture& capture, OutputRelay& relay, WorkerLink& link, Milliseconds case_timeout,
               Tell tell)
    : capture_(capture),
      relay_(relay),
      link_(link),
      case_timeout_(case_timeout),
      tell_(std::move(tell)),
      limit_from_(os::monotonic_now()),
      case_from_(relay.position()),
      rest_from_(relay.position()) {}

void Worker::add_descriptors(std::vector<pollfd>& fds) {
  relay_.add_descriptors(fds);
  if (!relay_.is_full()) capture_.add_descriptors(fds);
  link_.add_descriptors(fds);
}

void Worker::look() {
  relay_.pass_on();
  read_output();
  hear();
}

// It may have connected already, and nothing would wake us for it.
void Worker::on_main_started(pid_t main) {
  main_ = main;
  hear();
}

Milliseconds Worker::deadline() {
  return case_timeout_.count() == 0 ? k_longest : limit_from_ + case_timeout_;
}

void Worker::tell(const std::string& text) {
  read_output();
  relay_.write(Stream::errors, text);
}

void Worker::read_output() {
  if (relay_.is_full()) return;
  capture_.read([this](Stream stream, std::string_view bytes) { take(stream, bytes); });
}

void Worker::take(Stream stream, std::string_view bytes) {
  const std::uint64_t kept = relay_.position();
  relay_.write(stream, bytes);
  if (stream == Stream::errors) return;
  segments_.push_back({printed_.size(), kept});
  if (segments_.size() > k_most_segments) segments_.pop_front();
  for (const GtestEvent& event : printed_.read(bytes)) on_printed(event);
}

std::uint64_t Worker::place_of(std::uint64_t offset) const {
  std::uint64_t place = offset;
  for (const Segment& segment : segments_) {
    if (segment.printed > offset) break;
    place = segment.kept + (offset - segment.printed);
  }
  // The disk may be full.
  return std::min(place, relay_.position());
}

void Worker::on_printed(const GtestEvent& event) {
  const std::uint64_t place = place_of(event.offset);
  BatchEvent told;
  switch (event.kind) {
    case GtestEvent::Kind::running:
      told.kind = BatchEvent::Kind::announced;
      told.count = event.count;
      return happened(std::move(told));
    case GtestEvent::Kind::began:
      if (!is_linked_) return begin_case(event.name, place);
      printed_ranges_[event.name] = {place, 0};
      if (event.name == open_) case_from_ = place;
      return;
    case GtestEvent::Kind::ended:
      if (!is_linked_) return end_case(event.name, event.end, place);
      printed_ranges_[event.name].end = place;
      if (said_end_ && said_end_->name == event.name) settle_end();
      return;
    case GtestEvent::Kind::finished:
      if (is_linked_) return;
      told.kind = BatchEvent::Kind::finished;
      return happened(std::move(told));
  }
}

void Worker::hear() {
  link_.accept(main_);
  while (const std::optional<std::string> packet = link_.next()) {
    // What it has printed before it said that.
    read_output();
    on_message(*packet);
  }
}

void Worker::on_message(std::string_view packet) {
  const auto fields = worker_fields(packet);
  if (!fields) return link_.drop();
  const std::string_view kind = fields->front();
  const std::string name(fields->size() > 1 ? (*fields)[1] : std::string_view());
  if (kind == HOLDFAST_WORKER_HELLO) {
    if (name != HOLDFAST_WORKER_VERSION) return link_.drop();
    is_linked_ = link_.send(worker_message({HOLDFAST_WORKER_MODE, HOLDFAST_WORKER_MODE_REPORT}));
  } else if (kind == HOLDFAST_WORKER_BEGIN) {
    settle_end();
    const auto printed = printed_ranges_.find(name);
    begin_case(name, printed != printed_ranges_.end() ? printed->second.begin : relay_.position());
  } else if (kind == HOLDFAST_WORKER_END && fields->size() > 2) {
    const std::string_view how = (*fields)[2];
    said_end_ = SaidEnd{name, how == HOLDFAST_WORKER_PASSED    ? CaseEnd::passed
                              : how == HOLDFAST_WORKER_SKIPPED ? CaseEnd::skipped
                                                               : CaseEnd::failed};
    // Its own printer may say nothing; else its last line is there, or is about to be.
    if (printed_.open_case() != name) settle_end();
  } else if (kind == HOLDFAST_WORKER_FINISHED) {
    settle_end();
    BatchEvent finished;
    finished.kind = BatchEvent::Kind::finished;
    happened(std::move(finished));
  }
}

void Worker::begin_case(const std::string& name, std::uint64_t at) {
  settle_end();
  open_ = name;
  case_from_ = at;
  limit_from_ = os::monotonic_now();
  BatchEvent began;
  began.kind = BatchEvent::Kind::case_began;
  began.name = name;
  happened(std::move(began));
}

void Worker::end_case(const std::string& name, CaseEnd said, std::uint64_t at) {
  limit_from_ = os::monotonic_now();
  rest_from_ = at;
  open_.clear();
  BatchEvent ended;
  ended.kind = BatchEvent::Kind::case_ended;
  ended.name = name;
  ended.said = said;
  happened(std::move(ended), {case_from_, at});
}

void Worker::settle_end() {
  if (!said_end_) return;
  const SaidEnd end = *std::exchange(said_end_, std::nullopt);
  const auto printed = printed_ranges_.find(end.name);
  const bool is_printed = printed != printed_ranges_.end() && printed->second.end != 0;
  const std::uint64_t at = is_printed ? printed->second.end : relay_.position();
  if (printed != printed_ranges_.end()) printed_ranges_.erase(printed);
  end_case(end.name, end.said, at);
}

OutputRange Worker::finish() {
  capture_.close_writing();
  // There is no more than the pipes hold; what is full is passed on first.
  relay_.finish();
  read_output();
  hear();
  settle_end();
  link_.drop();
  return {open_.empty() ? rest_from_ : case_from_, relay_.position()};
}

void Worker::happened(BatchEvent event, const OutputRange& range) {
  event.at_us = os::monotonic_now_us();
  tell_(event, range);
}

}  // namespace holdfast::exec
