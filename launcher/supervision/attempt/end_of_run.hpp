// Lets a guard stay with leftovers that other tests need, until the run ends.
#pragma once

#include <cstdint>

#include "os/file/unique_fd.hpp"
#include "os/process/process_tree.hpp"

namespace holdfast::supervision {

struct EndOfRun {
  const os::UniqueFd& children;  // of watch_children()
  int keeper = -1;               // the connection, on which it reports the end; -1: none
  int parent = -1;               // ctest's pidfd; -1: nobody
  int contained = -1;            // to be kept open; -1: nothing is
};

// Closes every descriptor but these, above all stdout: its reader waits for its end.
void keep_only(const EndOfRun& watched);

enum class KeptLeftovers : std::uint8_t { alive, gone };
// Blocks until the keeper says that the run is over, or, without a keeper, until ctest is dead;
// then the leftovers are alive. Returns earlier when none is left.
KeptLeftovers wait_for_end_of_run(const EndOfRun& watched, os::TreeWatcher& watcher);

}  // namespace holdfast::supervision
