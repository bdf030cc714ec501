// Whether the directories that tests and Holdfast write to have room, and may be written to.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "base/duration.hpp"
#include "doctor/base/finding.hpp"
#include "os/machine/limits.hpp"

namespace holdfast::doctor {

struct Place {
  std::string use;  // "the build tree"
  std::string path;
  bool has_programs = false;    // tests are started from there
  std::string trouble = {};     // why it cannot be looked at; empty: the rest counts
  bool is_missing = false;      // the trouble is that it does not exist
  std::string no_writing = {};  // why nobody can write there; empty: this user can
  dev_t device = 0;
  os::DiskSpace space = {};
};

struct Places {
  std::vector<Place> all;
  std::string user_directory = {};
  std::string user_directory_trouble = {};  // why Holdfast refuses it; empty: it does not
  bool user_directory_is_ours = false;      // it is a directory of this user
};

// `tree` is the build tree; empty: there is none. `patience`: how long a file system may take to
// answer.
Places look_at_places(const std::string& tree, Milliseconds patience);
Findings check_places(const Places& places);

// A text such as `/b has 12.0 GiB free, /tmp has 1.9 GiB free`.
std::string describe(const Places& places);

}  // namespace holdfast::doctor
