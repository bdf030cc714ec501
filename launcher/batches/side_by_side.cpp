#include "batches/side_by_side.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include <algorithm>
#include <deque>
#include <new>
#include <type_traits>

#include "base/text.hpp"
#include "os/file/clock.hpp"
#include "os/file/own_files.hpp"
#include "os/file/scratch_directory.hpp"
#include "os/process/packet_socket.hpp"
#include "os/process/process.hpp"
#include "values/held_locks.hpp"

namespace holdfast::exec {
namespace {

// Room for a million cases.
constexpr std::size_t k_longest_report = 64UL * 1024UL * 1024UL;

// How long the processes may take beyond the grace. They end their trees as launchers do, and kill
// a guard that does not.
constexpr Milliseconds k_kill_patience{15'000};

class SideBySide {
 public:
  explicit SideBySide(SideBySideOrder order) : order_(std::move(order)) {}

  SideBySideEnd run() {
    while (true) {
      start_cases();
      if (cases_.empty()) return end_;
      wait();
      look();
    }
  }

 private:
  enum class Passing : std::uint8_t { needed, done };

  std::size_t running() const {
    return static_cast<std::size_t>(
        std::ranges::count_if(cases_, [](const auto& one) { return !one->is_over(); }));
  }

  void start_cases() {
    const std::size_t most = order_.slots.most(running());
    while (end_.reason == EndReason::none && running() < most) {
      const std::optional<BatchAction> next = order_.next();
      if (!next) break;
      if (cases_.empty()) first_from_ = order_.relay.position();
      const auto work = [&](CaseProcessReport& report) { order_.work(*next, report); };
      cases_.push_back(
          std::make_unique<CaseProcess>(next->cases.front(), order_.relay.streams_are_one(), work));
    }
    order_.slots.tell(running(), end_.reason != EndReason::none ? 0 : order_.waiting());
    look();  // a process that could not be started is over already
  }

  void wait() {
    const int parent = is_parent_watched_ ? order_.around.parent.get() : -1;
    os::Wait wait({order_.around.signals.fd(), parent}, kill_at_);
    order_.relay.join(wait);
    order_.slots.join(wait);
    if (!order_.relay.is_full()) {
      for (const auto& one : cases_) one->join(wait);
    }
    wait.go();
    order_.relay.pass_on();
    read_signals();
    if (wait.news(parent) != 0) {
      is_parent_watched_ = false;
      end_all({EndReason::parent_gone, SIGTERM}, Passing::needed);
    }
    if (os::monotonic_now() >= kill_at_) {
      kill_at_ = k_longest;
      for (const auto& one : cases_) one->send(SIGKILL);
    }
  }

  // Ctrl-C on a terminal reaches the processes without us.
  void read_signals() {
    supervision::Surroundings& around = order_.around;
    while (const os::ReceivedSignal got = around.next_signal()) {
      const os::SignalSet signal = os::signal_bit(got.number);
      if (around.callers.ignores(got.number)) continue;
      const bool is_theirs = got.source == SignalSource::terminal;
      if ((signal & supervision::k_ending_signals) != 0) {
        end_all({EndReason::signal, got.number}, is_theirs ? Passing::done : Passing::needed);
      } else if ((signal & supervision::k_stopping_signals) != 0) {
        if (!is_theirs) {
          for (const auto& one : cases_) one->send(got.number);
        }
        const Milliseconds before = os::monotonic_now();
        (void)around.signals.stop_by(got.number);
        order_.on_pause(os::monotonic_now() - before);
        if (!is_theirs) {
          for (const auto& one : cases_) one->send(SIGCONT);
        }
      }
    }
  }

  void end_all(SideBySideEnd end, Passing passing) {
    if (end_.reason == EndReason::none) end_ = end;
    kill_at_ = std::min(kill_at_, os::monotonic_now() + order_.grace + k_kill_patience);
    if (passing == Passing::done) return;
    for (const auto& one : cases_) one->send(end.signal);
  }

  void look() {
    for (std::size_t i = 0; i < cases_.size(); ++i) {
      cases_[i]->look(i == 0 ? &order_.relay : nullptr);
    }
    while (!cases_.empty() && cases_.front()->is_over()) {
      const std::unique_ptr<CaseProcess> done = std::move(cases_.front());
      cases_.pop_front();
      order_.ended(*done, {first_from_, order_.relay.position()});
      first_from_ = order_.relay.position();
      if (!cases_.empty()) cases_.front()->flush(order_.relay);
    }
  }

  SideBySideOrder order_;
  std::deque<std::unique_ptr<CaseProcess>> cases_;  // the output of the first is passed on
  std::uint64_t first_from_ = 0;                    // where that begins in the file
  SideBySideEnd end_;                               // a reason: no more cases begin
  bool is_parent_watched_ = true;
  Milliseconds kill_at_ = k_longest;
};

}  // namespace

std::string report_file_in(const std::string& markers, std::string_view name) {
  return markers.empty() ? markers : markers + "/" + std::string(name);
}

std::optional<std::string> take_report_file(const std::string& markers, std::string_view name) {
  const std::string file(name);
  const Result<os::UniqueFd> directory = os::open_own_directory(markers);
  if (!directory) return std::nullopt;
  Result<std::string> text = os::read_private_file(directory->get(), file, k_longest_report);
  ::unlinkat(directory->get(), file.c_str(), 0);
  if (!text) return std::nullopt;
  return std::move(*text);
}

bool take_marker(const std::string& markers, const MarkerOwner& owner) {
  const std::string name = marker_file_name(owner.pid);
  // Few processes leave a marker, and this look is cheap.
  if (::access((markers + "/" + name).c_str(), F_OK) != 0) return false;
  const Result<os::UniqueFd> directory = os::open_own_directory(markers);
  if (!directory) return false;
  const JudgedMarkers judged =
      judge_markers(os::read_marker_files(directory->get(), {name}), owner);
  if (!judged.reason) return false;
  ::unlinkat(directory->get(), name.c_str(), 0);
  return true;
}

static_assert(std::is_trivially_copyable_v<CaseProcessReport>);

void CaseProcessReport::write(std::string_view text, Note& to) {
  const std::string_view part = text.substr(0, to.size() - 1);
  std::ranges::copy(part, to.begin());
  to[part.size()] = '\0';
}

CaseProcess::CaseProcess(std::string name, bool streams_are_one, const Work& work)
    : name_(std::move(name)) {
  const Result<void> begun = begin(streams_are_one, work);
  if (begun) return;
  CaseProcessReport::write(to_text(begun.error()), report_->note);
  is_over_ = true;
}

Result<void> CaseProcess::begin(bool streams_are_one, const Work& work) {
  HOLDFAST_TRY(output_.capture, supervision::Capture::open(streams_are_one));
  void* const shared = ::mmap(nullptr, sizeof(CaseProcessReport), PROT_READ | PROT_WRITE,
                              MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) return os::system_error("share memory with a process");
  report_ = new (shared) CaseProcessReport;
  const pid_t pid = ::fork();
  if (pid < 0) return os::system_error("start a process for a case");
  if (pid == 0) {
    ::dup2(output_.capture.output(), STDOUT_FILENO);
    ::dup2(output_.capture.errors(), STDERR_FILENO);
    output_.capture = {};
    work(*report_);
    ::_exit(0);
  }
  pid_ = pid;
  life_ = os::watch_living(pid);
  output_.capture.close_writing();
  return {};
}

CaseProcess::~CaseProcess() {
  if (report_ != &none_) ::munmap(report_, sizeof(CaseProcessReport));
}

void CaseProcess::send(int signal) const {
  if (!is_over_) ::kill(pid_, signal);
}

void CaseProcess::join(os::Wait& wait) const {
  if (is_over_) return;
  output_.capture.join(wait);
  wait.on(life_.get());
}

void CaseProcess::look(OutputRelay* relay) {
  if (is_over_) return;
  output_.read(relay);
  if (os::retried([&] { return ::waitpid(pid_, nullptr, WNOHANG); }) != pid_) return;
  is_over_ = true;
  life_.reset();
  output_.read(relay);  // it may have printed more before it ended
  output_.capture = {};
}

LentSlots::LentSlots(const supervision::AttemptPlan& plan)
    : plan_(plan), own_(std::max(1U, plan.policy.processors)) {
  if (plan.keeper < 0 || !may_use_idle_slots(plan.policy)) return;
  Result<std::pair<os::UniqueFd, os::UniqueFd>> pair = os::packet_pair();
  if (!pair) return;
  link_ = std::move(pair->first);
  for_keeper_ = std::move(pair->second);
  // A keeper that is stopped must not hold us up.
  (void)::fcntl(link_.get(), F_SETFL, O_NONBLOCK);
}

void LentSlots::join(os::Wait& wait) const {
  if (link_.valid() && !for_keeper_.valid()) wait.on(link_.get());
}

std::size_t LentSlots::most(std::size_t running) {
  count_time();
  const std::size_t beyond = running - std::min(running, own_);
  if (used_ > beyond) {
    back_ += used_ - beyond;
    used_ = beyond;
  }
  hear();
  return own_ + used_ + fresh_;
}

void LentSlots::tell(std::size_t running, std::size_t waiting) {
  count_time();
  const std::size_t begun = running - std::min(running, own_ + used_);
  used_ += begun;
  fresh_ -= std::min(fresh_, begun);
  if (waiting == 0) back_ += std::exchange(fresh_, 0);
  if (!link_.valid()) return;
  const bool wants_anew = waiting > 0 && wanted_ == 0 && fresh_ == 0;
  if (back_ == 0 && !wants_anew && (waiting > 0 || wanted_ == 0)) return;
  if (for_keeper_.valid() && !connect()) return;
  const wire::Slots slots{.wanted = waiting, .back = std::exchange(back_, 0)};
  wanted_ = waiting;
  if (!os::send_message(link_.get(), wire::to_message(slots))) lose();
}

bool LentSlots::connect() {
  const wire::Message message(wire::Slots::k_kind);
  const bool is_sent =
      static_cast<bool>(os::send_message(plan_.keeper, message, {for_keeper_.get()}));
  for_keeper_.reset();
  if (!is_sent) lose();
  return is_sent;
}

void LentSlots::hear() {
  while (link_.valid() && !for_keeper_.valid()) {
    if (!os::is_readable(link_.get())) return;
    const Result<wire::Message> message = os::receive_message(link_.get()).message;
    const Result<wire::Slots> slots = message ? wire::read<wire::Slots>(*message) : message.error();
    if (!slots) return lose();
    fresh_ += slots->lent;
    wanted_ -= std::min(wanted_, slots->lent);
  }
}

void LentSlots::count_time() {
  const std::int64_t now = os::monotonic_now_us();
  if (since_us_ != 0) used_us_ += static_cast<std::int64_t>(used_) * (now - since_us_);
  since_us_ = now;
}

// The keeper is gone, or has nothing to lend. Cases that run in lent slots run on.
void LentSlots::lose() {
  link_.reset();
  for_keeper_.reset();
  fresh_ = 0;
}

bool allows_side_by_side(const Policy& policy) {
  return policy.services.empty() && policy.containment == Containment{} &&
         !policy.needed_by_others && !has_to_itself(policy.locks);
}

SideBySideEnd run_cases(SideBySideOrder order) { return SideBySide(std::move(order)).run(); }

}  // namespace holdfast::exec
