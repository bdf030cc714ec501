// Which lock a spec means: `db@project` is another lock in another project.
#pragma once

#include <string>
#include <vector>

#include "core/lock/lock_spec.hpp"

namespace holdfast {

// Where the request comes from.
struct LockHome {
  std::string project;  // key of the scope `project`; empty outside a build tree
  std::string tree;     // build tree; empty outside one
};

// The directory of the scope, below that of all locks: `project-<key>`, `build-<hash of the tree>`,
// `user`, `machine`. Outside a build tree there is no project; the next wider scope is the user.
std::string scope_directory(LockScope scope, const LockHome& home);

// `<scope directory>/<name, encoded>`: the same text for the same lock, everywhere.
std::string place_of(const LockSpec& spec, const LockHome& home);

// The specs as `home` takes them. A scope that does not exist there becomes the scope it stands
// for. So one lock is asked for once, and the one global order holds for places too.
Result<std::vector<LockSpec>> locks_at(const LockHome& home, std::vector<LockSpec> specs);

// The place of the lock that allows one run at a time on a build tree. No spec names it.
std::string run_place(const std::string& tree);

}  // namespace holdfast
