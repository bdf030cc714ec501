#include "keeper/start.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <string>
#include <string_view>
#include <utility>

#include "base/names.hpp"
#include "cleanup/stale_files.hpp"
#include "keeper/keeper_loop.hpp"
#include "os/file/trusted_directory.hpp"
#include "os/log/log.hpp"
#include "os/process/packet_socket.hpp"
#include "os/process/process.hpp"
#include "os/signal/signals.hpp"

namespace holdfast {
namespace {

constexpr std::string_view k_listens = "L";
// Descriptors of the keeper: one for its first words to its starter, one for the run's lock.
constexpr int k_caller = 3;
constexpr int k_run_lock = 4;

// No descriptor of the caller may stay open: a pipe of ctest would block ctest or its reader.
void leave_caller(int kept, int run_lock) {
  ::setsid();
  // The keeper has two descriptors for each running test, and a duplicate of every lock descriptor.
  // A counted lock has many.
  os::allow_many_descriptors();
  (void)::chdir("/");
  os::leave_standard_streams();
  // Both descriptors first move out of the way, because each may now have the number that the other
  // is to get.
  constexpr int k_out_of_the_way = 10;
  const int high = ::fcntl(kept, F_DUPFD_CLOEXEC, k_out_of_the_way);
  const int high_lock = run_lock >= 0 ? ::fcntl(run_lock, F_DUPFD_CLOEXEC, k_out_of_the_way) : -1;
  ::dup2(high, k_caller);
  // The hosts of services, which the keeper starts, must not keep the lock.
  if (high_lock >= 0) ::dup3(high_lock, k_run_lock, O_CLOEXEC);
  ::close_range(high_lock >= 0 ? k_run_lock + 1 : k_run_lock, ~0U, 0);
}

Result<void> prepare_directory() {
  HOLDFAST_TRY(const os::UniqueFd user, os::open_user_directory());
  HOLDFAST_TRY(const os::UniqueFd made,
               os::open_below(user, std::string(names::k_user_keepers_directory), 0700));
  remove_stale_sockets();
  remove_stale_scratch();
  return {};
}

// The keeper process, from beginning to end.
[[noreturn]] void be_keeper(const KeeperOrder& order) {
  const auto fail = [&](const Error& error) {
    (void)os::write_all(k_caller, to_text(error));
    ::_exit(1);
  };
  os::take_signals();
  show_as_keeper(order.tree, order.ctest);
  os::log_as("keeper");
  if (Result<void> ready = prepare_directory(); !ready) fail(ready.error());
  Result<os::UniqueFd> ctest = os::watch_process(order.ctest);
  if (!ctest) fail(ctest.error());
  const std::string path = keeper_socket_path_here(order.ctest);
  os::Listening listening = os::listen_at(path);
  if (listening.existed) {
    (void)os::write_all(k_caller, k_listens);
    ::_exit(0);
  }
  if (!listening.socket.valid()) fail(listening.error);
  serve_as_keeper(order, path, std::move(listening.socket), std::move(*ctest), [] {
    (void)os::write_all(k_caller, k_listens);
    ::close(k_caller);
  });
}

}  // namespace

Result<void> start_keeper(const KeeperOrder& order) {
  HOLDFAST_TRY(os::Pipe words, os::make_pipe());
  const pid_t child = ::fork();
  if (child < 0) return os::system_error("start the keeper");
  if (child == 0) {
    leave_caller(words.write.get(), order.run_lock);
    KeeperOrder own = order;
    if (own.run_lock >= 0) own.run_lock = k_run_lock;
    be_keeper(own);
  }
  words.write.reset();
  // One read: what the keeper starts may have its end of the pipe.
  char text[512];
  const ssize_t got = os::retried([&] { return ::read(words.read.get(), text, sizeof text); });
  if (got <= 0) return Error{"start the keeper: it ended at once"};
  const std::string said(text, static_cast<std::size_t>(got));
  return said == k_listens ? Result<void>() : ErrorInWords{said};
}

}  // namespace holdfast
