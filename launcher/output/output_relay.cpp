#include "output/output_relay.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <algorithm>
#include <limits>

#include <cerrno>

#include "attempt/answer.hpp"
#include "base/environment.hpp"
#include "base/names.hpp"
#include "base/text.hpp"
#include "forensics/probes.hpp"
#include "journal/kept_output.hpp"
#include "os/file/clock.hpp"
#include "os/file/own_files.hpp"

namespace holdfast::exec {
namespace {

// A piece is freed only when all of it has been passed on, so its size is limited.
constexpr std::size_t k_longest_piece = 256UL * 1024UL;

constexpr std::string_view k_name = "before-kill";

constexpr std::size_t k_all = std::numeric_limits<std::size_t>::max();

}  // namespace

os::UniqueFd without_blocking(int fd) {
  struct stat info {};
  (void)::fstat(fd, &info);
  if (!S_ISFIFO(info.st_mode)) return {};
  const std::string path = "/proc/self/fd/" + std::to_string(fd);
  return os::UniqueFd(::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC));
}

void CapturedOutput::join(os::Wait& wait) {
  relay_.join(wait);
  if (!relay_.is_full()) capture_.join(wait);
}

void CapturedOutput::look() {
  relay_.pass_on();
  read_output();
}

void CapturedOutput::tell(const std::string& text) {
  read_output();
  relay_.write(Stream::errors, text);
}

void CapturedOutput::take_rest() {
  capture_.close_writing();
  // What is left to read is no more than the pipes hold. A full relay must first pass on its
  // output.
  relay_.finish();
  read_output();
  relay_.finish();
}

void CapturedOutput::read_output() {
  if (relay_.is_full()) return;
  capture_.read([this](Stream stream, std::string_view bytes) { take(stream, bytes); });
}

void OutputTurn::read(OutputRelay* relay) {
  capture.read([&](Stream stream, std::string_view bytes) { write(relay, stream, bytes); });
}

void OutputTurn::write(OutputRelay* relay, Stream stream, std::string_view bytes) {
  if (relay != nullptr) return relay->write(stream, bytes);
  if (!kept_.empty() && kept_.back().first == stream) {
    kept_.back().second += bytes;
  } else {
    kept_.emplace_back(stream, bytes);
  }
}

void OutputTurn::begin(OutputRelay& relay) {
  for (const auto& [stream, bytes] : kept_) relay.write(stream, bytes);
  kept_.clear();
}

std::uint64_t take_room(const std::string& log, std::uint64_t wanted, std::uint64_t limit) {
  constexpr std::size_t k_longest_number = 32;
  const std::string path = log.substr(0, log.rfind('/') + 1) + std::string(names::k_kept_size_file);
  const Result<os::UniqueFd> counter = os::open_own(path, O_RDWR | O_CREAT);
  // The lock ends with the descriptor.
  if (!counter || os::retried([&] { return ::flock(counter->get(), LOCK_EX); }) != 0) return wanted;
  std::string text;
  if (!os::read_all(counter->get(), text, k_longest_number)) return wanted;
  const std::uint64_t taken = leading_number<std::uint64_t>(text).value_or(0);
  const std::uint64_t room = std::min(wanted, limit - std::min(limit, taken));
  text = std::to_string(taken + room) + "\n";
  (void)os::retried([&] { return ::pwrite(counter->get(), text.data(), text.size(), 0); });
  return room;
}

std::string log_of(const supervision::AttemptIdentity& identity) {
  if (identity.journal.empty()) return {};
  return identity.journal.substr(0, identity.journal.rfind('/') + 1) +
         std::string(names::k_output_directory) + "/" + identity.attempt +
         std::string(names::k_output_suffix);
}

OutputRelay::OutputRelay(const std::string& log, Passing passing)
    : one_(os::file_of(STDOUT_FILENO) == os::file_of(STDERR_FILENO)),
      targets_{without_blocking(STDOUT_FILENO), without_blocking(STDERR_FILENO)},
      log_path_(log),
      held_back_(passing == Passing::when_released) {
  if (!log_path_.empty()) open_log();
  if (held_back_ && !log_.valid()) {
    log_ = os::UniqueFd(::memfd_create("holdfast-output", MFD_CLOEXEC));
  }
}

