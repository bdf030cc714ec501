// holdfast-etcd FD
//
// FD: the connection with whoever has started this program, a keeper or `holdfast run`.
#include <fcntl.h>
#include <signal.h>

#include <cstdlib>
#include <optional>

#include "core/base/environment.hpp"
#include "core/base/number.hpp"
#include "core/outcome/exit_codes.hpp"
#include "etcd/service.hpp"
#include "log/log.hpp"
#include "os/file/descriptors.hpp"

int main(int count, char** arguments) {
  using namespace holdfast;
  const std::optional<int> control = count == 2 ? parse_number<int>(arguments[1]) : std::nullopt;
  if (!control || *control < 0 || ::fcntl(*control, F_SETFD, FD_CLOEXEC) != 0) {
    return exit_codes::k_usage;
  }
  // It ends by itself when nobody needs it, and gives its leases back before that. Whoever ends the
  // tree of a test, a session or a cgroup means the tests.
  for (const int signal : {SIGPIPE, SIGXFSZ, SIGTERM, SIGINT, SIGHUP, SIGQUIT}) {
    ::signal(signal, SIG_IGN);
  }
  os::leave_standard_streams();  // what the dynamic linker could say has not been said
  log_by_spdlog("etcd");
  etcd::serve(os::UniqueFd(*control), std::getenv(environment::k_cluster_password.data()));
  return exit_codes::k_success;
}
