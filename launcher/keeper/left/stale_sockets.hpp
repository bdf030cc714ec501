// Sockets of keepers that were killed.
#pragma once

#include "os/file/unique_fd.hpp"

namespace holdfast {

// Removes from the directory of keepers all sockets whose ctest is gone. It leaves alone a name
// that is not a keeper's.
void remove_stale_sockets(const os::UniqueFd& keepers);

}  // namespace holdfast
