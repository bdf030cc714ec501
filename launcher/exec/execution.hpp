// `holdfast exec`: goes on with a test for a launcher that has handed it over.
#pragma once

#include "core/outcome/outcome.hpp"

namespace holdfast::exec {

// `arguments` and `environment` are those of main. Returns how this process is to end.
Exit execute(char** arguments, char** environment);

}  // namespace holdfast::exec
