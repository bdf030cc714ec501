// What a linked program tells of its cases: on a socket, and in memory that it shares with us
// (docs/internals/worker-protocol.md).
#pragma once

#include <holdfast/worker_protocol.h>
#include <sys/mman.h>
#include <sys/types.h>

#include <cstdint>
#include <deque>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "os/file/descriptors.hpp"
#include "os/process/execute.hpp"
#include "values/case_result.hpp"

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

  void add_arguments(std::initializer_list<std::string_view> words);
  void set_variable(std::string_view name, std::string_view value);
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

// The shared memory in which a linked program tells about its cases without a system call. The
// program can write anything into it, so every byte is checked.
class ProgressLog {
 public:
  struct Entry {
    enum class Kind : std::uint8_t {
      begin,    // `text`: the case's name
      end,      // `said`: the end of the case that began last
      message,  // `text`: a message as in a packet
    };
    Kind kind = Kind::message;
    std::string_view text = {};  // valid until first() is called again
    CaseEnd said = CaseEnd::passed;
    std::int64_t at_us = 0;  // when, as the program says
  };

  // Not valid if the kernel has no sealed files in memory. Everything comes in packets then.
  static ProgressLog make();

  bool valid() const { return start_ != nullptr; }
  // Returns the descriptor for the program.
  int fd() const { return file_.get(); }
  void reset();

  // True: the log has an entry that has not been taken.
  bool has_news() const;
  // Returns the same, and lets first() see such entries. What a program prints before it writes an
  // entry is in the pipe when the entry is seen. So the caller must look first, then read the pipe,
  // and then take the entries.
  bool look();
  // Returns the first entry that was seen and not taken. None: there is none, or the log is broken.
  std::optional<Entry> first();
  // Takes the entry that first() has returned.
  void drop_first();
  // True: first() has found bytes that are no entry.
  bool is_broken() const { return is_broken_; }
  // Returns when the last entry was written, as the program says. None: all entries were taken.
  std::optional<std::int64_t> last_us();

  // Asks the program for a packet with its next entry.
  void want_news();
  // Starts the log again at its beginning. All entries must be taken, and the program must wait.
  void begin_anew();

 private:
  struct Record {
    std::uint32_t size = 0;   // bytes of its message
    std::uint32_t whole = 0;  // bytes of the whole record
    std::int64_t at_us = 0;
  };

  // None: there is no record, or not all of it has been seen.
  std::optional<Record> record_at(std::uint32_t from) const;

  struct Unmap {
    void operator()(char* start) const { ::munmap(start, HOLDFAST_WORKER_LOG_SIZE); }
  };

  std::unique_ptr<char, Unmap> start_;
  os::UniqueFd file_;
  std::string message_;  // a copy: the program can change shared memory at any moment
  std::uint32_t taken_ = 0;
  std::uint32_t seen_ = 0;
  std::uint32_t size_of_first_ = 0;
  bool is_broken_ = false;
};

}  // namespace holdfast::exec
