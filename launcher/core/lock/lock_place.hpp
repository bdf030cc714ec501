// Which lock a spec means: `db@project` of one project is not that of another.
#pragma once

#include <string>
#include <vector>

#include "core/lock/lock_spec.hpp"

namespace holdfast {

// Who asks.
struct LockHome {
  std::string project;  // key of the scope `project`; empty outside a build tree
  std::string tree;     // build tree; empty outside one
};

// The directory of the scope below all locks: `project-<key>`, `build-<hash of the tree>`, `user`,
// `machine`. Outside a build tree there is no project: the user is the next wider scope.
std::string scope_directory(LockScope scope, const LockHome& home);

// `<scope directory>/<name, encoded>`: one lock, wherever it is spoken of.
std::string place_of(const LockSpec& spec, const LockHome& home);

// The specs as they are to be taken from `home`: each scope that does not exist there is the one it
// stands for, so that one lock is asked for once and the one global order holds for places too.
Result<std::vector<LockSpec>> locks_at(const LockHome& home, std::vector<LockSpec> specs);

// The place of the lock that one run at a time has on a build tree; not of any spec.
std::string run_place(const std::string& tree);

}  // namespace holdfast
