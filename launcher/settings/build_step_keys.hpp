// [build-steps] of holdfast.toml.
#pragma once

#include "core/step/build_step_settings.hpp"
#include "settings/complaints.hpp"
#include "settings/toml.hpp"

namespace holdfast {

// `node` is what the key `build-steps` has. Complains of what is not understood.
BuildStepSettings read_build_steps(const toml::node& node, Complaints& complaints);

}  // namespace holdfast
