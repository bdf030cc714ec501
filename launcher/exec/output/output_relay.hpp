// What a test prints: into a file of the run, where each case's part can be found, and on to ctest,
// byte for byte and in order: as it comes, or only when it is known to be the last attempt's. Never
// waits for ctest, so that signals and ends are heard meanwhile.
#pragma once

#include <poll.h>

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "os/file/unique_fd.hpp"
#include "supervision/base/records.hpp"

namespace holdfast::exec {

enum class Stream : std::uint8_t { output, errors };

// Where what an attempt prints is kept, beside its journal; empty: it has none.
std::string log_of(const supervision::AttemptIdentity& identity);

class OutputRelay {
 public:
  enum class Passing : std::uint8_t { at_once, when_released };

  // `log`: path of the file, which is made with the directory above it; empty: there is none. What
  // is passed on later is then kept in memory.
  explicit OutputRelay(const std::string& log, Passing passing = Passing::at_once);

  // Whether ctest has one pipe for both.
  bool streams_are_one() const { return one_; }
  // Bytes in the log so far.
  std::uint64_t position() const { return position_; }
  // Path; empty: nothing is captured.
  const std::string& log() const { return log_path_; }
  // Why the log ends early or is not there, said once; empty: nothing to say.
  std::string take_trouble();

  void write(Stream stream, std::string_view bytes);
  // So much waits for ctest that no more should be read from who prints.
  bool is_full() const { return !held_back_ && waiting_ > k_most_waiting; }

  void add_descriptors(std::vector<pollfd>& fds) const;
  // Passes on what ctest takes now.
  void pass_on();
  // Passes on the rest; waits for ctest as long as that takes it. Not of what is held back.
  void finish();

  // Passes on what was held back, and waits for ctest as finish() does; from now on nothing is.
  void release();
  bool holds_back() const { return held_back_; }
  // Of what is held back ctest gets this first. It is not of the log.
  void put_first(std::string line) { first_ = std::move(line); }
  // All of it so far, its last `most` bytes. Without a log of what was passed on at once no more
  // than the last mebibyte.
  std::string text(std::size_t most) const;

 private:
  static constexpr std::size_t k_most_waiting = 1024 * 1024;
  static constexpr std::size_t k_tail = 1024 * 1024;

  struct Target {
    os::UniqueFd own;  // does not block; invalid: `fd` is used, which may
    int fd = -1;
    bool is_gone = false;
  };
  struct Piece {
    Stream stream;
    std::string bytes;
  };

  void open_log();
  std::string read_log(std::uint64_t from, std::size_t length) const;
  Target& target(Stream stream);
  // How much of it is taken now.
  static std::size_t pass(Target& to, std::string_view bytes);
  // False: ctest takes nothing more now.
  bool pass_first();
  void keep(std::string_view bytes);
  void keep_tail(std::string_view bytes);

  bool one_ = true;
  Target targets_[2];
  std::deque<Piece> pieces_;
  std::size_t passed_ = 0;  // of the first piece
  std::size_t waiting_ = 0;
  std::string log_path_;
  os::UniqueFd log_;
  std::uint64_t position_ = 0;
  std::string tail_;  // without a log
  std::string trouble_;
  bool is_full_ = false;  // the disk: the log ends where it is
  bool held_back_ = false;
  std::string first_;
  // Of what is held back: which stream the next so many bytes of the log are of. What a full disk
  // did not take is in pieces_.
  std::vector<std::pair<Stream, std::uint64_t>> held_;
};

}  // namespace holdfast::exec
