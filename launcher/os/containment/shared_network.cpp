#include "os/containment/shared_network.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

#include "os/containment/namespaces.hpp"
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
    ends->first.reset();
    make_network(ends->second);
  }
  maker_ = child;
  answer_ = std::move(ends->first);
  state_ = State::in_the_making;
}

void SharedNetwork::look() {
  // Without waiting: the process may not have ended yet.
  if (maker_ > 0 && ::waitpid(maker_, nullptr, WNOHANG) == maker_) maker_ = 0;
  if (state_ != State::in_the_making || !is_readable(answer_.get())) return;
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

// The process has done its work, or nobody wants it any more. It may be stopped.
void SharedNetwork::reap() {
  if (maker_ <= 0) return;
  ::kill(maker_, SIGKILL);
  (void)retried([&] { return ::waitpid(maker_, nullptr, 0); });
  maker_ = 0;
}

void SharedNetwork::fail(std::string why) {
  trouble_ = std::move(why);
  state_ = State::failed;
}

}  // namespace holdfast::os
