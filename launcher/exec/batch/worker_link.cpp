#include "exec/batch/worker_link.hpp"

#include <holdfast/worker_protocol.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>

#include "core/base/test_environment.hpp"
#include "os/file/own_files.hpp"
#include "os/file/system_call.hpp"
#include "os/file/wait.hpp"
#include "os/process/packet_socket.hpp"

namespace holdfast::exec {
namespace {

// Reaches the directory through a descriptor, because its path may be longer than sun_path.
os::UniqueFd listening_in(const std::string& directory) {
  const Result<os::UniqueFd> place = os::open_own_directory(directory);
  os::UniqueFd socket(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!place || !socket.valid()) return {};
  const std::string near =
      "/proc/self/fd/" + std::to_string(place->get()) + "/" + HOLDFAST_WORKER_SOCKET;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, near.c_str(), near.size() + 1);
  const auto bind = [&] {
    return ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  };
  // An earlier attempt may have been killed and have left its socket.
  const bool is_bound = bind() || (errno == EADDRINUSE && ::unlink(near.c_str()) == 0 && bind());
  if (!is_bound || ::chmod(near.c_str(), 0600) != 0 || ::listen(socket.get(), 8) != 0) {
    return {};
  }
  return socket;
}

// Invalid: nobody has connected.
os::UniqueFd next_in(const os::UniqueFd& listener) {
  return os::UniqueFd(os::retried(
      [&] { return ::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK); }));
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

void WorkerCommand::add_argument(std::string text) {
  own_.push_back(std::move(text));
  arguments_.push_back(own_.back().data());
}

void WorkerCommand::add_variable(std::string entry) {
  own_.push_back(std::move(entry));
  environment_.push_back(own_.back().data());
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
  if (directory.empty()) return link;
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
  while ((peer_.valid() || had_peer_) && listener_.valid()) {
    if (!next_in(listener_).valid()) return;
  }
}

void WorkerLink::accept(pid_t main) {
  refuse_others();
  while (!peer_.valid() && !had_peer_ && listener_.valid()) {
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
  return peer_.valid() && os::send_packet(peer_.get(), packet);
}

bool WorkerLink::send_with(std::string_view packet, std::initializer_list<int> descriptors) const {
  return peer_.valid() && os::send_descriptors(peer_.get(), packet, descriptors);
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

}  // namespace holdfast::exec
