// Sockets of keepers that were killed.
#pragma once

#include "os/file/unique_fd.hpp"

namespace holdfast {

// Removes from the directory of keepers what belongs to a ctest that is gone. A name that is none
// of a keeper's socket is left alone.
void remove_stale_sockets(const os::UniqueFd& keepers);

}  // namespace holdfast
