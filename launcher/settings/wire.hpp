// The messages between launcher, keeper and `holdfast end`: one message per packet of a
// SOCK_SEQPACKET socket. A version of Holdfast refuses the messages of another version. Pure.
#pragma once

#include <array>
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

void each_field(wire::Any<StepSettings> auto& steps, auto&& use) {
  use("transient", steps.steps.transient);
  use("memory_kb", steps.steps.memory_kb);
  use("oom_events", steps.oom_events);
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

// launcher, host -> keeper: a line for people.
struct Line {
  static constexpr std::string_view k_kind = "say";
  std::string text;
  std::string attempt;  // empty: that which the keeper knows of
  Repeat repeat = Repeat::each_time;
  Layout layout = Layout::one_line;
};

void each_field(Any<Line> auto& line, auto&& use) {
  use("line", line.text);
  use("attempt", line.attempt);
  use("repeat", line.repeat, Repeat::each_time);
  use("layout", line.layout, Layout::one_line);
}

// launcher -> keeper: a test died of a SIGKILL that nobody we know of sent. The answer is the same
// with `is_sure`.
struct MemoryQuestion {
  static constexpr std::string_view k_kind = "memory";
  int main = 0;          // the pid of the test's main process; 0: unknown
  bool is_sure = false;  // only want of memory explains the death
};

void each_field(Any<MemoryQuestion> auto& question, auto&& use) {
  use("main", question.main, 0);
  use("sure", question.is_sure);
}

// What ctest will say of a test, if that is known.
enum class CameOut : std::uint8_t {
  not_said,
  passed,
  failed,
  skipped,
  bare,  // the launcher becomes the test
};
constexpr std::array<std::string_view, 5> words_of(CameOut) {
  return {"", "passed", "failed", "skipped", "bare"};
}

// launcher, guard or host -> keeper: the attempt is over and recorded.
struct Farewell {
  static constexpr std::string_view k_kind = "farewell";
  bool is_scratch_empty = false;  // so that it can be lent to another attempt
  CameOut came_out = CameOut::not_said;
};

void each_field(Any<Farewell> auto& farewell, auto&& use) {
  use("scratch", farewell.is_scratch_empty);
  use("came_out", farewell.came_out, CameOut::not_said);
}

// launcher -> keeper: the attempt failed and is over; may there be another? The locks of the failed
// attempt are released. The answer has the next attempt.
struct Again {
  static constexpr std::string_view k_kind = "again";
  bool is_scratch_empty = false;  // as above
  std::string reason = {};        // why there is no other one; empty: there is
  std::string attempt = {};       // its id; empty: there is no keeper
  std::string scratch = {};       // as in AttemptGrant

  bool is_granted() const { return reason.empty(); }
};

void each_field(Any<Again> auto& again, auto&& use) {
  use("scratch", again.is_scratch_empty);
  use("why", again.reason);
  use("attempt", again.attempt);
  use("scratch_path", again.scratch);
}

// What is said about slots on the connection on which they are lent.
struct Slots {
  static constexpr std::string_view k_kind = "slots";
  std::size_t wanted = 0;  // launcher: how many cases more could begin
  std::size_t back = 0;    // launcher: how many loans have ended since
  std::size_t lent = 0;    // keeper: how many more cases may begin
};

void each_field(Any<Slots> auto& slots, auto&& use) {
  use("wanted", slots.wanted, 0);
  use("back", slots.back, 0);
  use("lent", slots.lent, 0);
}

// What comes next in ctest: a run that begins now, or only tests. The keeper itself sees whether
// the tests begin another run. Or nothing yet: the caller has to look at something when nothing of
// the earlier run is left, and may then ask again.
enum class ComesNext : std::uint8_t { run, tests, look };

// `holdfast begin` -> the keeper of its ctest: the build tree whose tests come next. The keeper of
// another tree ends its run and then itself. When a stopped keeper goes on, it reads this before
// any message of those tests. With `run`, ctest has its log open: the keeper that serves ends the
// old run, begins the new one, and sends a second answer. With `look`, it ends the old run, and
// sends a second answer.
struct NextTree {
  static constexpr std::string_view k_kind = "tree";
  std::string tree;
  std::string configuration;  // of the tests; empty: none was said
  ComesNext next = ComesNext::tests;
};

void each_field(Any<NextTree> auto& next, auto&& use) {
  use("tree", next.tree);
  use("configuration", next.configuration);
  use("next", next.next, k_needed);
}

struct TreeAnswer {
  static constexpr std::string_view k_kind = NextTree::k_kind;
  bool serves = false;  // the keeper's own tree is meant
  LogTarget log = {};   // of the run that has begun, in a second answer
};

void each_field(Any<TreeAnswer> auto& answer, auto&& use) {
  use("serves", answer.serves);
  use("log", answer.log);
}

// The answer to `holdfast end`.
struct EndAnswer {
  static constexpr std::string_view k_kind = "end";
  std::string run;
  std::string summary;
  LogTarget log = {};
  std::vector<ReportRequest> reports = {};  // wanted by the settings
  bool lacks_tests = false;                 // none was selected, which the settings call a failure
  std::string unlike_choice = {};           // how what ran differs from what was chosen
};

void each_field(Any<EndAnswer> auto& answer, auto&& use) {
  use("run", answer.run);
  use("summary", answer.summary, k_needed);
  use("log", answer.log);
  use("report", answer.reports);
  use("no_tests", answer.lacks_tests);
  use("unlike_choice", answer.unlike_choice);
}

enum class WaitFor : std::uint8_t {
  lock,
  services,
  step,  // of Slurm
};
constexpr std::array<std::string_view, 3> words_of(WaitFor) { return {"lock", "services", "step"}; }

// What an attempt waits for before its test begins.
struct AttemptWait {
  static constexpr std::string_view k_kind = "waits";
  WaitFor what = WaitFor::lock;
  std::string names = {};  // `db@cluster`; `db, web`; `slurm`; empty: it does not wait
  std::string why = {};    // what keeps them from it, in words; empty: not known
};

void each_field(Any<AttemptWait> auto& wait, auto&& use) {
  use("what", wait.what);
  use("names", wait.names);
  use("why", wait.why);
}

// `lock db@cluster`, `service db`, `services db, web` or `its step on Slurm`.
std::string subject_of(const AttemptWait& wait);

// An instance of a service that is there.
struct LiveService {
  std::string name = {};
  std::string state = {};
  unsigned generation = 0;
  std::int64_t main = 0;  // the pid of its main process; 0: not known yet
};

void each_field(Any<LiveService> auto& service, auto&& use) {
  use("name", service.name);
  use("state", service.state);
  use("generation", service.generation);
  use("main", service.main);
}

// A wait of which the run's keeper knows: for services, a lock of scope `cluster` or a step of
// Slurm.
struct LiveWait {
  std::string attempt = {};
  AttemptWait wait = {};
};

void each_field(Any<LiveWait> auto& wait, auto&& use) {
  use("attempt", wait.attempt);
  use("wait", wait.wait);
}

// What a keeper says of its run.
struct Status {
  static constexpr std::string_view k_kind = "status";
  std::string run = {};  // empty: it has begun none
  std::string tree = {};
  ProcessName ctest = {};
  std::string journal = {};
  std::vector<LiveService> services = {};
  std::vector<LiveWait> waits = {};
};

void each_field(Any<Status> auto& status, auto&& use) {
  use("run", status.run);
  use("tree", status.tree);
  use("ctest", status.ctest, k_needed);
  use("journal", status.journal);
  use("service", status.services);
  use("waits", status.waits);
}

// What becomes of a request for services.
struct ServicesAnswer {
  static constexpr std::string_view k_kind = "services";
  std::string why = {};         // why there is one that it cannot get; empty: it has them
  std::string last_lines = {};  // of that service
  std::vector<AcquiredService> uses = {};
  std::vector<Variable> variables = {};  // for the test
};

void each_field(Any<ServicesAnswer> auto& answer, auto&& use) {
  use("why", answer.why);
  use("last_lines", answer.last_lines);
  use("use", answer.uses);
  use("variable", answer.variables);
}

// What has become of the services that a red attempt used.
struct RedServices {
  static constexpr std::string_view k_kind = "red";
  std::vector<std::string> lost = {};      // those that were lost under the attempt
  std::vector<std::string> states = {};    // of each of them, in lines for people
  std::vector<std::string> fixtures = {};  // sentences on those set up on an older generation
};

void each_field(Any<RedServices> auto& red, auto&& use) {
  use("lost", red.lost);
  use("state", red.states);
  use("fixture", red.fixtures);
}

// `holdfast answer found` -> holdfast-exec: which of the expressions is found in an output.
struct Found {
  static constexpr std::string_view k_kind = "found";
  std::optional<std::size_t> index = {};  // none: none is
};

void each_field(Any<Found> auto& found, auto&& use) { use("index", found.index); }

inline constexpr std::string_view k_request = "attempt";
inline constexpr std::string_view k_grant = "grant";
inline constexpr std::string_view k_settings = "settings";
// `holdfast answer steps` -> holdfast-exec: the StepSettings of a project.
inline constexpr std::string_view k_steps = "steps";
inline constexpr std::string_view k_refusal = "refused";  // field `why`
inline constexpr std::string_view k_say = Line::k_kind;
inline constexpr std::string_view k_hold =
    "hold";  // with the descriptor of a lock: keep it open, too
// Comes with a descriptor of the containment around the attempt. If the field `cgroup` has a
// cgroup's name, the descriptor is that cgroup's directory. Otherwise it is a pidfd of the first
// process of the PID namespace.
inline constexpr std::string_view k_contain = "contain";
// Field of a question during a test, and of its answer: the number of the question. A keeper that
// was stopped may answer after the launcher has gone on and asked something else.
inline constexpr std::string_view k_question = "question";
inline constexpr std::string_view k_memory = MemoryQuestion::k_kind;
inline constexpr std::string_view k_farewell = Farewell::k_kind;
inline constexpr std::string_view k_again = Again::k_kind;
// launcher -> keeper: the attempt has its locks and asks for the services of its policy. The answer
// comes when they are well, however long that takes: ServicesAnswer.
inline constexpr std::string_view k_services = ServicesAnswer::k_kind;
// launcher -> keeper: the attempt has its locks, and its test is to be in a network that it shares
// with its services or fixtures. The answer comes when the network is there: the same kind, with a
// descriptor for os::join_network(), or with `why` there is none.
inline constexpr std::string_view k_network = "network";
// launcher -> keeper: what am I waiting for? The answer has the same kind and the field `why`.
inline constexpr std::string_view k_waiting = "waiting";
// launcher -> keeper, without an answer: what the attempt waits for, if nobody else sees that.
// An AttemptWait; without names the wait is over.
inline constexpr std::string_view k_waits = AttemptWait::k_kind;
// launcher -> keeper: the attempt with services was red, and is over. The answer comes when they
// have been looked at: RedServices.
inline constexpr std::string_view k_red = RedServices::k_kind;
// launcher -> keeper, without an answer: the batch would run more cases than its PROCESSORS say.
// With a descriptor: the end of a connection on which slots are lent to the attempt (Slots). What
// is lent when the connection ends is given back.
inline constexpr std::string_view k_slots = Slots::k_kind;
// `holdfast status` -> keeper, which answers with a Status.
inline constexpr std::string_view k_status = Status::k_kind;
// `holdfast end` -> keeper, which answers with an EndAnswer. Without fields, keeper -> all others
// that it knows: the run is over.
inline constexpr std::string_view k_end = EndAnswer::k_kind;
// `holdfast begin` -> keeper: a NextTree, answered by a TreeAnswer.
inline constexpr std::string_view k_tree = NextTree::k_kind;
// Sent in the same way: this run needs its tree alone. A keeper that shares the tree lets it go and
// answers with the same kind and the field `let_go`. `holdfast begin` then sends the same kind with
// the tree's lock, and gets no answer to that.
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
