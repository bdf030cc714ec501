// The messages between launcher, keeper and `holdfast end`: one message per packet of a
// SOCK_SEQPACKET socket. A version of Holdfast refuses the messages of another version. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/environment.hpp"
#include "base/log_line.hpp"
#include "base/message.hpp"
#include "base/process_name.hpp"
#include "base/result.hpp"
#include "base/text.hpp"
#include "settings/resolution.hpp"
#include "settings/settings.hpp"
#include "values/fields.hpp"
#include "values/framework.hpp"
#include "values/report_request.hpp"
#include "values/service_spec.hpp"
#include "values/test_inputs.hpp"

// Of structs that are in these messages.
namespace holdfast {

void each_field(wire::Any<AcquiredService> auto& one, auto&& use) {
  use("name", one.name);
  use("generation", one.generation);
}

void each_field(wire::Any<ReportRequest> auto& report, auto&& use) {
  use("format", report.format, wire::k_needed);
  use("file", report.file);
}

}  // namespace holdfast

namespace holdfast::wire {

// launcher -> keeper, before its test runs.
struct AttemptRequest {
  std::string test;
  std::string key;
  unsigned include_count = 1;
  std::string word = {};  // of the run (begin_of_test_argument()); empty: ctest's command has none
  ProcessName launcher;
  Milliseconds soonest_end = k_longest;  // when ctest may end the test: ctest/ctest_limits.hpp
  std::string program = {};              // absolute path; empty: it is a name without a directory
  TestInputs inputs = {};
  // A sum of the words of its command and of LD_LIBRARY_PATH: what it runs besides its files.
  std::uint64_t command_sum = 0;
  TestProperties properties = {};
  Values said = {};  // what the test's properties say
};

// keeper -> launcher: all that the launcher must know of its attempt, decided.
struct AttemptGrant {
  std::string run;
  std::string attempt;
  std::string journal;  // path; empty: this run has none
  std::string scratch;  // path of an empty directory; empty: there is none
  std::string refusal;  // why the test must not run; empty: it may run
  // With Boundary::tmp: the directory with the /tmp of its fixtures; empty: it has its own.
  std::string shared_tmp = {};
  bool shares_network = false;    // with Boundary::netns: it is to ask for a network (k_network)
  bool is_again = false;          // the test had an attempt in this run before (`ctest --repeat`)
  LogLevel log = LogLevel::info;  // of the run
  TestProgram program = {};
  Policy policy;
};

// Whether a line that this run has printed already is printed again. `unless_ctest_ends` is for an
// interrupted test: if ctest ends, one line speaks for all tests of the run.
enum class Repeat : std::uint8_t { each_time, once_per_run, unless_ctest_ends };

// What ctest will say of a test, if that is known.
enum class CameOut : std::uint8_t {
  not_said,
  passed,
  failed,
  skipped,
  bare,  // the launcher becomes the test
};
constexpr auto words_of(CameOut) { return word_list("", "passed", "failed", "skipped", "bare"); }

// What comes next in ctest: a run that begins now, or only tests. The keeper itself sees whether
// the tests begin another run. Or nothing yet: the caller has to look at something when nothing of
// the earlier run is left, and may then ask again.
enum class ComesNext : std::uint8_t { run, tests, look };

// What an attempt waits for before its test begins.
enum class WaitFor : std::uint8_t {
  lock,
  services,
  step,  // of Slurm
};
constexpr auto words_of(WaitFor) { return word_list("lock", "services", "step"); }

#define HOLDFAST_PART(Struct) struct Struct {
#define HOLDFAST_MESSAGE(Struct, kind) \
  HOLDFAST_PART(Struct)                \
  static constexpr std::string_view k_kind = kind;
#define HOLDFAST_FIELD(Type, member, name) Type member = {};
#define HOLDFAST_FIELD_OR(Type, member, name, absent) Type member = absent;
// clang-format off
#define HOLDFAST_END };
// clang-format on
#include "settings/wire.def"

#define HOLDFAST_PART(Struct) void each_field(Any<Struct> auto& whole, auto&& use) {
#define HOLDFAST_MESSAGE(Struct, kind) HOLDFAST_PART(Struct)
#define HOLDFAST_FIELD(Type, member, name) use(name, whole.member);
#define HOLDFAST_NEEDED_FIELD(Type, member, name) use(name, whole.member, k_needed);
#define HOLDFAST_FIELD_OR(Type, member, name, absent) use(name, whole.member, absent);
#define HOLDFAST_END }
#include "settings/wire.def"

// Whether there is another attempt.
inline bool is_granted(const Again& again) { return again.reason.empty(); }
// `lock db@cluster`, `service db`, `services db, web` or `its step on Slurm`.
std::string subject_of(const AttemptWait& wait);

inline constexpr std::string_view k_request = "attempt";
inline constexpr std::string_view k_grant = "grant";
inline constexpr std::string_view k_settings = "settings";
inline constexpr std::string_view k_refusal = "refused";  // field `why`
// With the descriptor of a lock: keep it open, too.
inline constexpr std::string_view k_hold = "hold";
// Comes with a descriptor of the containment around the attempt. If the field `cgroup` has a
// cgroup's name, the descriptor is that cgroup's directory. Otherwise it is a pidfd of the first
// process of the PID namespace.
inline constexpr std::string_view k_contain = "contain";
// Field of a question during a test, and of its answer: the number of the question. A keeper that
// was stopped may answer after the launcher has gone on and asked something else.
inline constexpr std::string_view k_question = "question";
// launcher -> keeper: the attempt has its locks, and its test is to be in a network that it shares
// with its services or fixtures. The answer comes when the network is there: the same kind, with a
// descriptor for os::join_network(), or with `why` there is none.
inline constexpr std::string_view k_network = "network";
// launcher -> keeper: what am I waiting for? The answer has the same kind and the field `why`.
inline constexpr std::string_view k_waiting = "waiting";
// `holdfast begin` -> keeper: this run needs its tree alone. A keeper that shares the tree lets it
// go and answers with the same kind and the field `let_go`. `holdfast begin` then sends the same
// kind with the tree's lock, and gets no answer to that.
inline constexpr std::string_view k_alone = "alone";
// `holdfast begin` -> keeper, with the lock of its turn to open ctest's log. There is no answer.
inline constexpr std::string_view k_log = "log";
// `holdfast end` -> keeper, without an answer: the run has its reports and is in the history.
inline constexpr std::string_view k_remembered = "remembered";

Message to_message(const AttemptRequest& request);
Result<AttemptRequest> to_request(const Message& message);
Message to_message(const AttemptGrant& grant);
Result<AttemptGrant> to_grant(const Message& message);
// `holdfast run` -> launcher: what holdfast.toml says.
Message to_message(const Values& said);
Result<Values> to_values(const Message& message);

}  // namespace holdfast::wire
