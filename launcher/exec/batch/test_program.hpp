// The program of a batch, by its test framework: the commands of its processes, what it lists, and
// who looks after a process of it.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "core/batch/batch.hpp"
#include "core/batch/framework.hpp"
#include "exec/batch/batch_worker.hpp"
#include "exec/batch/worker_command.hpp"
#include "os/process/spawn.hpp"

namespace holdfast::exec {

class TestProgram {
 public:
  virtual ~TestProgram() = default;

  virtual const Framework& framework() const = 0;

  // How a batch of it starts.
  struct Start {
    Isolation isolation = Isolation::none;
    std::string why;  // the isolation is not the wanted one; empty: there is nothing to say
  };
  virtual Start start(Isolation wanted) const = 0;

  // As it was given, but for what Holdfast must know of it.
  virtual WorkerCommand running_all() const = 0;
  // It runs what `selection` selects and nothing else.
  virtual WorkerCommand running(const std::string& selection) const = 0;
  // It lists its cases and runs none.
  virtual WorkerCommand listing() const = 0;
  // The event `listed`, or `not_listed`, of a process with that command, which has printed that and
  // ended like that. Takes away the file that the process has left.
  virtual BatchEvent listed(std::string_view printed, const WorkerEnd& end) const = 0;

  virtual std::unique_ptr<BatchWorker> worker(WorkerOrder order) const = 0;

  // For isolation `fork`, which start() must have allowed: it lists its cases, or serves them where
  // it is linked for that.
  virtual WorkerCommand serving() const { return listing(); }
  // Whether others run a part of its cases.
  virtual bool is_shard() const = 0;
};

// The program of that command, by what it contains; GoogleTest where that does not tell. `markers`
// is the attempt's marker directory; no path: there is none. The command must outlive the result.
std::unique_ptr<TestProgram> test_program(const os::Command& command, const std::string& markers);

std::unique_ptr<TestProgram> googletest_program(const os::Command& command,
                                                const std::string& markers);
std::unique_ptr<TestProgram> catch2_program(const os::Command& command, const std::string& markers,
                                            Catch2Version version);

}  // namespace holdfast::exec
