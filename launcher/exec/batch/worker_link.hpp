// The socket on which a linked program tells which case it runs
// (docs/internals/worker-protocol.md).
#pragma once

#include <sys/types.h>

#include <deque>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/batch/case_result.hpp"
#include "os/file/descriptors.hpp"
#include "os/file/wait.hpp"
#include "os/process/execute.hpp"

namespace holdfast::exec {

// The command of a test, changed for one process of a batch.

// A changed command. The given command must outlive this object, because unchanged words are not
// copied.
class WorkerCommand {
 public:
  // The command as it was given.
  explicit WorkerCommand(const os::Command& given);
  // The given program with these arguments.
  WorkerCommand(const os::Command& given, const std::vector<char*>& arguments);
  WorkerCommand(WorkerCommand&&) = default;
  WorkerCommand(const WorkerCommand&) = delete;

  void add_argument(std::string text);
  // `entry` is `NAME=VALUE`. A variable that is there already must be hidden first.
  void add_variable(std::string entry);
  void hide_variable(std::string_view name);

  // Returns the changed command, valid as long as this object. To be called once.
  os::Command command();

 private:
  os::Command command_;
  std::deque<std::string> own_;  // a deque does not move its texts when it grows
  std::vector<char*> arguments_;
  std::vector<char*> environment_;
};

// Returns the end of a case that a program names in a message. An unknown name counts as a failure.
CaseEnd case_end_named(std::string_view name);

class WorkerLink {
 public:
  // Listens in the marker directory. If that fails, no program can connect, and programs are
  // followed by their output.
  static WorkerLink listen(const std::string& directory);
  WorkerLink() = default;
  WorkerLink(WorkerLink&&) = default;
  WorkerLink& operator=(WorkerLink&&) = default;
  ~WorkerLink();

  void join(os::Wait& wait) const;
  // Lets the worker in, if it has connected. `main` is the pid of the worker: 0 if the worker has
  // no pid in our namespace, negative if its pid is not known yet.
  void accept(pid_t main);
  bool has_peer() const { return peer_.valid(); }

  // Returns the next message, valid until the next call. None: there is none now, or the peer is
  // gone and has_peer() is false.
  std::optional<std::string_view> next();
  // Both functions return false if the peer is gone. At most os::k_most_descriptors can be sent
  // with a packet.
  bool send(std::string_view packet) const;
  bool send_with(std::string_view packet, std::initializer_list<int> descriptors) const;

  // Drops the worker's connection, so that a worker can connect again.
  void drop();
  // Drops the worker's connection. The worker cannot connect again.
  void refuse();

 private:
  void refuse_others();

  os::UniqueFd listener_;
  os::UniqueFd peer_;
  os::UniqueFd waiting_;   // has connected, but may be another process than the worker
  bool had_peer_ = false;  // the worker is gone; it does not connect twice
  std::string path_;
  std::unique_ptr<char[]> packet_;
};

}  // namespace holdfast::exec
