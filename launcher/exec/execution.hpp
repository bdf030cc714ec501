// `holdfast exec`: continues a test that a launcher has handed over.
#pragma once

#include "core/outcome/outcome.hpp"

namespace holdfast::exec {

// `arguments` and `environment` are those of main. Returns how this process must end.
Exit execute(char** arguments, char** environment);

}  // namespace holdfast::exec
