// What we say about an attempt that did not simply run and end.
#pragma once

#include <string>
#include <string_view>

#include "core/outcome/outcome.hpp"
#include "core/settings/policy.hpp"
#include "supervision/base/records.hpp"

namespace holdfast::supervision {

// Returns what a test had to wait for, and how long: `lock db, port, service web after 1.2 s`.
// lock_line.cmake has the pattern by which ctest knows this line.
std::string lock_line(const Policy& policy, Milliseconds waited);

// Returns one sentence; empty: there is nothing to say. `command`: the program that was to be
// executed. `parent`: the program whose death ends the test.
std::string note_on(const AttemptResult& result, std::string_view test, std::string_view command,
                    const Policy& policy, std::string_view parent = "ctest");

// True: the note is worth knowing but is no error. The test left something behind, or had nothing
// to run.
bool is_worth_knowing(const AttemptResult& result);

// Returns a text such as "left 1 process behind, ended: sleep (pid 17)". It does not say `ended` if
// some of the tree could not be ended.
std::string describe_leftovers(const GuardReport& report);

// For the log: the outcome, how the main process ended, and the evidence: what counted, and what
// did not.
std::string account_of(const AttemptResult& result);

}  // namespace holdfast::supervision
