// The system calls for mounts that C libraries may lack (Linux 5.2): open_tree(2), move_mount(2).
#pragma once

#include <string>

#include "os/file/unique_fd.hpp"

namespace holdfast::os {

// Takes what is at `path`, with all mounts below it, as a mount that is nowhere yet. Invalid, with
// errno set: that failed.
UniqueFd take_mount(const std::string& path);

// Puts such a mount at `path`. False, with errno set: that failed.
bool put_mount(const UniqueFd& mount, const std::string& path);

}  // namespace holdfast::os
