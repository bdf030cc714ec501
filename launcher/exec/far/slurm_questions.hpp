// Asks Slurm, by its own programs. Each question takes a limited time. When the test has been told
// to end, no question is answered.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/far/slurm_state.hpp"
#include "os/process/bounded_work.hpp"
#include "supervision/base/surroundings.hpp"

namespace holdfast::exec {

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
