// A guard that stays with leftovers, for tests that others need: until the run ends.
#pragma once

#include <cstdint>

#include "os/file/unique_fd.hpp"
#include "os/process/process_tree.hpp"

namespace holdfast::supervision {

struct EndOfRun {
  const os::UniqueFd& children;  // of watch_children()
  int keeper = -1;               // the connection, on which it says so; -1: there is none
  int parent = -1;               // ctest's pidfd; -1: nobody
  int contained = -1;            // to be kept open; -1: nothing is
};

// Lets go of every descriptor but these, of stdout above all: who reads it waits for its end.
void keep_only(const EndOfRun& watched);

enum class KeptLeftovers : std::uint8_t { alive, gone };
// Blocks until the keeper says that the run is over, without it until ctest is dead: then they are
// alive. Or until none is left.
KeptLeftovers wait_for_end_of_run(const EndOfRun& watched, os::TreeWatcher& watcher);

}  // namespace holdfast::supervision
