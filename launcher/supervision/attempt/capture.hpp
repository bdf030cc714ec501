// The pipes that are a process's stdout and stderr, and what comes out of them.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"
#include "os/file/unique_fd.hpp"
#include "os/file/wait.hpp"

namespace holdfast::supervision {

// Which of the two a part came from.
enum class Stream : std::uint8_t { output, errors };

class Capture {
 public:
  // Makes one pipe for both streams, or one for each.
  static Result<Capture> open(bool streams_are_one);

  // Return the descriptors for the process: its stdout and its stderr.
  int output() const { return write_[0].get(); }
  int errors() const { return write_[1].valid() ? write_[1].get() : write_[0].get(); }
  // Closes our copies of these descriptors, once the process has its own.
  void close_writing();

  void join(os::Wait& wait) const;
  // Returns how many bytes a pipe holds.
  std::size_t size() const { return size_; }

  // Reads all that is in the pipes at the call, and calls `use(Stream, std::string_view)` for each
  // part. That is at most about a mebibyte from each pipe, because a pipe holds no more. Does not
  // wait for the end of a pipe, because a process may keep it open for ever.
  template <typename Use>
  void read(Use use) {
    for (std::size_t i = 0; i < 2; ++i) {
      for (std::size_t taken = 0; taken < k_most;) {
        const std::string_view part = take(i);
        if (!part.empty()) use(i == 0 ? Stream::output : Stream::errors, part);
        // A short part was all that the pipe had.
        if (part.size() < part_size_) break;
        taken += part.size();
        if (taken >= k_much) make_parts_larger();
      }
    }
  }

 private:
  static constexpr std::size_t k_most = 1024UL * 1024UL;
  static constexpr std::size_t k_much = 48UL * 1024UL;
  // Few programs print more at once, and each page that is touched costs time.
  static constexpr std::size_t k_usual_part = 16UL * 1024UL - 64;
  static constexpr std::size_t k_large_part = 64UL * 1024UL;

  void make_parts_larger();

  // The result is valid until the next call.
  std::string_view take(std::size_t which);

  std::array<os::UniqueFd, 2> read_;
  std::array<os::UniqueFd, 2> write_;
  std::size_t size_ = 0;
  std::unique_ptr<char[]> part_;
  std::size_t part_size_ = k_usual_part;
};

}  // namespace holdfast::supervision
