// The directory that one attempt has to itself.
#pragma once

#include <string>

#include "core/result.hpp"

namespace holdfast::os {

// Makes `path` with mode 0700; the directory above it is made too. Fails when it is there already:
// nobody else's files may be taken for this attempt's.
Result<void> make_scratch_directory(const std::string& path);

// Removes `path` with all it holds; never follows a link, never leaves the file system it is on.
// False when something stays (files of another user, a mount).
bool remove_scratch_directory(const std::string& path);

// Removes it if nothing is in it. True when it is gone.
bool remove_if_empty(const std::string& path);

}  // namespace holdfast::os
