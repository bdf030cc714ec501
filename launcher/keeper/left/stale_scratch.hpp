// Scratch directories of `holdfast run` whose launcher was killed.
#pragma once

namespace holdfast {

// Removes from the user's own those that are empty and whose launcher is gone. One that holds
// something is evidence and stays.
void remove_stale_scratch();

}  // namespace holdfast
