// What the attempts around this process hold, though nothing in its environment says so: a test may
// have cleared HOLDFAST_HELD for what it starts (`env -i`).
#pragma once

#include <string>

#include "core/lock/lock_wait.hpp"

namespace holdfast::supervision {

// As HOLDFAST_HELD would say it. Who holds is known by the records of locks; that it is around us
// by ancestry (the launcher is there for as long as its attempt has processes), or by the tag of
// the attempt that we are in, where a PID namespace hides the launcher. Reads all locks of this
// user: for those that have to wait anyhow.
std::string find_held_above();

}  // namespace holdfast::supervision
