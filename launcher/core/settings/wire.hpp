// What launcher, keeper and `holdfast end` say to each other: one message per packet of a
// SOCK_SEQPACKET socket. Private to one version of Holdfast; a message of another is refused.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/process_name.hpp"
#include "core/base/result.hpp"
#include "core/ctest/test_inputs.hpp"
#include "core/settings/message.hpp"
#include "core/settings/resolution.hpp"

namespace holdfast::wire {

// launcher -> keeper, before its test runs.
struct AttemptRequest {
  std::string test;
  std::string key;
  unsigned include_count = 1;
  ProcessName launcher;
  Milliseconds soonest_end = k_longest;  // when ctest may end it: core/ctest/ctest_limits.hpp
  std::string program = {};  // absolute path, where the launcher does not know what it is
  TestInputs inputs = {};
  TestFacts facts = {};
  Values said = {};  // by the test's properties
};

// keeper -> launcher: everything is decided.
struct AttemptGrant {
  std::string run;
  std::string attempt;
  std::string journal;         // path; empty: this run has none
  std::string scratch;         // path of an empty directory; empty: there is none
  std::string refusal;         // not empty: the test must not run, and why
  bool is_again = false;       // the test had an attempt in this run before: `ctest --repeat`
  bool is_googletest = false;  // the program has GoogleTest in it
  Policy policy;
};

inline constexpr std::string_view k_request = "attempt";
inline constexpr std::string_view k_grant = "grant";
inline constexpr std::string_view k_settings = "settings";
inline constexpr std::string_view k_refusal = "refused";  // field `why`
// Fields `line`, `once`, `interrupted`, `folded`.
inline constexpr std::string_view k_say = "say";
inline constexpr std::string_view k_hold = "hold";  // with a lock's descriptor: keep it too
// With the descriptor of what is around the attempt: its cgroup's directory, with the field
// `cgroup` (its name), or, without it, the first process of its PID namespace (pidfd).
inline constexpr std::string_view k_contain = "contain";
// A field of what is asked while a test is at work, and of its answer: the number of the question.
// A keeper that was stopped may answer when its asker has gone on, and asks for something else.
inline constexpr std::string_view k_question = "question";
// launcher -> keeper: a test died of SIGKILL that nobody we know of sent; back the same kind, with
// the field `sure` where only want of memory explains it.
inline constexpr std::string_view k_memory = "memory";
// launcher -> keeper: the attempt is over and recorded. Fields: `scratch`, and `came_out`, how the
// test did: what ctest will say of it, where that is known.
inline constexpr std::string_view k_farewell = "farewell";
// launcher -> keeper: the attempt failed and is over, may there be another? Its locks go. Field
// `scratch`; back the same kind, with `attempt` and `scratch_path` of the next one, or `why` not.
inline constexpr std::string_view k_again = "again";
// `holdfast status` to keeper; back the fields `run`, `tree`, `ctest`, `journal`.
inline constexpr std::string_view k_status = "status";
inline constexpr std::string_view k_end = "end";  // `holdfast end` to keeper; field `run` back

Message to_message(const AttemptRequest& request);
Result<AttemptRequest> to_request(const Message& message);
Message to_message(const AttemptGrant& grant);
Result<AttemptGrant> to_grant(const Message& message);
// From `holdfast run` to the launcher: what holdfast.toml says.
Message to_message(const Values& said);
Result<Values> to_values(const Message& message);

}  // namespace holdfast::wire
