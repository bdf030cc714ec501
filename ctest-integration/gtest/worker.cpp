#include "worker.h"

#include <errno.h>
#include <holdfast/mark.h>
#include <holdfast/worker_protocol.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "anchor.hpp"
#include "fork_obstacles.hpp"
#include "own_process.hpp"
#include "packets.hpp"
#include "progress_log.hpp"

namespace holdfast {
namespace gtest_support {
namespace {

// The grace for leftovers of a case if exec names none.
const char* const k_usual_grace_ms = "5000";

// This process, as exec sees it. Nothing here is destroyed at the process's end, because static
// objects of the program may still run cases then.
struct Reporting {
  const holdfast_worker_framework* framework = nullptr;
  int socket = -1;  // -1: nobody is to be told
  ProgressLog log;
  CaseWords* words = nullptr;  // in the process of a case, in place of messages
  bool asks = false;
  OwnProcess owner;
};
Reporting reporting;
bool retires = false;

// False in a process that was forked from the one that reports, and where nobody is to be told.
bool is_here() { return reporting.framework != nullptr && reporting.owner.is_here(); }

// A message that cannot be sent is the last one: from then on exec reads the output instead.
void say(const Message& message) {
  const int socket = reporting.socket;
  if (socket < 0) return;
  const bool is_said =
      reporting.log.valid() ? reporting.log.say(socket, message) : send(socket, message);
  if (is_said) return;
  send(socket, Message(HOLDFAST_WORKER_SILENT));
  ::close(socket);
  reporting.socket = -1;
}

Message& add_case(Message& message, const char* suite, const char* name) {
  return message.put(suite, strlen(suite)).put(".", 1).put(name, strlen(name));
}

// The services of the test may have changed, and this process cannot learn where they are now.
void ask() {
  if (!reporting.asks || reporting.socket < 0) return;
  if (!send(reporting.socket, Message(HOLDFAST_WORKER_ASK))) return;
  Packet answer;
  receive(reporting.socket, answer);
  if (!answer.is(HOLDFAST_WORKER_LEAVE)) return;
  reporting.framework->flush();
  ::_exit(0);
}

[[noreturn]] void retire(const char* suite, const char* name) {
  Message message(HOLDFAST_WORKER_RETIRE);
  say(add_case(message, suite, name).end_field());
  char why[512];
  snprintf(why, sizeof why, "retired after %s.%s failed", suite, name);
  holdfast_mark_exit(why);
  reporting.framework->flush();
  ::_exit(1);
}

// The list of cases, on its way to exec in as many messages as it needs.
struct List {
  int socket;
  Message message;
  bool is_sent;
  bool is_sayable;  // each name fits into a message, with the other fields of any message
};
List* list = nullptr;

void add_to_list(const char* name) {
  const size_t size = strlen(name) + 1;
  list->is_sayable = list->is_sayable && size <= HOLDFAST_WORKER_LONGEST - 64;
  if (!list->is_sayable) return;
  if (list->message.size() + size > HOLDFAST_WORKER_LONGEST) {
    list->is_sent = list->is_sent && send(list->socket, list->message);
    list->message = Message(HOLDFAST_WORKER_LIST);
  }
  list->message.add(name);
}

bool refuse(int socket, const char* why) {
  send(socket, Message(HOLDFAST_WORKER_CANNOT_FORK).add(why));
  return false;
}

// Tells exec which cases there are. False: this process forks none.
bool send_list(int socket, const holdfast_worker_framework& framework) {
  char obstacle[512];
  if (has_fork_obstacle(obstacle, sizeof obstacle)) return refuse(socket, obstacle);
  List cases{socket, Message(HOLDFAST_WORKER_LIST), true, true};
  list = &cases;
  const char* unfit = framework.list(add_to_list);
  list = nullptr;
  if (!cases.is_sayable) unfit = "a case has too long a name";
  if (unfit != nullptr) return refuse(socket, unfit);
  // The last message has at least one case, unless there is none at all.
  const bool is_empty = cases.message.size() == sizeof HOLDFAST_WORKER_LIST;
  if (!is_empty) cases.is_sent = cases.is_sent && send(socket, cases.message);
  return cases.is_sent && send(socket, Message(HOLDFAST_WORKER_LISTED));
}

void reap_anchors() {
  while (::waitpid(-1, nullptr, WNOHANG) > 0) {
  }
}

void wait_for_anchors() {
  while (::waitpid(-1, nullptr, 0) > 0 || errno == EINTR) {
  }
}

void report_to(const holdfast_worker_framework& framework, Descriptor socket) {
  reporting = Reporting();
  reporting.framework = &framework;
  reporting.socket = socket.release();
  reporting.owner = OwnProcess::now();
}

// Called in the process of a case. Makes it like a process that was started for this case alone.
void become_case(Packet& order, Anchor& anchor, const holdfast_worker_framework& framework) {
  Descriptor& out = order.descriptors[0];
  Descriptor& err = order.descriptors[1];
  move_up(out);
  move_up(err);
  ::dup2(out.get(), STDOUT_FILENO);
  ::dup2(err.get(), STDERR_FILENO);
  framework.select(case_of(order));
  report_to(framework, static_cast<Descriptor&&>(anchor.report));
  reporting.words = anchor.words;
}

// Isolation `fork`: this process has done its start-up, and each case runs in a copy of it.
//
// Hazards. Memory is the case's own. But an open file has one offset for all cases, and a
// connection one peer (docs/reference/batches.md tells users so). Threads and timers are not copied
// at all: fork_obstacles.hpp refuses them. Each copy would write what was in a buffer when it was
// forked, so buffers are flushed before.
//
// Serves until exec sends no more cases. Returns once in the process of each case, and at the end
// in this process.
holdfast_worker_role serve(Descriptor socket, const Packet& mode,
                           const holdfast_worker_framework& framework) {
  if (!send_list(socket.get(), framework)) return HOLDFAST_WORKER_HAS_SERVED;
  framework.part();
  framework.flush();
  while (true) {
    Packet order;
    receive(socket.get(), order);
    reap_anchors();
    if (case_of(order) == nullptr || order.given != 3) break;
    const pid_t pid = ::fork();
    if (pid == 0) {
      socket.reset();
      Anchor anchor{static_cast<Descriptor&&>(order.descriptors[2]), mode.at[2],
                    mode.fields > 3 ? mode.at[3] : k_usual_grace_ms, nullptr};
      anchor_cases(anchor, order);
      become_case(order, anchor, framework);
      return HOLDFAST_WORKER_IS_CASE;
    }
    if (pid < 0) fail_under_anchor(order.descriptors[2].get(), "fork");
  }
  socket.reset();
  wait_for_anchors();
  return HOLDFAST_WORKER_HAS_SERVED;
}

// Connects, and asks exec for the mode. Invalid: there is no batch, or exec does not answer.
Descriptor ask_for_mode(Packet& mode) {
  Descriptor socket = connect_to_batch();
  if (!socket.valid()) return socket;
  Message hello(HOLDFAST_WORKER_HELLO);
  if (send(socket.get(), hello.add(HOLDFAST_WORKER_VERSION).add(::getpid()))) {
    receive_answer(socket.get(), mode);
  }
  const bool is_answer = mode.fields >= 2 && mode.is(HOLDFAST_WORKER_MODE);
  return is_answer ? static_cast<Descriptor&&>(socket) : Descriptor();
}

bool is_to_fork(const Packet& mode) {
  return mode.fields >= 3 && strcmp(mode.at[1], HOLDFAST_WORKER_MODE_FORK) == 0;
}

}  // namespace
}  // namespace gtest_support
}  // namespace holdfast