OutputRelay OutputRelay::for_log_of_reader(std::string log) {
  OutputRelay relay{std::string()};
  relay.log_path_ = std::move(log);
  return relay;
}

void OutputRelay::open_log() {
  const auto make = [this] { return os::open_own(log_path_, O_RDWR | O_CREAT | O_EXCL); };
  Result<os::UniqueFd> log = make();
  if (!log && errno == ENOENT) {
    // The first attempt of the run makes the directory.
    const std::string directory = log_path_.substr(0, log_path_.rfind('/'));
    const Result<void> made = os::make_own_directories(directory, 0755);
    log = made ? make() : Result<os::UniqueFd>(made.error());
  }
  if (log) {
    log_ = std::move(*log);
    return;
  }
  trouble_ = to_text(log.error());
  log_path_.clear();
}

void OutputRelay::remove_log() {
  if (log_path_.empty()) return;
  (void)os::remove_own(log_path_);
  log_path_.clear();
}

void OutputRelay::cut_log(std::uint64_t limit) {
  if (log_path_.empty() || position_ == 0) return;
  const std::uint64_t room = take_room(log_path_, position_, limit);
  if (room == position_ || ::ftruncate(log_.get(), static_cast<off_t>(room)) != 0) return;
  (void)::lseek(log_.get(), 0, SEEK_END);
  // A line at the end says what is left out.
  (void)os::write_all(log_.get(), mark_of_left_out(position_ - room));
}

std::string OutputRelay::take_trouble() {
  if (trouble_.empty()) return {};
  return "ignoring that the output of cases is not kept: " + std::exchange(trouble_, std::string());
}

int OutputRelay::target(Stream stream) const {
  const bool is_errors = stream == Stream::errors && !one_;
  const os::UniqueFd& own = targets_[is_errors ? 1 : 0];
  if (own.valid()) return own.get();
  return is_errors ? STDERR_FILENO : STDOUT_FILENO;
}

std::uint64_t OutputRelay::keep(std::string_view bytes) {
  const std::uint64_t before = position_;
  while (!is_full_ && !bytes.empty()) {
    const ssize_t count =
        os::retried([&] { return ::write(log_.get(), bytes.data(), bytes.size()); });
    if (count > 0) {
      position_ += static_cast<std::uint64_t>(count);
      bytes.remove_prefix(static_cast<std::size_t>(count));
      continue;
    }
    // The disk is full: what is in the file stays, at the positions we have given. The message
    // names the directory, because a message that is the same for many tests is printed once.
    trouble_ = to_text(os::system_error("write to " + log_path_.substr(0, log_path_.rfind('/'))));
    is_full_ = true;
  }
  return position_ - before;
}

void add_to_tail(std::string& tail, std::string_view bytes, std::size_t most) {
  tail += bytes.substr(bytes.size() - std::min(bytes.size(), most));
  // Cuts only now and then, not at each write.
  if (tail.size() > 2 * most) tail.erase(0, tail.size() - most);
}

void OutputRelay::write(Stream stream, std::string_view bytes) {
  if (bytes.empty()) return;
  std::uint64_t kept = 0;
  if (log_.valid()) {
    kept = keep(bytes);
  } else {
    add_to_tail(tail_, bytes, k_tail);
    if (!log_path_.empty()) position_ += bytes.size();
  }
  if (held_back_) {
    if (!held_.empty() && held_.back().first == stream) {
      held_.back().second += kept;
    } else if (kept > 0) {
      held_.emplace_back(stream, kept);
    }
    bytes.remove_prefix(kept);
  }
  if (bytes.empty()) return;
  // Usually ctest takes all bytes at once, and nothing is copied.
  if (!held_back_ && pieces_.empty()) bytes.remove_prefix(pass(target(stream), bytes));
  if (bytes.empty()) return;
  if (!pieces_.empty() && pieces_.back().stream == stream &&
      pieces_.back().bytes.size() < k_longest_piece) {
    pieces_.back().bytes += bytes;
  } else {
    pieces_.push_back({stream, std::string(bytes)});
  }
  waiting_ += bytes.size();
}

std::string OutputRelay::read_log(std::uint64_t from, std::size_t length) const {
  std::string text(length, '\0');
  std::size_t done = 0;
  while (done < length) {
    const ssize_t count = os::retried([&] {
      return ::pread(log_.get(), text.data() + done, length - done,
                     static_cast<off_t>(from + done));
    });
    if (count <= 0) break;
    done += static_cast<std::size_t>(count);
  }
  text.resize(done);
  return text;
}

