#include "batches/worker_link.hpp"

#include <fcntl.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "base/environment.hpp"
#include "base/text.hpp"
#include "os/file/own_files.hpp"
#include "os/process/packet_socket.hpp"

namespace holdfast::exec {
namespace {

// Reaches the directory through a descriptor, because its path may be longer than sun_path.
os::UniqueFd listening_in(const std::string& directory) {
  const Result<os::UniqueFd> place = os::open_own_directory(directory);
  if (!place) return {};
  os::Listening made =
      os::listen_at("/proc/self/fd/" + std::to_string(place->get()) + "/" + HOLDFAST_WORKER_SOCKET);
  (void)::fcntl(made.socket.get(), F_SETFL, O_NONBLOCK);
  return std::move(made.socket);
}

// Invalid: nobody has connected.
os::UniqueFd next_in(const os::UniqueFd& listener) {
  return os::UniqueFd(os::retried(
      [&] { return ::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK); }));
}

constexpr std::uint32_t k_log_room = HOLDFAST_WORKER_LOG_SIZE - HOLDFAST_WORKER_LOG_HEADER;

std::uint32_t* number(char* start, int which) {
  return reinterpret_cast<std::uint32_t*>(start) + which;
}

// None: the text is no message.
std::optional<ProgressLog::Entry> entry_of(std::string_view message) {
  using Kind = ProgressLog::Entry::Kind;
  const char first = message.front();
  if (first == HOLDFAST_WORKER_LOG_BEGIN) {
    if (message.size() == 1) return std::nullopt;
    return ProgressLog::Entry{Kind::begin, message.substr(1)};
  }
  const std::optional<CaseEnd> end = first == HOLDFAST_WORKER_LOG_PASSED   ? CaseEnd::passed
                                     : first == HOLDFAST_WORKER_LOG_FAILED ? CaseEnd::failed
                                     : first == HOLDFAST_WORKER_LOG_SKIPPED
                                         ? CaseEnd::skipped
                                         : std::optional<CaseEnd>();
  if (!end) return ProgressLog::Entry{Kind::message, message};
  if (message.size() > 1) return std::nullopt;
  return ProgressLog::Entry{Kind::end, {}, *end};
}

}  // namespace

WorkerCommand::WorkerCommand(const os::Command& given) : command_(given) {
  for (char** word = given.arguments; *word != nullptr; ++word) arguments_.push_back(*word);
  for (char** entry = given.environment; *entry != nullptr; ++entry) environment_.push_back(*entry);
}

WorkerCommand::WorkerCommand(const os::Command& given, const std::vector<char*>& arguments)
    : WorkerCommand(given) {
  arguments_.resize(1);
  arguments_.insert(arguments_.end(), arguments.begin(), arguments.end());
}

void WorkerCommand::add_arguments(std::initializer_list<std::string_view> words) {
  for (const std::string_view word : words) arguments_.push_back(own_.emplace_back(word).data());
}

void WorkerCommand::set_variable(std::string_view name, std::string_view value) {
  hide_variable(name);
  environment_.push_back(own_.emplace_back(text_of({name, "=", value})).data());
}

void WorkerCommand::hide_variable(std::string_view name) {
  std::erase_if(environment_, [&](const char* entry) { return is_variable(entry, name); });
}

os::Command WorkerCommand::command() {
  arguments_.push_back(nullptr);
  environment_.push_back(nullptr);
  os::Command command = command_;
  command.arguments = arguments_.data();
  command.environment = environment_.data();
  return command;
}

CaseEnd case_end_named(std::string_view name) {
  return name == HOLDFAST_WORKER_PASSED    ? CaseEnd::passed
         : name == HOLDFAST_WORKER_SKIPPED ? CaseEnd::skipped
                                           : CaseEnd::failed;
}

WorkerLink WorkerLink::listen(const std::string& directory) {
  WorkerLink link;
  link.path_ = directory + "/" + HOLDFAST_WORKER_SOCKET;
  link.listener_ = listening_in(directory);
  return link;
}

WorkerLink::~WorkerLink() {
  if (listener_.valid()) (void)os::remove_own(path_);
}

void WorkerLink::join(os::Wait& wait) const {
  wait.on(peer_.get());
  if (!waiting_.valid()) wait.on(listener_.get());
}

// A program that a case starts, or becomes (execve(2)), may be linked too. It must not wait for an
// answer, and what it says is not about the worker's cases.
void WorkerLink::refuse_others() {
  while (peer_.valid() || had_peer_) {
    if (!next_in(listener_).valid()) return;
  }
}

void WorkerLink::accept(pid_t main) {
  refuse_others();
  while (!peer_.valid() && !had_peer_) {
    if (!waiting_.valid()) waiting_ = next_in(listener_);
    // A negative `main`: the guard has not told the worker's number yet.
    if (!waiting_.valid() || main < 0) return;
    if (main == 0 || os::peer_process(waiting_.get()) == main) {
      peer_ = std::move(waiting_);
    } else {
      waiting_.reset();
    }
  }
}

