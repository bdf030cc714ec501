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

// Whether each name fits into a message, with the other fields of any message.
bool are_sayable(const std::vector<std::string>& cases) {
  const std::size_t longest = HOLDFAST_WORKER_LONGEST - 64;
  for (const std::string& name : cases) {
    if (name.size() > longest) return false;
  }
  return true;
}

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

// Called in the process of a case. Makes it like a process that was started for this case alone.
void become_case(CaseOrder& order) {
  move_up(order.out);
  move_up(order.err);
  ::dup2(order.out.get(), STDOUT_FILENO);
  ::dup2(order.err.get(), STDERR_FILENO);
  select_one(order.test);
}

// Returns in the process of each case.
Served become_anchor(Packet packet, const std::string& launcher, const std::string& grace_ms) {
  Anchor anchor{std::move(packet.descriptors[2]), launcher, grace_ms};
  CaseOrder order{packet.fields[2], std::move(packet.descriptors[0]),
                  std::move(packet.descriptors[1])};
  anchor_cases(anchor, order);
  become_case(order);
  return Served{order.test, std::move(anchor.report)};
}

}  // namespace

Served serve(Descriptor socket, const std::string& launcher, const std::string& grace_ms) {
  Served served;
  const std::string obstacle = fork_obstacle();
  if (!obstacle.empty()) {
    send_fields(socket.get(), Fields{HOLDFAST_WORKER_CANNOT_FORK, obstacle});
    return served;
  }
  const std::vector<std::string> cases = selected_cases();
  const std::string unfit = !are_sayable(cases) ? "a case has too long a name" : not_told_apart();
  if (!unfit.empty()) {
    send_fields(socket.get(), Fields{HOLDFAST_WORKER_CANNOT_FORK, unfit});
    return served;
  }
  if (!send_list(socket.get(), cases)) return served;
  // exec named an output file for the list of a program that is not linked with Holdfast. Here each
  // case would write that file.
  ::testing::TestEventListeners& listeners = ::testing::UnitTest::GetInstance()->listeners();
  delete listeners.Release(listeners.default_xml_generator());
  flush_output();
  while (true) {
    Packet packet = receive(socket.get());
    reap_anchors();
    if (packet.fields.size() != 3 || packet.fields[0] != HOLDFAST_WORKER_RUN) break;
    if (packet.descriptors.size() != 3) break;
    const pid_t anchor = ::fork();
    if (anchor == 0) {
      socket.reset();
      return become_anchor(std::move(packet), launcher, grace_ms);
    }
    if (anchor < 0) fail_under_anchor(packet.descriptors[2].get(), "fork");
  }
  socket.reset();
  wait_for_anchors();
  return served;
}

}  // namespace gtest_support
}  // namespace holdfast
