// The pipes that a process has as stdout and stderr, and what comes out of them.
#pragma once

#include <poll.h>

#include <string>
#include <vector>

#include "core/result.hpp"
#include "exec/output_relay.hpp"
#include "os/unique_fd.hpp"

namespace holdfast::exec {

class Capture {
 public:
  // One pipe for both, or one for each.
  static Result<Capture> open(bool streams_are_one);

  // For the process: its stdout and its stderr.
  int output() const { return write_[0].get(); }
  int errors() const { return write_[1].valid() ? write_[1].get() : write_[0].get(); }
  // When the process has them: ours are closed.
  void close_writing();

  void add_descriptors(std::vector<pollfd>& fds) const;

  // Reads what is there, `use(Stream, std::string_view)` for each part, at most about a mebibyte.
  // Not waiting for an end: somebody may have the pipe open for ever.
  template <typename Use>
  void read(Use use) {
    for (int i = 0; i < 2; ++i) {
      std::string part;
      for (int parts = 0; parts < k_most_parts && take(i, part); ++parts) {
        use(i == 0 ? Stream::output : Stream::errors, std::string_view(part));
      }
    }
  }

 private:
  static constexpr int k_most_parts = 16;

  bool take(int which, std::string& part);

  os::UniqueFd read_[2];
  os::UniqueFd write_[2];
};

}  // namespace holdfast::exec