std::optional<std::string_view> WorkerLink::next() {
  if (!peer_.valid()) return std::nullopt;
  constexpr std::size_t k_room = HOLDFAST_WORKER_LONGEST + 1;
  // new char[] without (): no time is spent on zeros.
  if (!packet_) packet_.reset(new char[k_room]);
  const ssize_t count =
      os::retried([&] { return ::recv(peer_.get(), packet_.get(), k_room, MSG_DONTWAIT); });
  if (count < 0 && errno == EAGAIN) return std::nullopt;
  if (count <= 0) {
    refuse();
    return std::nullopt;
  }
  return std::string_view(packet_.get(), static_cast<std::size_t>(count));
}

bool WorkerLink::send(std::string_view packet) const {
  return static_cast<bool>(os::send_packet(peer_.get(), packet));
}

bool WorkerLink::send_with(std::string_view packet, std::initializer_list<int> descriptors) const {
  return static_cast<bool>(os::send_descriptors(peer_.get(), packet, descriptors));
}

void WorkerLink::refuse() {
  peer_.reset();
  had_peer_ = true;
}

void WorkerLink::drop() {
  peer_.reset();
  waiting_.reset();
  had_peer_ = false;
}

// The file is sealed, because we would die of SIGBUS if a program made it shorter.
ProgressLog ProgressLog::make() {
  ProgressLog log;
  os::UniqueFd file(::memfd_create("holdfast-progress", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (::ftruncate(file.get(), HOLDFAST_WORKER_LOG_SIZE) != 0) return log;
  if (::fcntl(file.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) return log;
  void* start =
      ::mmap(nullptr, HOLDFAST_WORKER_LOG_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, file.get(), 0);
  if (start == MAP_FAILED) return log;
  log.start_.reset(static_cast<char*>(start));
  log.file_ = std::move(file);
  return log;
}

void ProgressLog::reset() {
  start_.reset();
  file_.reset();
  taken_ = seen_ = size_of_first_ = 0;
  is_broken_ = false;
}

bool ProgressLog::has_news() const {
  return valid() && __atomic_load_n(number(start_.get(), 0), __ATOMIC_SEQ_CST) != taken_;
}

bool ProgressLog::look() {
  if (!valid() || is_broken_) return false;
  seen_ = __atomic_load_n(number(start_.get(), 0), __ATOMIC_SEQ_CST);
  return seen_ != taken_;
}

std::optional<ProgressLog::Record> ProgressLog::record_at(std::uint32_t from) const {
  if (seen_ > k_log_room || seen_ < from || seen_ - from < HOLDFAST_WORKER_LOG_RECORD_HEADER) {
    return std::nullopt;
  }
  std::uint64_t time_and_size = 0;
  std::memcpy(&time_and_size, start_.get() + HOLDFAST_WORKER_LOG_HEADER + from,
              sizeof time_and_size);
  Record record;
  record.size = static_cast<std::uint32_t>(time_and_size & 0xffffU);
  record.whole = (HOLDFAST_WORKER_LOG_RECORD_HEADER + record.size + 7) / 8 * 8;
  record.at_us = static_cast<std::int64_t>(time_and_size >> 16U);
  const bool is_one = record.size > 0 && record.size <= HOLDFAST_WORKER_LONGEST;
  return is_one && record.whole <= seen_ - from ? std::optional(record) : std::nullopt;
}

std::optional<ProgressLog::Entry> ProgressLog::first() {
  if (!valid() || seen_ == taken_) return std::nullopt;
  std::optional<Entry> entry;
  if (const std::optional<Record> record = record_at(taken_)) {
    message_.assign(
        start_.get() + HOLDFAST_WORKER_LOG_HEADER + taken_ + HOLDFAST_WORKER_LOG_RECORD_HEADER,
        record->size);
    entry = entry_of(message_);
    if (entry) entry->at_us = record->at_us;
    size_of_first_ = record->whole;
  }
  is_broken_ = !entry;
  return entry;
}

std::optional<std::int64_t> ProgressLog::last_us() {
  std::optional<std::int64_t> at_us;
  if (!look()) return at_us;
  for (std::uint32_t from = taken_; from != seen_;) {
    const std::optional<Record> record = record_at(from);
    if (!record) break;
    at_us = record->at_us;
    from += record->whole;
  }
  return at_us;
}

void ProgressLog::drop_first() { taken_ += std::exchange(size_of_first_, 0); }

void ProgressLog::want_news() {
  if (valid()) __atomic_store_n(number(start_.get(), 1), 1U, __ATOMIC_SEQ_CST);
}

void ProgressLog::begin_anew() {
  taken_ = seen_ = size_of_first_ = 0;
  __atomic_store_n(number(start_.get(), 0), 0U, __ATOMIC_SEQ_CST);
}

}  // namespace holdfast::exec
