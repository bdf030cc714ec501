// The run of a ctest whose keeper was killed, or does not answer.
#pragma once

#include <string>

#include "core/ctest/attach.hpp"

namespace holdfast::supervision {

// The journal that the keeper has begun for this ctest's run. Empty: it has begun none, or the run
// has ended.
std::string journal_of_left_run(const Attach& attach);

}  // namespace holdfast::supervision
