// What settings_explanation.hpp says of retries and hooks.
#pragma once

#include <vector>

#include "core/settings/explained_value.hpp"
#include "core/settings/resolution.hpp"
#include "core/settings/settings.hpp"

namespace holdfast {

// Appends one entry per key, for [[known-flaky]] one per entry that fits the test.
void explain_retry(const Policy& policy, const Properties& properties, const TestValues& values,
                   std::vector<ExplainedValue>& explained);

// The keys that hold for the whole run.
std::vector<ExplainedValue> explain(const RunRetrySettings& settings);

}  // namespace holdfast
