// The retries and hooks of a policy in a grant (core/wire.hpp): what is built in is not sent.
#pragma once

#include <string>
#include <string_view>

#include "core/policy.hpp"
#include "core/wire.hpp"

namespace holdfast::wire {

void add_retry(Message& message, const Policy& policy);
Result<void> read_retry(const Message& message, Policy& policy);

// The same in one word of a command line, from `holdfast run` to the launcher.
std::string retry_to_word(const Policy& policy);
Result<void> read_retry_word(std::string_view word, Policy& policy);

}  // namespace holdfast::wire
