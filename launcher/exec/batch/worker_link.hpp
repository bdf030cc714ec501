// The socket on which a linked program says at which case it is
// (docs/internals/worker-protocol.md).
#pragma once

#include <poll.h>
#include <sys/types.h>

#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"
#include "os/file/unique_fd.hpp"

namespace holdfast::exec {

class WorkerLink {
 public:
  // Listens in the marker directory. Invalid where that cannot be done: then programs are followed
  // by their output.
  static WorkerLink listen(const std::string& directory);
  WorkerLink() = default;
  WorkerLink(WorkerLink&&) = default;
  WorkerLink& operator=(WorkerLink&&) = default;
  ~WorkerLink();

  void add_descriptors(std::vector<pollfd>& fds) const;
  // Lets the worker in, if it is there: `main` is its process, 0 where that has no number here.
  void accept(pid_t main);
  bool has_peer() const { return peer_.valid(); }

  // The next message; empty: none now. The peer is gone, or says what is none: has_peer().
  // Valid until the next one is asked for.
  std::optional<std::string_view> next();
  // False: the peer is gone.
  bool send(std::string_view packet) const;
  // With descriptors in it (os::k_most_descriptors).
  bool send_with(std::string_view packet, std::initializer_list<int> descriptors) const;

  // The worker is gone, the next may come.
  void drop();

 private:
  os::UniqueFd listener_;
  os::UniqueFd peer_;
  os::UniqueFd waiting_;  // has connected, is not yet known to be the worker
  std::string path_;
  std::unique_ptr<char[]> packet_;
};

}  // namespace holdfast::exec
