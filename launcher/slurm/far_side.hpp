// The far side of an attempt: the task of a Slurm step. It is two processes. The child is a
// launcher like any other: launcher, guard, containment, locks, stacks. The parent stands in
// ctest's place: it passes the test's output to srun, signals the launcher as the near side asks,
// ends it when slurmstepd has died, and writes the records.
#pragma once

#include <string>

namespace holdfast::exec {

// Whether this process was started for that: `holdfast-exec --far <job>`.
bool is_far_side(char** arguments);

// Returns the exit code of the task. It is 0 if the record of the end is written, whatever the test
// came to: srun has something to say of any other code.
int be_far_side(const std::string& job);

}  // namespace holdfast::exec
