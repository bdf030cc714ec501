// Scratch directories of `holdfast run` whose launcher was killed.
#pragma once

namespace holdfast {

// Removes those of this user that are empty and whose launcher is gone. A directory that holds
// something is evidence and stays.
void remove_stale_scratch();

}  // namespace holdfast