std::string OutputRelay::text(std::size_t most) const {
  if (!log_.valid()) return tail_.substr(tail_.size() - std::min({tail_.size(), most, k_tail}));
  const std::uint64_t from = position_ > most ? position_ - most : 0;
  std::string all = read_log(from, position_ - from);
  if (is_full_) {
    for (const Piece& piece : pieces_) all += piece.bytes;
  }
  return all;
}

std::string OutputRelay::part(std::uint64_t begin, std::uint64_t end) const {
  constexpr std::uint64_t k_most = 64UL * 1024UL;
  if (end <= begin) return {};
  const std::uint64_t size = std::min(end - begin, k_most);
  return read_log(end - size, size);
}

void OutputRelay::release() {
  constexpr std::uint64_t k_part = 256UL * 1024UL;
  // Nothing is held back, but our last words may be waiting behind output that ctest has not taken
  // yet.
  if (!std::exchange(held_back_, false)) return finish();
  std::deque<Piece> in_memory = std::exchange(pieces_, {});
  if (!first_.empty()) {
    waiting_ += first_.size();
    pieces_.push_back({Stream::output, std::exchange(first_, {})});
    finish();
  }
  std::uint64_t at = 0;
  for (const auto& [stream, length] : std::exchange(held_, {})) {
    for (const std::uint64_t end = at + length; at < end;) {
      const std::uint64_t part = std::min(k_part, end - at);
      std::string bytes = read_log(at, part);
      at += part;
      if (bytes.empty()) continue;  // somebody has cut the file short
      waiting_ += bytes.size();
      pieces_.push_back({stream, std::move(bytes)});
      finish();
    }
  }
  for (Piece& piece : in_memory) pieces_.push_back(std::move(piece));
  finish();
}

void OutputRelay::join(os::Wait& wait) const {
  if (pieces_.empty() || held_back_) return;
  wait.on(target(pieces_.front().stream), POLLOUT);
}

std::size_t OutputRelay::pass(int to, std::string_view bytes) {
  const ssize_t count = os::retried([&] { return ::write(to, bytes.data(), bytes.size()); });
  if (count >= 0) return static_cast<std::size_t>(count);
  if (errno == EAGAIN) return 0;
  // Nobody reads the pipe any more: ctest has died.
  return bytes.size();
}

bool OutputRelay::pass_first() {
  Piece& piece = pieces_.front();
  const std::string_view rest = std::string_view(piece.bytes).substr(passed_);
  const std::size_t count = pass(target(piece.stream), rest);
  if (count == 0) return false;
  passed_ += count;
  waiting_ -= count;
  if (passed_ < piece.bytes.size()) return true;
  pieces_.pop_front();
  passed_ = 0;
  return true;
}

void OutputRelay::pass_on() {
  while (!held_back_ && !pieces_.empty() && pass_first()) {
  }
}

void OutputRelay::finish() {
  while (!held_back_) {
    pass_on();
    if (pieces_.empty()) return;
    os::Wait wait;
    join(wait);
    wait.go();
  }
}

BeforeKill::BeforeKill(supervision::Companion& inner, const supervision::AttemptPlan& plan,
                       const OutputRelay& relay, Overdue overdue)
    : inner_(inner), plan_(plan), relay_(relay), overdue_(std::move(overdue)) {
  if (!overdue_) overdue_ = [this] { return std::vector<pid_t>{main_}; };
}

supervision::AttemptPlan BeforeKill::plan() {
  supervision::AttemptPlan plan = plan_;
  plan.companion = &inner_;
  if (plan.policy.hooks.before_kill.empty()) return plan;
  plan.companion = this;
  if (plan.policy.timeout.count() > 0) {
    until_ = os::monotonic_now() + std::exchange(plan.policy.timeout, Milliseconds{0});
  }
  return plan;
}

void BeforeKill::join(os::Wait& wait) {
  inner_.join(wait);
  if (hook_) hook_->join(wait);
}

void BeforeKill::look() {
  inner_.look();
  if (hook_) (void)hook_->go_on();
}

void BeforeKill::on_main_started(pid_t main) {
  main_ = main;
  inner_.on_main_started(main);
}

