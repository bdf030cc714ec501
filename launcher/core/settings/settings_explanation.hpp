// Where each value of a policy comes from, for `holdfast config --explain`.
#pragma once

#include <string>
#include <vector>

#include "core/settings/explained_value.hpp"
#include "core/settings/resolution.hpp"
#include "core/settings/settings.hpp"

namespace holdfast {

// `policy` must be what resolve() made of the others. One entry per key, for `environment` one per
// variable (and one for each that was taken out).
std::vector<ExplainedValue> explain(const Policy& policy, const Properties& properties,
                                    const TestValues& values);

// `30s`, `250ms`: parse_duration() reads it back exactly.
std::string to_text(Milliseconds length);

}  // namespace holdfast
