// A process in the place of ctest, whose stderr the test reads.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <string>
#include <utility>

#include "os/child_process.hpp"
#include "os/file/descriptors.hpp"
#include "os/process/process.hpp"

namespace holdfast {

class HeardStderr {
 public:
  ProcessName process() const { return {child_.pid(), os::read_process_stat(child_.pid())->start}; }

  // What was written since the last call.
  std::string heard() const {
    char text[64 * 1024];
    const ssize_t got = os::retried([&] { return ::read(pipe_.read.get(), text, sizeof text); });
    return std::string(text, got > 0 ? static_cast<std::size_t>(got) : 0);
  }

 private:
  os::Pipe pipe_ = std::move(*os::make_pipe(O_NONBLOCK));
  os::Channel there_;
  os::Child child_{[this] {
    ::dup2(pipe_.write.get(), STDERR_FILENO);
    there_.say("there");
    return ::pause();
  }};
  std::string begun_ = there_.hear();
};

}  // namespace holdfast
