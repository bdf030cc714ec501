// The plain part of a page about single tests: what failed and why, readable without scripts and
// styles.
#pragma once

#include "report/load.hpp"
#include "report/model.hpp"
#include "report/render.hpp"

namespace holdfast {

// The sections about the tests that went wrong, and about those that are flaky, left something
// behind or are stale. The first tests of a section are told in full, some more in a line with
// their words, and of all others the name and the reason.
void write_failures(const RunReport& report, Outputs& outputs, const Write& write);

}  // namespace holdfast
