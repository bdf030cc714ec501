// What the far side writes for the near one: frames on its stdout (core/far/srun_words.hpp), made
// of what the launcher and its test write into pipes.
#pragma once

#include <poll.h>

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"
#include "core/far/srun_words.hpp"
#include "os/file/unique_fd.hpp"

namespace holdfast::exec {

class FarOutput {
 public:
  FarOutput();

  // The pipes of the test's streams and of lines for people. To be called before the launcher is
  // forked. `one_stream`: stdout and stderr are one pipe.
  Result<void> open(bool one_stream);
  // The ends of the launcher: its stdout, its stderr, and lines for people.
  int output() const { return write_[0].get(); }
  int errors() const { return write_[1].valid() ? write_[1].get() : write_[0].get(); }
  int lines() const { return write_[2].get(); }
  // To be called in the launcher: closes the ends that are ours.
  void close_ours();

  // To be called when the launcher is forked. Says that the far side has begun.
  void begin();

  void add_descriptors(std::vector<pollfd>& fds) const;
  // Reads what is there and writes what srun takes. Never waits.
  void pass_on();
  // Reads and writes what is left when the test has ended. Whoever still has the pipes open is not
  // waited for. Gives up when `slurmstepd` has ended.
  void take_rest(int slurmstepd);
  // Writes all that is waiting; gives up when `slurmstepd` has ended.
  void finish(int slurmstepd);
  // Says the record of the end, and that this was all.
  void end(std::string_view record, int slurmstepd);
  // Nobody will ever read it.
  void give_up();

 private:
  static constexpr std::size_t k_most_waiting = 1024 * 1024;

  // False: nothing was there.
  bool read_pipes();
  void write();

  os::UniqueFd out_;  // does not block if it can be helped
  std::array<os::UniqueFd, 3> read_;
  std::array<os::UniqueFd, 3> write_;
  std::string waiting_;
  std::string line_;  // of people's lines, so far
  bool is_gone_ = false;
};

}  // namespace holdfast::exec
