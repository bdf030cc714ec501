// Whether a process of a batch has left the marker of a deliberate exit.
#pragma once

#include <sys/types.h>

#include <string>

namespace holdfast::exec {

// Of this process in this attempt: a valid file `exit-<pid>`, which is taken away. `directory`
// empty: there is none.
bool take_marker(const std::string& directory, const std::string& attempt, pid_t pid);

}  // namespace holdfast::exec