using namespace holdfast::gtest_support;

holdfast_worker_role holdfast_worker_begin(const holdfast_worker_framework* framework) {
  // A program that was not compiled anew speaks another version.
  if (strcmp(framework->version, HOLDFAST_WORKER_NAME) != 0) return HOLDFAST_WORKER_IS_NONE;
  Packet mode;
  Descriptor socket = ask_for_mode(mode);
  if (!socket.valid()) return HOLDFAST_WORKER_IS_NONE;
  if (is_to_fork(mode)) return serve(static_cast<Descriptor&&>(socket), mode, *framework);
  if (strcmp(mode.at[1], HOLDFAST_WORKER_MODE_REPORT) != 0) return HOLDFAST_WORKER_IS_NONE;
  report_to(*framework, static_cast<Descriptor&&>(socket));
  // Without the framework's lines, exec knows which case printed what only by when a packet
  // arrives.
  if (mode.given > 0 && framework->prints != 0) {
    reporting.log = ProgressLog::map(static_cast<Descriptor&&>(mode.descriptors[0]));
  }
  reporting.asks = mode.fields > 2 && strcmp(mode.at[2], HOLDFAST_WORKER_ASK) == 0;
  return HOLDFAST_WORKER_REPORTS;
}

int holdfast_worker_refuses_to_fork(const char* why) {
  Packet mode;
  const Descriptor socket = ask_for_mode(mode);
  if (!socket.valid()) return 0;
  if (!is_to_fork(mode)) {
    send(socket.get(), Message(HOLDFAST_WORKER_SILENT));
    return 0;
  }
  refuse(socket.get(), why);
  return 1;
}

