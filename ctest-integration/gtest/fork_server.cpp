#include "fork_server.hpp"

#include <errno.h>
#include <fcntl.h>
#include <holdfast/worker_protocol.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <utility>
#include <vector>

#include "anchor.hpp"
#include "fork_obstacles.hpp"
#include "gtest_api.hpp"
#include "reporter.hpp"
#include "selection.hpp"

namespace holdfast {
namespace gtest_support {
namespace {

bool send_list(int socket, const std::vector<std::string>& cases) {
  Fields message{HOLDFAST_WORKER_LIST};
  std::size_t size = sizeof HOLDFAST_WORKER_LIST;
  for (const std::string& name : cases) {
    if (size + name.size() + 1 > HOLDFAST_WORKER_LONGEST) {
      if (!send_fields(socket, message)) return false;
      message.resize(1);
      size = sizeof HOLDFAST_WORKER_LIST;
    }
    message.push_back(name);
    size += name.size() + 1;
  }
  return (message.size() == 1 || send_fields(socket, message)) &&
         send_fields(socket, Fields{HOLDFAST_WORKER_LISTED});
}

void reap_anchors() {
  while (::waitpid(-1, nullptr, WNOHANG) > 0) {
  }
}

void wait_for_anchors() {
  while (::waitpid(-1, nullptr, 0) > 0 || errno == EINTR) {
  }
}

// Off 0, 1 and 2, which it may have got where this process was started without them.
void move_up(Descriptor& descriptor) {
  if (descriptor.get() > STDERR_FILENO) return;
  descriptor = Descriptor(::fcntl(descriptor.get(), F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
}

// In the process of a case: as one of its own that was told to run this case alone.
void become_case(const std::string& test, Descriptor& out, Descriptor& err) {
  move_up(out);
  move_up(err);
  ::dup2(out.get(), STDOUT_FILENO);
  ::dup2(err.get(), STDERR_FILENO);
  select_one(test);
}

}  // namespace

Served serve(Descriptor socket, const std::string& launcher, const std::string& grace_ms) {
  Served served;
  const std::string obstacle = fork_obstacle();
  if (!obstacle.empty()) {
    send_fields(socket.get(), Fields{HOLDFAST_WORKER_CANNOT_FORK, obstacle});
    return served;
  }
  if (!send_list(socket.get(), selected_cases())) return served;
  flush_output();
  while (true) {
    Packet order = receive(socket.get());
    reap_anchors();
    if (order.fields.size() != 3 || order.fields[0] != HOLDFAST_WORKER_RUN) break;
    if (order.descriptors.size() != 3) break;
    Descriptor& report = order.descriptors[2];
    move_up(report);
    const pid_t anchor = ::fork();
    if (anchor == 0) {
      socket.reset();
      if (!fork_under_anchor(Anchor{report.get(), launcher, grace_ms})) ::_exit(0);
      become_case(order.fields[2], order.descriptors[0], order.descriptors[1]);
      served.test = order.fields[2];
      served.report = std::move(report);
      return served;
    }
    if (anchor < 0) fail_under_anchor(report.get(), "fork");
  }
  socket.reset();
  wait_for_anchors();
  return served;
}

}  // namespace gtest_support
}  // namespace holdfast
