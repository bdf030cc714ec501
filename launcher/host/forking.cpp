#include "host/forking.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>

#include "core/base/result.hpp"
#include "os/file/system_call.hpp"
#include "os/process/execute.hpp"
#include "os/process/process.hpp"
#include "os/signal/signals.hpp"
#include "supervision/base/teller.hpp"

namespace holdfast::host {
namespace {

constexpr int k_failed = 127;

// Ends this process as the other one ended.
int end_as(int status) {
  if (!WIFSIGNALED(status)) return WEXITSTATUS(status);
  const rlimit none{0, 0};  // the other one may have left a core; one is enough
  (void)::setrlimit(RLIMIT_CORE, &none);
  (void)::signal(WTERMSIG(status), SIG_DFL);
  (void)::raise(WTERMSIG(status));
  return 128 + WTERMSIG(status);
}

}  // namespace

int be_forking_service(int told, char** command) {
  (void)::fcntl(told, F_SETFD, FD_CLOEXEC);
  // The command line must not look like the service's.
  os::set_process_title("holdfast", {"holdfast", "service-fork"});
  (void)::prctl(PR_SET_CHILD_SUBREAPER, 1);
  const os::Spawned spawned = os::spawn({command, ::environ}, {});
  if (spawned.error != 0) {
    supervision::write_line(
        "service-fork: " +
        to_text(os::system_error(std::string("start ") + *command, spawned.error)));
    return k_failed;
  }
  int status = 0;
  for (pid_t ended = 0; (ended = os::retried([&] { return ::waitpid(-1, &status, 0); })) > 0;) {
    if (status != 0) return end_as(status);
    if (ended == spawned.pid) (void)os::retried([&] { return ::write(told, "", 1); });
  }
  return 0;
}

}  // namespace holdfast::host
