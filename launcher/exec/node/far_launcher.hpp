// The launcher of the far side: a child that does all that a launcher beside ctest does for one
// attempt, and says its result.
#pragma once

#include <sys/types.h>

#include <string>

#include "core/base/result.hpp"
#include "exec/far/far_files.hpp"
#include "exec/far/far_job.hpp"
#include "exec/node/far_output.hpp"
#include "os/file/unique_fd.hpp"
#include "os/signal/signals.hpp"

namespace holdfast::exec {

// The name of this machine, as Slurm knows it.
std::string node_name();

class FarLauncher {
 public:
  // If we are killed, the launcher itself leaves the record of the end in `files`.
  static Result<FarLauncher> start(const FarJob& job, const FarFiles& files,
                                   const os::CallersSignals& callers, FarOutput& output);

  // Reaps it if it has ended, and children that it has left to us.
  bool has_ended();
  // True: it came to its own end.
  bool ended_well() const;
  void send(int signal) const;
  // Its result as text (exec/far/far_result.hpp); empty: it was killed before.
  std::string said() const;

 private:
  pid_t pid_ = -1;
  int status_ = 0;
  bool has_ended_ = false;
  os::UniqueFd result_;  // a file in memory that both have
};

}  // namespace holdfast::exec