int holdfast_worker_is_here(void) { return is_here() ? 1 : 0; }

void holdfast_worker_case_begins(const char* suite, const char* name) {
  if (!is_here() || reporting.words != nullptr) return;
  if (reporting.log.valid()) {
    Message message{char(HOLDFAST_WORKER_LOG_BEGIN)};
    return say(add_case(message, suite, name));
  }
  Message message(HOLDFAST_WORKER_BEGIN);
  say(add_case(message, suite, name).end_field());
}

void holdfast_worker_case_ends(const char* suite, const char* name, holdfast_worker_end end,
                               long long milliseconds) {
  if (!is_here()) return;
  const bool is_failed = end == HOLDFAST_WORKER_CASE_FAILED;
  const bool is_skipped = end == HOLDFAST_WORKER_CASE_SKIPPED;
  if (reporting.words != nullptr) {
    // A case that runs more than once has its worst end.
    if (reporting.words->said != 1 + HOLDFAST_WORKER_CASE_FAILED) reporting.words->said = 1 + end;
  } else if (reporting.log.valid()) {
    say(Message(char(is_failed    ? HOLDFAST_WORKER_LOG_FAILED
                     : is_skipped ? HOLDFAST_WORKER_LOG_SKIPPED
                                  : HOLDFAST_WORKER_LOG_PASSED)));
  } else {
    Message message(HOLDFAST_WORKER_END);
    add_case(message, suite, name).end_field();
    message.add(is_failed    ? HOLDFAST_WORKER_FAILED
                : is_skipped ? HOLDFAST_WORKER_SKIPPED
                             : HOLDFAST_WORKER_PASSED);
    say(message.add(milliseconds));
  }
  if (retires && is_failed && reporting.socket >= 0) retire(suite, name);
  ask();
}

void holdfast_worker_all_skipped(void) {
  if (!is_here()) return;
  if (reporting.words != nullptr) {
    reporting.words->said = 1 + HOLDFAST_WORKER_CASE_SKIPPED;
    return;
  }
  say(Message(HOLDFAST_WORKER_ALL_SKIPPED));
}

void holdfast_worker_finished(int code) {
  if (!is_here()) return;
  reporting.framework->flush();
  if (reporting.words != nullptr) {
    reporting.words->finished = 1;
    return;
  }
  say(Message(HOLDFAST_WORKER_FINISHED).add(code));
}

void holdfast_worker_retire_after_failure(void) { retires = true; }
