// What a batch prints: into a file of the run, where each case's part can be found, and on to
// ctest, byte for byte and in order. Never waits for ctest, so that signals and ends are heard
// meanwhile.
#pragma once

#include <poll.h>

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "os/unique_fd.hpp"

namespace holdfast::exec {

enum class Stream : std::uint8_t { output, errors };

class OutputRelay {
 public:
  // `log`: path of the file, which is made with the directory above it; empty: there is none.
  explicit OutputRelay(const std::string& log);

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
  bool is_full() const { return waiting_ > k_most_waiting; }

  void add_descriptors(std::vector<pollfd>& fds) const;
  // Passes on what ctest takes now.
  void pass_on();
  // Passes on the rest; waits for ctest as long as that takes it.
  void finish();

 private:
  static constexpr std::size_t k_most_waiting = 1024 * 1024;

  struct Target {
    os::UniqueFd own;  // does not block; invalid: `fd` is used, which may
    int fd = -1;
    bool is_gone = false;
  };
  struct Piece {
    Stream stream;
    std::string bytes;
  };

  Target& target(Stream stream);
  // How much of it is taken now.
  static std::size_t pass(Target& to, std::string_view bytes);
  // False: ctest takes nothing more now.
  bool pass_first();
  void keep(std::string_view bytes);

  bool one_ = true;
  Target targets_[2];
  std::deque<Piece> pieces_;
  std::size_t passed_ = 0;  // of the first piece
  std::size_t waiting_ = 0;
  std::string log_path_;
  os::UniqueFd log_;
  std::uint64_t position_ = 0;
  std::string trouble_;
};

}  // namespace holdfast::exec
