#include "services/port_owners.hpp"

#include <algorithm>
#include <vector>

#include "base/text.hpp"
#include "os/file/clock.hpp"
#include "os/file/descriptors.hpp"
#include "os/network/sockets.hpp"
#include "os/process/process.hpp"

namespace holdfast::host {
namespace {

constexpr std::size_t k_longest_command = 200;
constexpr std::size_t k_longest_environment = std::size_t{1} << 20;

std::vector<std::string> loopback() { return {"127.0.0.1", "::1"}; }

}  // namespace

std::string stranger(pid_t pid) {
  std::string text = "pid " + std::to_string(pid);
  const std::string command = os::command_line_of(pid, k_longest_command);
  if (!command.empty()) text += " (" + brief(command) + ")";
  if (const Result<os::ProcessStat> stat = os::read_process_stat(pid)) {
    text += ", there for " + describe(os::age_of({pid, stat->start}));
  }
  const std::string directory = os::read_link(os::in_proc(pid, "cwd"));
  if (!directory.empty()) text += ", in " + brief(directory);
  const std::vector<std::string> entries = os::first_environment_of(pid, k_longest_environment);
  const std::string_view test = variable_in(entries, environment::k_test_name);
  const std::string_view run = variable_in(entries, environment::k_run_id);
  if (!test.empty()) text += ", of test \"" + brief(test) + "\"";
  if (!run.empty()) text += " (run " + brief(run) + ")";
  return text;
}

Listening listening_socket(const TcpSocket& socket) {
  return {"port " + std::to_string(socket.port), os::stream_of(socket), socket.user};
}

std::optional<Listening> listening_at(const Endpoint& endpoint) {
  const std::optional<TcpSocket> socket = os::listener_at(endpoint.addresses, endpoint.port);
  if (!socket) return std::nullopt;
  return listening_socket(*socket);
}

std::optional<Listening> listening_at(const std::string& path) {
  struct stat file {};
  const std::optional<std::vector<os::UnixListener>> all = os::diagnosed_unix_listeners();
  if (!all || ::stat(path.c_str(), &file) != 0) return std::nullopt;
  const unsigned device = os::kernel_form(file.st_dev);
  const auto inode = static_cast<std::uint32_t>(file.st_ino);
  auto found = std::ranges::find_if(
      *all, [&](const os::UnixListener& one) { return one.device == device && one.file == inode; });
  // Some filesystems, such as overlayfs, show programs other numbers than the kernel has.
  if (found == all->end()) found = std::ranges::find(*all, path, &os::UnixListener::path);
  if (found == all->end()) return std::nullopt;
  return Listening{path, os::stream_of_socket(found->inode), found->user};
}

std::optional<Listening> listening_at(const ServiceProbe& probe) {
  if (!probe.unix_socket.empty()) return listening_at(probe.unix_socket);
  const std::optional<Result<Endpoint>> place = endpoint_of(probe);
  return place && *place ? listening_at(**place) : std::nullopt;
}

std::optional<Listening> listening_on(std::uint16_t port) {
  return listening_at(Endpoint{loopback(), port, {}, {}});
}

std::string owner_of(const Listening& listening) {
  const std::string text = listening.place + " belongs to ";
  const std::vector<os::NamedProcess> holders = os::holders_of(listening.stream, {});
  if (!holders.empty()) return text + stranger(holders.front().pid);
  if (!listening.user) return text + "a process that cannot be seen";
  return text + "a process of the user with the number " + std::to_string(*listening.user);
}

void await_dying_listener(std::uint16_t port) {
  constexpr Milliseconds k_patience{1000};
  constexpr Milliseconds k_interval{5};
  const Milliseconds until = os::monotonic_now() + k_patience;
  while (os::monotonic_now() < until) {
    const std::optional<TcpSocket> listener = os::listener_at(loopback(), port);
    if (!listener) return;
    const std::vector<os::NamedProcess> holders = os::holders_of(os::stream_of(*listener), {});
    const bool are_dying = std::ranges::all_of(
        holders, [](const os::NamedProcess& holder) { return os::is_dying(holder.pid); });
    if (!are_dying) return;
    os::pause_for(k_interval);
  }
}

}  // namespace holdfast::host
