// A command of a build: what `holdfast-launcher --step` is started for by ninja and make.
//
// The same supervisor as a test's. What differs: no keeper; who is watched is the build tool; what
// has called setsid(2) is left alone (a step that started the daemon of sccache would end it); a
// step that is cut short leaves no half of a file behind; its record is in the build journal.
#pragma once

#include "core/outcome.hpp"
#include "launcher/invocation.hpp"

namespace holdfast::launcher {

// `invocation.line.step` is set.
Exit launch_step(Invocation invocation);

}  // namespace holdfast::launcher
