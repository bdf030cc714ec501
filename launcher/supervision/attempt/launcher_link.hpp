// The guard's end of its connection with the launcher. When the connection ends, the guard knows
// that the launcher was killed.
#pragma once

#include <signal.h>
#include <sys/types.h>

#include <cstdint>
#include <utility>

#include "os/file/unique_fd.hpp"
#include "supervision/base/guard_messages.hpp"

namespace holdfast::supervision {

class LauncherLink {
 public:
  LauncherLink(os::UniqueFd socket, pid_t launcher)
      : socket_(std::move(socket)), launcher_(launcher) {}

  pid_t launcher() const { return launcher_; }
  // False: the launcher is dead.
  bool is_up() const { return socket_.valid(); }
  // Returns a descriptor that is readable when there is something for next_order(); -1: the
  // launcher is dead.
  int fd() const { return socket_.valid() ? socket_.get() : -1; }
  // Forgets the descriptor. To be called after it was closed together with others.
  void forget() { (void)socket_.release(); }

  // Never waits.
  void report(const GuardReport& what);

  void signal(int number) const;
  bool is_stopped() const;

  enum class Heard : std::uint8_t { nothing, order, death };
  // Never waits.
  Heard next_order(GuardOrder& order);

 private:
  os::UniqueFd socket_;
  pid_t launcher_;
};

}  // namespace holdfast::supervision
