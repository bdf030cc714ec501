// srun, which the near side of a far attempt starts. It has a process group of its own, so that
// Ctrl-C does not reach it, and it dies with us.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "attempt/attempt_plan.hpp"
#include "attempt/surroundings.hpp"
#include "base/result.hpp"
#include "os/file/descriptors.hpp"
#include "os/process/bounded_work.hpp"
#include "os/signal/signals.hpp"
#include "values/srun_words.hpp"

namespace holdfast::exec {

class SrunProcess {
 public:
  // srun reads our stdin, unless that is a terminal: a process in the background must not read it.
  // `tag`: the attempt's, by which the keeper finds what is left.
  static Result<SrunProcess> start(const std::vector<std::string>& words,
                                   const std::vector<std::string>& environment, std::uint64_t tag,
                                   const os::CallersSignals& callers);

  // Readable when srun has ended.
  int watched() const { return watched_.get(); }
  // What srun prints.
  supervision::Capture& output() { return output_; }

  // True: srun has ended.
  bool has_ended();
  void send(int signal);

 private:
  SrunProcess() = default;

  pid_t pid_ = -1;  // -1: there is none to reap
  os::UniqueFd watched_;
  supervision::Capture output_;
};

// Asks Slurm, by its own programs. Each question takes a limited time. When the test has been told
// to end, no question is answered.

// The allocation around ctest, by Slurm's variables.
struct Allocation {
  std::string job;    // empty: there is none
  std::string nodes;  // in Slurm's form: n[1-4]
  // Our environment, with ctest's variables of Slurm in place of those that the project gives the
  // test.
  std::vector<std::string> environment;
  // The variables of Slurm that the project gives the test.
  std::vector<std::string> of_test;
};
// `environment` is the test's.
Allocation allocation_of_ctest(char** environment);

// Returns the path of a program of Slurm. Empty: there is none. A test may have a PATH of its own,
// so the usual places are searched, too.
std::string slurm_program(std::string_view name);

class SlurmQuestions {
 public:
  SlurmQuestions(Allocation allocation, supervision::Surroundings& around)
      : allocation_(std::move(allocation)), around_(around) {}

  JobState state();
  // The nodes of the allocation that can run nothing now.
  std::vector<std::string> lost_nodes();
  // All nodes of the allocation. Empty: Slurm did not say.
  std::vector<std::string> all_nodes();
  // The signal to end the test that came meanwhile. 0: none.
  int told_to_end() const { return told_to_end_; }

 private:
  os::BoundedEnd ask(std::vector<std::string> words);

  Allocation allocation_;
  supervision::Surroundings& around_;
  int told_to_end_ = 0;
};

}  // namespace holdfast::exec
