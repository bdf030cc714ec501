// The retries and hooks of a policy in a grant (core/settings/wire.hpp): what is built in is not
// sent.
#pragma once

#include <string>
#include <string_view>

#include "core/settings/message.hpp"
#include "core/settings/policy.hpp"

namespace holdfast::wire {

void add_retry(Message& message, const Policy& policy);
Result<void> read_retry(const Message& message, Policy& policy);

// The same in one word of a command line, from `holdfast run` to the launcher.
std::string retry_to_word(const Policy& policy);
Result<void> read_retry_word(std::string_view word, Policy& policy);

}  // namespace holdfast::wire
