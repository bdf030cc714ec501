#include "batches/test_program.hpp"

#include <holdfast/worker_protocol.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <deque>
#include <optional>

#include "base/names.hpp"
#include "batches/batch_report.hpp"
#include "batches/gtest_report.hpp"
#include "batches/side_by_side.hpp"
#include "os/file/clock.hpp"
#include "os/file/descriptors.hpp"
#include "output/gtest_output.hpp"
#include "values/case_result.hpp"

namespace holdfast::exec {
namespace {

// A line of GoogleTest is never spread over more segments than this.
constexpr std::size_t k_most_segments = 64;

// A program that has neither printed nor said anything for this long is quiet.
constexpr Milliseconds k_quiet{5};

// After each look at a program that prints, its pipes stay unwatched for this long, because waking
// us for each line would cost the program more than the line. If the program prints more than
// k_much between two looks, the pipes are watched. The program must not wait for room in them, and
// little must be left to read when it ends.
constexpr std::chrono::nanoseconds k_rest{800'000};
constexpr std::size_t k_much = 32UL * 1024UL;

// In this class a process *prints* on its output, and it *says* something in a message or an entry.
class GtestWorker final : public BatchWorker {
 public:
  GtestWorker(WorkerOrder order, GtestReportFiles report)
      : BatchWorker(std::move(order)),
        report_(std::move(report)),
        told_at_(os::monotonic_now()),
        printed_(order_.own_case),
        limit_from_(told_at_),
        case_from_(order_.relay.position()),
        rest_from_(case_from_) {}

  void join(os::Wait& wait) override {
    order_.relay.join(wait);
    if (!order_.relay.is_full() && rest().count() == 0) order_.capture.join(wait);
    if (!must_not_hear()) order_.link.join(wait);
    if (is_asking_) wait.on(order_.services.fd());
    wait.until(next_look_);
  }

  void look() override {
    order_.relay.pass_on();
    taken_ = 0;
    do {
      is_new_ = false;
      read_output();
      hear();
      hear_of_services();
    } while (must_look_again());
    // We do not call told() at each look while the program works, because there is another look
    // when it is quiet.
    const Milliseconds now = os::monotonic_now();
    if (is_new_ && now < told_at_ + k_quiet) return;
    told_at_ = now;
    order_.told();
  }

  bool wants_start() const override { return true; }

  // The process may have connected already, and nothing else would wake us for that.
  void on_main_started(pid_t main) override {
    main_ = main;
    look();
  }

  Milliseconds deadline() override {
    if (order_.case_timeout.count() == 0 || is_asking_) return k_longest;
    // This is the limit of the case that we know of. The program may be at a later case.
    if (os::monotonic_now() >= limit_from_ + order_.case_timeout) {
      take_progress();
      order_.told();
      if (const std::optional<std::int64_t> last = progress_.last_us()) {
        const std::int64_t now_us = os::monotonic_now_us();
        limit_from_ = std::max(limit_from_, Milliseconds{std::min(*last, now_us) / 1000});
      }
    }
    return limit_from_ + order_.case_timeout;
  }

  std::chrono::nanoseconds rest() const override {
    const bool prints = taken_ > 0 && taken_ < std::min(k_much, order_.capture.size() / 2);
    return prints ? k_rest : std::chrono::nanoseconds{0};
  }

  // The limit moves only for a case that began before the pause. A case that began after the pause,
  // before we learned that the test goes on, was not paused.
  void on_pause(Milliseconds length) override {
    take_progress();
    order_.told();
    if (limit_from_ <= os::monotonic_now() - length) limit_from_ += length;
  }

  OutputRange finish(const ProcessEnd& end) override {
    take_rest();
    is_all_printed_ = true;
    hear();
    settle_end();
    settle_printed_end();
    if (printed_.ends_with_help()) happened(BatchEvent{BatchEvent::Kind::printed_help});
    tell_report(end);
    order_.link.drop();
    progress_.reset();
    order_.told();
    return {open_.empty() ? rest_from_ : case_from_, order_.relay.position()};
  }

 private:
  // A case that a linked program has printed. Its output may be read before or after what the
  // program says of it; the case is kept until both are known. With --gtest_repeat a case may be
  // kept more than once.
  struct Printed {
    std::string name;
    std::uint64_t begin;               // where its first line begins in the log; 0 without a log
    std::optional<std::uint64_t> end;  // where its last line ends; none: that is not printed yet
    CaseEnd said;                      // with an end: what its last line says
  };

  // True: messages must wait. Before we read a message, we must read all that the program printed
  // before it. But while the relay is full, we read no output until ctest takes some. So messages
  // wait too. Without a progress log, the program would then wait for us at each case. So without a
  // log we read messages even while the relay is full, and the places of the cases' output are less
  // exact.
  bool must_not_hear() const {
    return order_.relay.is_full() && progress_.valid() && !is_all_printed_;
  }

  // What a program prints wakes us. What it writes into its progress log does not, because a packet
  // for each entry would cost more than the case. So when a program becomes quiet, we look one more
  // time, for entries after its last line, and ask it to send a packet with its next entry.
  bool must_look_again() {
    if (is_new_) {
      next_look_ = os::monotonic_now() + k_quiet;
    } else if (next_look_ != k_longest && os::monotonic_now() >= next_look_) {
      next_look_ = k_longest;
      progress_.want_news();
      // We ask first and look then, because an entry that came before the question has not woken
      // us.
      return progress_.has_news();
    }
    return false;
  }

  void read_output() override {
    if (order_.relay.is_full()) return;
    // We look at the log before we read the pipes, because an entry whose output has not been read
    // must wait.
    progress_.look();
    CapturedOutput::read_output();
  }

  void take(Stream stream, std::string_view bytes) override {
    is_new_ = true;
    taken_ += bytes.size();
    const std::uint64_t kept = order_.relay.position();
    CapturedOutput::take(stream, bytes);
    if (stream == Stream::errors) return;
    segments_.push_back({printed_.size(), kept});
    if (segments_.size() > k_most_segments) segments_.pop_front();
    printed_.read(bytes, [this](const GtestEvent& event) { on_printed(event); });
  }

  std::uint64_t place_of(std::uint64_t offset) const {
    std::uint64_t place = offset;
    for (const Segment& segment : segments_) {
      if (segment.printed > offset) break;
      place = segment.kept + (offset - segment.printed);
    }
    // If the disk is full, the file ends earlier.
    return std::min(place, order_.relay.position());
  }

  void on_printed(const GtestEvent& event) {
    const std::uint64_t place = place_of(event.offset);
    const bool is_told_again = event.kind == GtestEvent::Kind::ended && printed_end_ &&
                               printed_end_->end.name == event.name;
    if (!is_told_again) settle_printed_end();
    switch (event.kind) {
      case GtestEvent::Kind::running: {
        if (may_be_new_) {
          progress_.look();
          take_entries();  // where a case begins, the program is the same
        }
        if (may_be_new_) {
          printed_cases_.clear();
          follow_output();
        }
        is_run_printed_ = true;
        is_finished_printed_ = false;
        // A case may start another program.
        if (!announced_) announced_ = event.count;
        return happened({.kind = BatchEvent::Kind::announced, .count = event.count});
      }
      case GtestEvent::Kind::began:
        if (!is_linked_) return begin_case(event.name, place);
        if (event.name == open_ && first_printed(event.name) == nullptr) case_from_ = place;
        printed_cases_.push_back({std::string(event.name), place, std::nullopt, CaseEnd::passed});
        return;
      case GtestEvent::Kind::ended:
        if (!is_linked_) {
          if (said_end_ && said_end_->name == event.name) {
            return end_case(event.name, std::exchange(said_end_, std::nullopt)->end, place);
          }
          limit_from_ = said_at();
          printed_end_ =
              PrintedEnd{{std::string(event.name), event.end}, place, os::monotonic_now_us()};
          return;
        }
        if (Printed* printed = last_printed(event.name)) {
          printed->end = place;
          printed->said = event.end;
        }
        if (said_end_ && said_end_->name == event.name) settle_end();
        return;
      case GtestEvent::Kind::finished:
        is_finished_printed_ = is_linked_;
        if (is_linked_) return;
        return happened(BatchEvent{BatchEvent::Kind::finished});
    }
  }

  void hear() {
    if (!must_not_hear()) order_.link.accept(main_);
    while (!must_not_hear()) {
      const std::optional<std::string_view> packet = order_.link.next();
      if (!packet) break;
      is_new_ = true;
      // First take what the program has printed and said before this message.
      read_output();
      take_entries();
      // If the program's log was broken, nothing that the program says is read any more.
      if (!order_.link.has_peer()) return;
      on_message(*packet);
    }
    take_progress();
    hear_of_new_program();
  }

  // Outside of cases, the worker may execute another program (execve(2)), for example in an
  // environment's SetUp(). That program is then the worker. In a case it is not: there the case
  // itself has executed it. But a case may also just have closed the socket. So the log counts
  // until a new program says hello, or prints that it runs cases. The log had every case before its
  // first line was printed, so what else was printed until then is of no case.
  void hear_of_new_program() {
    const bool is_in_case = !open_.empty() && !said_end_;
    if (!is_linked_ || may_be_new_ || is_in_case || order_.link.has_peer() || is_all_printed_)
      return;
    order_.link.drop();
    is_asking_ = false;
    may_be_new_ = true;
    if (!progress_.valid() || is_run_printed_) follow_output();
  }

  void take_progress() {
    if (must_not_hear() || !progress_.look()) return;
    is_new_ = true;
    // This reads at least what the program has printed before its last entry.
    read_output();
    take_entries();
  }

  // Takes the entries that were seen when the output was read last.
  void take_entries() {
    const std::int64_t now_us = os::monotonic_now_us();
    while (const std::optional<ProgressLog::Entry> entry = progress_.first()) {
      take_entry(*entry, now_us);
    }
    if (progress_.is_broken()) stop_hearing();
  }

  void take_entry(const ProgressLog::Entry& entry, std::int64_t now_us) {
    progress_.drop_first();
    is_run_printed_ = false;
    said_at_us_ = std::clamp(entry.at_us, std::min(last_said_us_, now_us), now_us);
    last_said_us_ = said_at_us_;
    switch (entry.kind) {
      case ProgressLog::Entry::Kind::begin:
        on_begin_said(entry.text);
        break;
      case ProgressLog::Entry::Kind::end:
        on_end_said(open_, entry.said);
        break;
      case ProgressLog::Entry::Kind::message:
        on_message(entry.text);
        break;
    }
    said_at_us_ = 0;
  }

  // Called when the program says something that we do not understand, or that it will say no more.
  // From now on only its output counts, beginning with the printed cases for which a message or an
  // entry was still awaited.
  void stop_hearing() {
    settle_end();
    order_.link.refuse();
    follow_output();
  }

  // What is printed and was not said is taken now.
  void follow_output() {
    progress_.reset();
    is_linked_ = may_be_new_ = false;
    for (const Printed& one : std::exchange(printed_cases_, {})) {
      settle_printed_end();
      if (one.name != open_) begin_case(one.name, one.begin);
      // As in on_printed(): the last end may be printed again.
      if (one.end) {
        printed_end_ = PrintedEnd{{one.name, one.said}, *one.end, os::monotonic_now_us()};
      }
    }
    if (!std::exchange(is_finished_printed_, false)) return;
    settle_end();
    settle_printed_end();
    happened(BatchEvent{BatchEvent::Kind::finished});
  }

  void answer_hello() {
    may_be_new_ = false;
    progress_ = ProgressLog::make();
    last_said_us_ = os::monotonic_now_us();
    const bool must_ask = order_.services.are_used() && order_.own_case.empty();
    std::string mode = worker_message({HOLDFAST_WORKER_MODE, HOLDFAST_WORKER_MODE_REPORT});
    if (must_ask) mode += worker_message({HOLDFAST_WORKER_ASK});
    is_linked_ =
        progress_.valid() ? order_.link.send_with(mode, {progress_.fd()}) : order_.link.send(mode);
    if (!is_linked_) progress_.reset();
  }

  // The time until the services are well is not part of a case.
  void hear_of_services() {
    if (!is_asking_) return;
    const BatchServices::News news = order_.services.hear();
    if (news == BatchServices::News::none) return;
    is_asking_ = false;
    limit_from_ = os::monotonic_now();
    const bool goes_on = news == BatchServices::News::same;
    if (!goes_on) happened(BatchEvent{BatchEvent::Kind::leaves});
    (void)order_.link.send(worker_message({goes_on ? HOLDFAST_WORKER_GO : HOLDFAST_WORKER_LEAVE}));
  }

  void on_message(std::string_view packet) {
    const auto fields = worker_fields(packet);
    if (!fields) return stop_hearing();
    const std::string_view kind = fields->front();
    const std::string_view name = fields->size() > 1 ? (*fields)[1] : std::string_view();
    if (kind == HOLDFAST_WORKER_HELLO) {
      if (name != HOLDFAST_WORKER_VERSION) return stop_hearing();
      answer_hello();
    } else if (kind == HOLDFAST_WORKER_FULL && progress_.valid()) {
      progress_.begin_anew();
      (void)order_.link.send(worker_message({HOLDFAST_WORKER_ROOM}));
    } else if (kind == HOLDFAST_WORKER_SILENT) {
      stop_hearing();
    } else if (kind == HOLDFAST_WORKER_BEGIN) {
      on_begin_said(name);
    } else if (kind == HOLDFAST_WORKER_END && fields->size() > 2) {
      on_end_said(name, case_end_named((*fields)[2]));
    } else if (kind == HOLDFAST_WORKER_ASK && order_.services.are_used()) {
      order_.services.ask();
      is_asking_ = true;
    } else if (kind == HOLDFAST_WORKER_ALL_SKIPPED) {
      happened(BatchEvent{BatchEvent::Kind::all_skipped});
    } else if (kind == HOLDFAST_WORKER_FINISHED) {
      settle_end();
      happened(BatchEvent{BatchEvent::Kind::finished});
    }
  }

  void on_begin_said(std::string_view name) {
    settle_end();
    const Printed* printed = first_printed(name);
    begin_case(name, printed != nullptr ? printed->begin : order_.relay.position());
  }

  void on_end_said(std::string_view name, CaseEnd said) {
    settle_end();
    const Printed* printed = first_printed(name);
    if (printed != nullptr && printed->end) {
      const std::uint64_t at = *printed->end;
      forget_printed(*printed);
      return end_case(name, said, at);
    }
    said_end_ = ReportedCase{std::string(name), said};
    // If the case's first line was printed, its last line will follow. A custom printer may print
    // neither line.
    if (printed_.open_case() != name) settle_end();
  }

  void begin_case(std::string_view name, std::uint64_t at) {
    settle_end();
    // It is the same program, and what connects now is not.
    if (std::exchange(may_be_new_, false)) order_.link.refuse();
    open_ = name;
    case_from_ = at;
    limit_from_ = said_at();
    happened(BatchEvent{BatchEvent::Kind::case_began, name});
  }

  void end_case(std::string_view name, CaseEnd said, std::uint64_t at) {
    limit_from_ = said_at();
    rest_from_ = at;
    happened(BatchEvent{BatchEvent::Kind::case_ended, name, said}, {case_from_, at});
    open_.clear();
  }

  void settle_end() {
    if (!said_end_) return;
    const ReportedCase said = *std::exchange(said_end_, std::nullopt);
    const Printed* printed = first_printed(said.name);
    const bool is_printed = printed != nullptr && printed->end;
    const std::uint64_t at = is_printed ? *printed->end : order_.relay.position();
    if (printed != nullptr) forget_printed(*printed);
    end_case(said.name, said.end, at);
  }

  void settle_printed_end() {
    if (!printed_end_) return;
    const PrintedEnd ended = *std::exchange(printed_end_, std::nullopt);
    said_at_us_ = ended.at_us;
    end_case(ended.end.name, ended.end.end, ended.place);
    said_at_us_ = 0;
  }

  // The list is short, and the case is nearly always its first or its last one.
  Printed* first_printed(std::string_view name) {
    const auto found = std::ranges::find(printed_cases_, name, &Printed::name);
    return found == printed_cases_.end() ? nullptr : &*found;
  }

  // It is the first one of its name.
  void forget_printed(const Printed& printed) {
    printed_cases_.erase(std::ranges::find(printed_cases_, printed.name, &Printed::name));
  }

  Printed* last_printed(std::string_view name) {
    const auto found =
        std::ranges::find(printed_cases_.rbegin(), printed_cases_.rend(), name, &Printed::name);
    return found == printed_cases_.rend() ? nullptr : &*found;
  }

  // A report that does not fit the process's end, or has not as many cases as the process has
  // announced, may be of another process: of one that a case has started.
  void tell_report(const ProcessEnd& end) {
    if (!report_.part.empty()) keep_part(report_.part, report_.parts);
    if (report_.tells.empty()) return;
    const std::optional<std::string> xml =
        take_report_file(report_.tells, names::k_googletest_cases_file);
    if (!xml) return;
    const std::optional<GtestReport> report = parse_gtest_report(*xml);
    if (!report || !report->agrees_with(end)) return;
    if (announced_ && *announced_ != report->cases.size() + report->not_begun) return;
    if (report->cases.empty() && report->not_begun > 0) {
      happened(BatchEvent{BatchEvent::Kind::all_skipped});
    }
    for (const ReportedCase& one : report->cases) {
      happened(BatchEvent{BatchEvent::Kind::reported, one.name, one.end});
    }
  }

  void happened(BatchEvent event, const OutputRange& range = {}) {
    event.at_us = said_at_us_;
    order_.tell(std::move(event), range);
  }

  Milliseconds said_at() const {
    return said_at_us_ != 0 ? Milliseconds{said_at_us_ / 1000} : os::monotonic_now();
  }

  GtestReportFiles report_;
  pid_t main_ = -1;
  ProgressLog progress_;
  std::int64_t said_at_us_ = 0;  // when the message or entry that is being read was said; 0: now
  std::int64_t last_said_us_ = 0;
  bool is_all_printed_ = false;  // the process is gone, and its output was read to the end
  bool is_new_ = false;          // something was printed or said
  std::size_t taken_ = 0;        // how many printed bytes the last look has read
  Milliseconds told_at_;
  Milliseconds next_look_ = k_longest;  // when to look without news; k_longest: never
  GtestOutput printed_;
  Milliseconds limit_from_;
  std::uint64_t case_from_ = 0;  // where the open case's output begins in the file
  std::uint64_t rest_from_ = 0;  // where output that belongs to no case begins
  std::string open_;             // the case that runs; empty: none
  // The program has said this end; the case's last line may not have been printed yet.
  std::optional<ReportedCase> said_end_;
  // An end that was printed by a program that is not linked. It is told later, because the case may
  // have forged the line. In that case the true line follows.
  struct PrintedEnd {
    ReportedCase end;
    std::uint64_t place;
    std::int64_t at_us;
  };
  std::optional<PrintedEnd> printed_end_;
  std::deque<Printed> printed_cases_;
  std::optional<std::uint64_t> announced_;  // how many cases the process has said that it runs
  bool is_linked_ = false;
  bool is_run_printed_ = false;  // since the log's last entry: that cases will run
  bool may_be_new_ = false;  // the socket is closed, and another program may have taken its place
  bool is_asking_ = false;   // the program waits until it is known whether it may go on
  // True: a linked program has printed that all its cases have run, and has not printed since that
  // it runs more.
  bool is_finished_printed_ = false;
  // A part of stdout, and its place in the file. Parts of stderr may lie between two segments.
  struct Segment {
    std::uint64_t printed;  // its place in stdout
    std::uint64_t kept;     // its place in the file
  };
  std::deque<Segment> segments_;
};

}  // namespace

std::unique_ptr<BatchWorker> gtest_worker(WorkerOrder order, GtestReportFiles report) {
  return std::make_unique<GtestWorker>(std::move(order), std::move(report));
}

}  // namespace holdfast::exec
