// A user namespace, in which an unprivileged process may make other namespaces. See
// user_namespaces(7).
#pragma once

#include <sys/types.h>

#include "core/base/result.hpp"

namespace holdfast::os {

// To be called in the first process of the namespace. `user` and `group`: who this process was
// outside, and stays. Nobody else exists in the namespace.
Result<void> enter_user_namespace(uid_t user, gid_t group);

}  // namespace holdfast::os
