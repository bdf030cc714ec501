// Every exit code that Holdfast itself gives. docs/reference/outcomes.md describes them. 124 to 127
// come from timeout(1), env(1) and the shell; 75 is EX_TEMPFAIL of sysexits.h.
#pragma once

namespace holdfast::exit_codes {

inline constexpr int k_success = 0;
inline constexpr int k_no_tests = 1;  // `holdfast end`: a run without tests that must be red
inline constexpr int k_ctest_failed =
    8;  // ctest's own: tests failed, or there is none and that is wrong
inline constexpr int k_unfit_shards = 1;  // `holdfast report merge`: not all of one division
inline constexpr int k_unknown_verdict =
    1;                             // `holdfast report`: of a test nobody knows ctest's verdict
inline constexpr int k_usage = 2;  // `holdfast` itself: bad arguments
inline constexpr int k_lock_not_had = 75;     // --lock-timeout ran out
inline constexpr int k_timed_out = 124;       // --timeout ran out
inline constexpr int k_own_failure = 125;     // Holdfast itself failed
inline constexpr int k_cannot_execute = 126;  // the command exists and cannot be executed
inline constexpr int k_not_found = 127;       // the command does not exist

}  // namespace holdfast::exit_codes
