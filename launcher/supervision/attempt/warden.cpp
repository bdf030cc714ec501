#include "supervision/attempt/warden.hpp"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "os/file/descriptors.hpp"
#include "os/file/system_call.hpp"

namespace holdfast::supervision {

Warden start_warden(std::vector<int> kept) {
  Result<os::Pipe> life = os::make_pipe();
  if (!life) return {};
  const int watched = life->read.get();
  Warden warden;
  warden.life = std::move(life->write);
  warden.pid = ::fork();
  if (warden.pid != 0) return warden;
  ::prctl(PR_SET_NAME, "holdfast-warden", 0, 0, 0);
  // Signals to the launcher's process group are not meant for the warden.
  ::setpgid(0, 0);
  (void)::chdir("/");
  os::leave_standard_streams();
  kept.insert(kept.end(), {0, 1, 2, watched});
  (void)warden.life.release();
  os::close_all_but(std::move(kept));
  char byte = 0;
  (void)os::retried([&] { return ::read(watched, &byte, sizeof byte); });
  return warden;
}

void dismiss_warden(Warden& warden) {
  if (warden.pid <= 0) return;
  ::kill(warden.pid, SIGKILL);
  (void)os::retried([&] { return ::waitpid(warden.pid, nullptr, 0); });
  warden = {};
}

}  // namespace holdfast::supervision
