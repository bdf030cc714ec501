#include "supervision/attempt/launcher_link.hpp"

#include <sys/socket.h>

#include <cerrno>

#include "os/file/system_call.hpp"
#include "os/process/process.hpp"

namespace holdfast::supervision {

void LauncherLink::report(const GuardReport& what) {
  if (!socket_.valid()) return;
  const ssize_t sent = os::retried(
      [&] { return ::send(socket_.get(), &what, sizeof what, MSG_NOSIGNAL | MSG_DONTWAIT); });
  // A report that cannot be sent shows that the launcher was killed.
  if (sent < 0 && errno != EAGAIN) socket_.reset();
}

void LauncherLink::signal(int number) const {
  if (::getppid() == launcher_) ::kill(launcher_, number);
}

bool LauncherLink::is_stopped() const { return os::is_stopped(launcher_); }

LauncherLink::Heard LauncherLink::next_order(GuardOrder& order) {
  const ssize_t got =
      os::retried([&] { return ::recv(socket_.get(), &order, sizeof order, MSG_DONTWAIT); });
  if (got == static_cast<ssize_t>(sizeof order)) return Heard::order;
  if (got < 0 && errno == EAGAIN) return Heard::nothing;
  socket_.reset();
  return Heard::death;
}

}  // namespace holdfast::supervision
