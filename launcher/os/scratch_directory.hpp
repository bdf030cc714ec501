// The directory that one attempt has to itself.
#pragma once

#include <string>

#include "core/result.hpp"

namespace holdfast::os {

// Makes `path` with mode 0700; the directory above it is made too. Fails when it is there already:
// nobody else's files may be taken for this attempt's.
Result<void> make_scratch_directory(const std::string& path);

// Whether it is as it was made: a directory of ours with mode 0700 and nothing in it.
bool is_pristine(const std::string& path);

// Removes what is in it and gives it its mode back; never follows a link, never leaves the file
// system it is on. False when something stays (files of another user, a mount).
bool empty_scratch_directory(const std::string& path);

}  // namespace holdfast::os
