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
// `user`, `machine`; for the locks that etcd has `cluster`, which is no directory. Outside a build
// tree there is no project; the next wider scope is the user.
std::string scope_directory(LockScope scope, const LockHome& home);

// `<scope directory>/<name, encoded>`: the same text for the same lock, everywhere.
std::string place_of(const LockSpec& spec, const LockHome& home);

// The specs with the scopes that exist at `home`. A scope that does not exist there is replaced by
// the next wider scope. So no lock is asked for twice, and the global order also holds for places.
Result<std::vector<LockSpec>> locks_at(const LockHome& home, std::vector<LockSpec> specs);

// The place of the lock that a run has on its build tree. No spec of a test names this lock.
std::string run_place(const std::string& tree);

}  // namespace holdfast
