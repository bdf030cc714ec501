// The keys of a table of holdfast.toml that say something about retries and hooks.
#pragma once

#include <string>
#include <vector>

#include "core/retry/retry_values.hpp"
#include "settings/keys.hpp"

namespace holdfast {

// Those that read_retry_values() reads.
const std::vector<std::string>& retry_keys();
// Those that read_run_retry_values() reads, of a profile.
const std::vector<std::string>& run_retry_keys();

RetryValues read_retry_values(const NamedTable& named, Complaints& complaints);
RunRetryValues read_run_retry_values(const NamedTable& named, Complaints& complaints);

// A number of further attempts; complains of anything else that is there.
std::optional<Said<unsigned>> read_count(const NamedTable& named, std::string_view key,
                                         unsigned largest, Complaints& complaints);

}  // namespace holdfast
