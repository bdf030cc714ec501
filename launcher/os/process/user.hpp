// Users of this machine, as getent(1) finds them: a static program cannot ask LDAP and its like.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "values/service_spec.hpp"

namespace holdfast::os {

// `name` may be a number. Waits for getent(1), for a few seconds at most.
Result<User> find_user(const std::string& name);

// A line of passwd(5); the error says what was expected of `name`.
Result<User> parse_user(std::string_view line, const std::string& name);

// Words that stand before a command so that root runs it as that user, with its groups
// (setpriv(1)).
std::vector<std::string> words_to_be(const User& user);

}  // namespace holdfast::os
