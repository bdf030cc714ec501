// The launcher, from its arguments to how it ends.
#pragma once

#include "core/outcome.hpp"

namespace holdfast::launcher {

// Runs what the command line says. `arguments` and `environment` are those of main. Returns how
// this process is to end; some ends (a test that is exempt from Holdfast) replace it and do not
// return.
Exit launch(char** arguments, char** environment);

}  // namespace holdfast::launcher
