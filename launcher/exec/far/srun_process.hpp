// srun, which the near side of a far attempt starts. It has a process group of its own, so that
// Ctrl-C does not reach it, and it dies with us.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"
#include "os/file/unique_fd.hpp"
#include "os/signal/signals.hpp"

namespace holdfast::exec {

class SrunProcess {
 public:
  struct Order {
    std::vector<std::string> words;
    std::vector<std::string> environment;
    std::uint64_t tag = 0;  // the attempt's, by which the keeper finds what is left
  };

  // srun reads our stdin, unless that is a terminal: a process in the background must not read it.
  static Result<SrunProcess> start(const Order& order, const os::CallersSignals& callers);
  SrunProcess(SrunProcess&& other) noexcept;
  SrunProcess& operator=(SrunProcess&&) = delete;
  // Kills srun if it lives.
  ~SrunProcess();

  // Readable when srun has ended.
  int watched() const { return watched_.get(); }
  int output() const { return output_.get(); }  // do not block
  int errors() const { return errors_.get(); }
  // Read what is there, and close the descriptor at its end.
  std::string read_output() { return read(output_); }
  std::string read_errors() { return read(errors_); }

  // True: srun has ended.
  bool has_ended();
  void send(int signal);

 private:
  SrunProcess() = default;
  static std::string read(os::UniqueFd& from);

  pid_t pid_ = -1;
  bool is_reaped_ = false;
  os::UniqueFd watched_;
  os::UniqueFd output_;
  os::UniqueFd errors_;
};

}  // namespace holdfast::exec
