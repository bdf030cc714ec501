// The retries and hooks of a policy in a grant (core/wire.hpp): what is built in is not sent.
#pragma once

#include "core/policy.hpp"
#include "core/wire.hpp"

namespace holdfast::wire {

void add_retry(Message& message, const Policy& policy);
Result<void> read_retry(const Message& message, Policy& policy);

}  // namespace holdfast::wire
