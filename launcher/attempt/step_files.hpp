// The files that a build step makes, and its line in the build journal
// (docs/reference/journal.md describes the format). A step that is cut short may leave half a file,
// which the next build would take for newer than its sources.
#pragma once

#include <time.h>

#include <string>
#include <vector>

#include "attempt/records.hpp"
#include "os/file/descriptors.hpp"
#include "values/build_step.hpp"

namespace holdfast::supervision {

// A step that is cut short may leave half a file, which the next build would take for newer than
// its sources. `command` is the step's null-terminated command. It may name the file into which a
// compiler writes the dependencies.
std::vector<std::string> files_made_by(const BuildStep& step, char** command);

class StepOutputs {
 public:
  // To be made before the step begins, in its working directory.
  StepOutputs(const BuildStep& step, char** command);

  // Returns to the working directory that the constructor saw.
  void go_there() const;

  // Removes those of the step's files that are regular and were written to since the constructor
  // ran.
  void remove() const;

 private:
  os::UniqueFd directory_;
  timespec begun_{};
  std::vector<std::string> files_;
};

// Appends the line to <tree>/.holdfast/build/journal.jsonl. Failure is silent: otherwise each of
// thousands of steps would report it.
void record_step(const BuildStep& step, const AttemptResult& result);

}  // namespace holdfast::supervision
