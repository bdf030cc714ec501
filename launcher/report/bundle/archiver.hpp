// Runs holdfast-archive, which is the only program with libarchive in it.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "os/file/unique_fd.hpp"

namespace holdfast {

class Archiver {
 public:
  // Starts the program words[0] with these words. It reads from `input` and writes to `output`; -1:
  // /dev/null.
  static Result<Archiver> start(std::vector<std::string> words, int input, int output);
  Archiver(Archiver&& other) noexcept;
  Archiver& operator=(Archiver&&) = delete;
  Archiver(const Archiver&) = delete;
  Archiver& operator=(const Archiver&) = delete;
  // Ends the program if nobody has waited for it.
  ~Archiver();

  // Waits for its end. The error is what the program says, or how it died.
  Result<void> wait();

 private:
  Archiver(pid_t pid, os::UniqueFd errors) : pid_(pid), errors_(std::move(errors)) {}

  pid_t pid_;            // 0: it is waited for
  os::UniqueFd errors_;  // its stderr
};

}  // namespace holdfast
