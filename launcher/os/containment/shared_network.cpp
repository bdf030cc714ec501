#include "os/containment/shared_network.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <utility>

#include "os/containment/namespaces.hpp"
#include "os/file/descriptors.hpp"
#include "os/file/system_call.hpp"
#include "os/process/packet_socket.hpp"

namespace holdfast::os {
namespace {

// A packet with the descriptor, or with what went wrong.
[[noreturn]] void make_network(const UniqueFd& answer) {
  close_all_but({answer.get()});
  Namespaces network({Boundary::netns});
  const Result<pid_t> child = network.fork();
  if (!child) {
    (void)send_packet(answer.get(), to_text(child.error()));
  } else if (*child == 0) {
    const UniqueFd own(::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC));
    (void)send_descriptors(answer.get(), "network", {own.get()});
  } else {
    (void)retried([&] { return ::waitpid(*child, nullptr, 0); });
  }
  ::_exit(0);
}

}  // namespace

void SharedNetwork::want() {
  if (state_ != State::not_wanted) return;
  Result<std::pair<UniqueFd, UniqueFd>> ends = packet_pair();
  if (!ends) return fail(to_text(ends.error()));
  const pid_t child = ::fork();
  if (child < 0) return fail(to_text(system_error("start a process")));
  if (child == 0) {
    // Nobody needs to reap the one that makes it.
    ends->first.reset();
    if (::fork() == 0) make_network(ends->second);
    ::_exit(0);
  }
  (void)retried([&] { return ::waitpid(child, nullptr, 0); });
  answer_ = std::move(ends->first);
  state_ = State::in_the_making;
}

void SharedNetwork::look() {
  pollfd news{answer_.get(), POLLIN, 0};
  if (state_ != State::in_the_making || ::poll(&news, 1, 0) != 1) return;
  Result<PacketWithDescriptor> answer = receive_with_descriptor(answer_.get());
  answer_.reset();
  if (answer && answer->descriptor.valid()) {
    network_ = std::move(answer->descriptor);
    state_ = State::there;
  } else {
    fail(answer && !answer->packet.empty() ? answer->packet
                                           : "the process that makes it was killed");
  }
}

void SharedNetwork::fail(std::string why) {
  trouble_ = std::move(why);
  state_ = State::failed;
}

}  // namespace holdfast::os
