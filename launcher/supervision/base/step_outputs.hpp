// The files that a build step makes. One that was cut short may have left half of them: for the
// next build they would be newer than what they are made of.
#pragma once

#include <time.h>

#include <string>
#include <vector>

#include "core/step/build_step.hpp"
#include "os/file/unique_fd.hpp"

namespace holdfast::supervision {

class StepOutputs {
 public:
  // To be made before the step begins, in its working directory. `command` is its null-terminated
  // command: a compiler is told there where its dependencies go.
  StepOutputs(const BuildStep& step, char** command);

  // Makes the directory in which it was made the working directory again.
  void go_there() const;

  // Removes those that have been written to since. Only regular files.
  void remove() const;

 private:
  os::UniqueFd directory_;
  timespec begun_{};
  std::vector<std::string> files_;
};

}  // namespace holdfast::supervision