Milliseconds BeforeKill::deadline() {
  if (!hook_) return std::min(until_, inner_.deadline());
  // When the hook has finished, on_deadline() must be called at once.
  return hook_->is_done() ? Milliseconds{0} : hook_->deadline();
}

void BeforeKill::on_tree_ends() {
  hook_.reset();
  inner_.on_tree_ends();
}

void BeforeKill::on_pause(Milliseconds length) {
  if (until_ != k_longest) until_ += length;
  inner_.on_pause(length);
}

supervision::Companion::Verdict BeforeKill::on_deadline() {
  if (hook_ && !is_done()) return Verdict::go_on;
  if (hook_is_for_whole_) {
    ends_for_whole_ = true;
    return Verdict::end_tree;
  }
  const Milliseconds now = os::monotonic_now();
  if (now >= until_) {
    hook_is_for_whole_ = true;
    start(main_);
    return Verdict::go_on;
  }
  // A case may have ended while the hook ran for it.
  if (now < inner_.deadline()) {
    seen_.clear();
    return Verdict::go_on;
  }
  const pid_t process = next_overdue();
  if (process == 0) return inner_.on_deadline();
  start(process);
  return Verdict::go_on;
}

pid_t BeforeKill::next_overdue() {
  for (const pid_t process : overdue_()) {
    if (std::find(seen_.begin(), seen_.end(), process) == seen_.end()) return process;
  }
  return 0;
}

void BeforeKill::start(pid_t process) {
  seen_.push_back(process);
  char** const environment = plan_.command.environment;
  const forensics::HookFacts facts{
      .hook = std::string(k_name),
      .test = plan_.identity->test,
      .run = std::string(variable_in(environment, environment::k_run_id)),
      .attempt_id = plan_.identity->attempt,
      .attempt = plan_.identity->n,
      .process = process,
      .scratch = std::string(variable_in(environment, environment::k_tmpdir)),
      .output = relay_.log()};
  hook_time_ = time_for_hook(os::monotonic_now(), plan_.native_end);
  hook_.emplace(forensics::hook_order(plan_.policy.hooks.before_kill, facts,
                                      entries_of(environment), hook_time_));
}

bool BeforeKill::is_done() {
  if (!hook_->go_on()) return false;
  const Finding finding = forensics::hook_finding(std::string(k_name), hook_->end(), hook_time_);
  inner_.tell("holdfast: its time is over\n" + forensics::to_text({finding}));
  hook_.reset();
  return true;
}

supervision::AttemptResult run_captured(const supervision::AttemptPlan& plan,
                                        supervision::Surroundings& around, OutputRelay& relay) {
  Result<supervision::Capture> capture = supervision::Capture::open(relay.streams_are_one());
  if (!capture) return supervision::own_failure(capture.error());
  CapturedOutput test(*capture, relay);
  BeforeKill hook(test, plan, relay);
  supervision::AttemptPlan captured = hook.plan();
  captured.command.output = capture->output();
  captured.command.errors = capture->errors();
  supervision::AttemptResult result = supervision::run_attempt(captured, around);
  test.take_rest();
  return result;
}

CTestVerdict mirror_of(const supervision::Invocation& invocation) {
  const Result<VerdictProperties> properties =
      parse_verdict_properties(invocation.properties.verdict);
  return CTestVerdict(properties ? *properties : VerdictProperties{});
}

MirroredVerdict mirrored(const CTestVerdict& mirror, const supervision::AttemptResult& result,
                         ExitMode mode, const OutputRelay* output) {
  // The exit code of a command says nothing about an attempt that was cut short.
  if (result.outcome == Outcome::interrupted) return MirroredVerdict::failed;
  const bool reads = mirror.needs_output() && output != nullptr;
  return mirror.of(exit_of(result.outcome, result.observation, mode),
                   reads ? output->text(k_all) : std::string());
}

bool is_same_with(const CTestVerdict& mirror, const supervision::AttemptResult& result,
                  ExitMode mode, const OutputRelay& output, std::string_view more) {
  if (!mirror.needs_output()) return true;
  const Exit end = exit_of(result.outcome, result.observation, mode);
  std::string text = output.text(k_all);
  const MirroredVerdict without = mirror.of(end, text);
  return mirror.of(end, text.append(more)) == without;
}

}  // namespace holdfast::exec
