// Descriptors and system calls on them: what a process inherited or its caller had closed, waits
// for them, and small files as a whole.
#pragma once

#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/duration.hpp"
#include "base/result.hpp"
#include "os/file/clock.hpp"

namespace holdfast::os {

// The one EINTR helper, and errors from errno.

// Repeats a system call that a signal interrupted. `call` returns -1 on error.
template <typename Call>
auto retried(Call call) {
  auto result = call();
  while (result == -1 && errno == EINTR) result = call();
  return result;
}

// Makes "open /x: Permission denied" from `number`. Uses strerrordesc_np(), because strerror()
// allocates a locale.
inline Error system_error(std::string_view what, int number) {
  const char* text = strerrordesc_np(number);
  return Error{std::string(what) + ": " + (text != nullptr ? text : "unknown error")};
}

// Does the same with errno, which is read before anything can change it.
inline Error system_error(std::string_view what) { return system_error(what, errno); }

// A descriptor that is closed exactly once, by its owner.
class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    const int fd = std::exchange(other.fd_, -1);
    reset();
    fd_ = fd;
    return *this;
  }
  ~UniqueFd() { reset(); }

  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }
  int release() { return std::exchange(fd_, -1); }
  // Does not repeat close(2) after EINTR: on Linux the descriptor is closed even then.
  void reset() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }

 private:
  int fd_ = -1;
};

// Closes every descriptor that is not in `kept`. The order of `kept` does not matter, and numbers
// below 0 are ignored. The caller must make an object that owns a closed descriptor release it.
void close_all_but(std::vector<int> kept);

// Replaces stdin, stdout and stderr by /dev/null, so that nobody waits for the end of our output.
void leave_standard_streams();

struct Pipe {
  UniqueFd read;
  UniqueFd write;
};

// Makes a pipe that is closed by execve(2). `flags`: others of pipe2(2).
Result<Pipe> make_pipe(int flags = 0);

// Raises the soft limit of descriptors. It may be low for the sake of programs that use select(2).
void allow_many_descriptors();

// Waits until poll(2) tells one of `events` of this descriptor, an error or the end of the other
// side: true. False: `until` has come, on the clock of monotonic_now(). A signal does not end the
// wait.
bool wait_for(int fd, Milliseconds until, short events = POLLIN);

// True: to read from `fd` does not wait: something is there, or the other end is closed. False for
// an invalid descriptor.
bool is_readable(int fd);

// True: the other end of a socket or pipe is closed. False for an invalid descriptor.
bool is_hung_up(int fd);

// True: `fd` is a pipe that nobody reads any more, so that a write to it raises SIGPIPE (pipe(7)).
bool has_lost_its_reader(int fd);

// Opens /dev/null as stdin, stdout or stderr if the caller closed it. Otherwise a later descriptor,
// such as a lock's file, could get the number of stderr, and messages would be written to it. The
// test still finds the three closed. `first`: the first descriptor that this process opened and
// keeps. If it has one of the three numbers, it gets another number.
Result<void> fill_closed_streams(UniqueFd& first);

// A wait for descriptors, until a time: what poll(2) is asked for, and what it has said. A loop
// makes one for each of its turns, and its parts join it with what they wait for.

class Wait {
 public:
  explicit Wait(std::initializer_list<int> readable = {}, Milliseconds until = k_longest);

  // Waits for `events` of the descriptor too (poll(2)). A negative descriptor is left out.
  void on(int fd, short events = POLLIN);
  // Waits until this time on the clock of monotonic_now(). The earliest counts.
  void until(Milliseconds time);

  // Returns how many descriptors have news; 0: the time has come; negative: a signal or an error
  // ended the wait, and nothing is known of the descriptors. To be called once.
  int go();
  // Waits for at most a time of less than a second, whatever until() says.
  int go_for(std::chrono::nanoseconds time);

  // What poll(2) has said of the descriptor; 0: nothing, or nobody waits for it. Only for one that
  // has been open since then: the number of one that was closed may be that of a new one.
  short news(int fd) const;

  // For a library that waits itself.
  const std::vector<pollfd>& descriptors() const { return descriptors_; }
  int time_left() const;  // as poll_time()

 private:
  std::vector<pollfd> descriptors_;
  Milliseconds until_;
};

// Does nothing for that time. A signal ends it.
void pause_for(Milliseconds time);

// Reads and writes files: whole small files, and pieces of large files. Makes small files in memory
// (memfd_create(2)), by which a process gives data to the program that it becomes or starts.

// Reads at most `limit` bytes, by read(2) until the end. Meant for /proc and what the user names;
// read_own() is for our own files (os/file/own_files.hpp).
Result<std::string> read_file(const std::string& path, std::size_t limit = 64 * 1024);

// Returns the first line of a small file; empty: the file cannot be read.
std::string first_line_of(const std::string& path, std::size_t limit = 4096);

// Returns the number in such a file, in its first line that begins with `key`, after that and
// blanks. None: there is none.
std::optional<std::uint64_t> number_in(const std::string& path, std::string_view key = {});

// Tells a file from all others that exist, stat(2).
struct FileId {
  dev_t device = 0;
  ino_t inode = 0;  // no file has 0

  bool is_there() const { return inode != 0; }
  friend bool operator==(const FileId&, const FileId&) = default;
};

inline FileId id_of(const struct stat& info) { return {info.st_dev, info.st_ino}; }

// The file that is open, or is at the path, behind links. None: it cannot be looked at.
std::optional<FileId> file_of(int fd);
std::optional<FileId> file_at(const std::string& path);

// True: the paths are equal, or lead to one file.
bool are_one_file(const std::string& one, const std::string& other);

// True: a directory is at the path, perhaps behind links.
bool is_directory(const std::string& path);

// Returns the path to which a symbolic link leads; empty, with errno set: the link cannot be read.
std::string read_link(const std::string& path);

// Returns the path of the working directory; empty: it has none any more, or it cannot be told.
std::string working_directory();

// Returns what comes after `label` in the first line that has it; empty: none has it.
std::string_view rest_of_line(std::string_view text, std::string_view label);

// The next three functions return false, with errno set, if they fail. Reads the rest of `file`, at
// most `limit` bytes, and replaces `text` by it.
bool read_all(int file, std::string& text, std::size_t limit = std::string::npos);
// Reads exactly `size` bytes. Also fails if the file ends before that.
bool read_at(int file, std::uint64_t offset, void* into, std::size_t size);
bool write_all(int file, std::string_view text);

// Makes an empty file in `directory`, for reading and writing. It has no name, so it is gone when
// its descriptor is closed.
Result<UniqueFd> nameless_file(const std::string& directory);

// Makes a file in memory with `text` in it, to be read from its beginning. It survives execve(2).
Result<UniqueFd> memory_file(std::string_view text);
// Reads such a file from its beginning, even if some of it was read before. Fails for a descriptor
// that cannot seek.
Result<std::string> read_memory_file(int fd);

}  // namespace holdfast::os
