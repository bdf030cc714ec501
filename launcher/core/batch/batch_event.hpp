// One case of a batch: what it said of itself, how its process ended, and its outcome.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/words.hpp"
#include "core/outcome/outcome.hpp"

namespace holdfast {

// What a program says at the end of a case.
enum class CaseEnd : std::uint8_t { passed, failed, skipped };

// How a case ended, as a report of its program says.
struct ReportedCase {
  std::string name;
  CaseEnd end = CaseEnd::passed;
  std::string words = {};  // what failed, as the report says; empty: it was printed
};

// Why a worker, or the child that ran one case, ended.
enum class EndedBy : std::uint8_t {
  itself,
  case_limit,    // the case took longer than HOLDFAST_TIMEOUT
  whole_limit,   // the batch took longer than TIMEOUT
  interruption,  // a signal to us, or ctest's death
  own_failure,   // Holdfast could not do its part
};

struct WorkerEnd {
  ProcessEnd main;
  EndedBy by = EndedBy::itself;
  bool marker = false;      // the main process left its marker
  bool oom_killed = false;  // there is evidence of a kill by the kernel because memory ran out
  std::string left = {};    // what the process left behind, in words; empty: nothing
  bool leak_fails = false;  // on-leak is `fail`

  bool exited_by_itself() const {
    return by == EndedBy::itself && main.kind == ProcessEnd::Kind::exited;
  }
  // The process exited by itself with code 0.
  bool ended_well() const { return by == EndedBy::itself && main.exited_with(0); }
};

// What is concluded of one case. Each case of a batch has exactly one such result.
struct CaseResult {
  std::string name;
  std::string note;  // one sentence; empty: nothing to say
  std::int64_t wall_us = 0;
  std::optional<int>
      exit_code;  // of the case's process, if that ended in the case or ran no other case
  std::optional<int> signal;
  unsigned worker = 0;             // from 1; 0: none
  std::optional<Outcome> outcome;  // none: the case did not run
  bool leak_failed = false;        // the case failed for one reason: what it left behind
  bool untold = false;             // its process told of no case
};

// `not_run` if there is no outcome.
std::string_view name_of(const std::optional<Outcome>& outcome);

// Whether a case with that outcome makes the test red.
bool is_bad(const std::optional<Outcome>& outcome);

// How bad the outcome is, to find the worst of many; 0: good.
int badness(const std::optional<Outcome>& outcome);

// Fills in the outcome, the exit code or signal, and a note. To be called for a case that had not
// ended when its process did (`said` is empty), or whose process ran no other case. `finished`: the
// program said that all of its cases had run.
void conclude_case(CaseResult& result, const std::optional<CaseEnd>& said, bool finished,
                   const WorkerEnd& end);

// The outcome of a case that ended before its process did.
Outcome outcome_of(CaseEnd said);

// What happens to a batch, and what it wants done: the two sides of Batch::happened().
struct BatchEvent {
  enum class Kind : std::uint8_t {
    begun,         // the first event; if `cases` is not empty, only these run
    listed,        // `cases` run, `others` do not; `why`: why a case may be missing
    not_listed,    // the process that should list the cases ended without a usable list: `end`
    announced,     // the worker says how many cases it will run: `count`
    printed_help,  // the worker printed its help, and nothing after that
    case_began,    // `name`
    case_ended,    // `name`, `said`
    all_skipped,   // the worker says that a global environment has skipped all its cases
    reported,      // the worker's own report says how a case ended: `name`, `said`
    finished,      // the worker says that all its cases have run
    leaves,        // the worker will end before its next case: its services have changed
    worker_ended,  // `end`
    not_begun,     // the worker could not begin, for want of its services or by an interruption:
                   // `why`, `end`
    // Only with isolation `fork`; there the worker is the server.
    reached,      // the server has come to where its cases would begin
    cannot_fork,  // `why`; each case then gets a process of its own
    child_began,  // `name`
    child_ended,  // `name`, `child_said`, `child_finished`, `end`
    // Only with isolation `process`, in place of the worker that was ordered: cases run side by
    // side.
    case_wanted,   // there is room for another; the answer is its action `run_cases`, or none
    case_settled,  // `name`, `settled`, and of `end` who ended it and whether it was started
    cases_over,    // none runs any more
  };
  Kind kind = Kind::begun;
  std::string_view name = {};  // need not outlive the call
  CaseEnd said = CaseEnd::passed;
  std::uint64_t count = 0;
  std::vector<std::string> cases = {};
  std::string why = {};
  WorkerEnd end = {};
  std::optional<CaseEnd> child_said = {};
  bool child_finished = false;
  CaseResult settled = {};
  std::int64_t at_us = 0;  // a clock that only goes forward
  std::vector<std::string> others = {};
  // For listed: the cases are those of a shard. Then `cases` may be empty, and `others` is not
  // known.
  bool is_shard = false;
};

struct BatchAction {
  enum class Kind : std::uint8_t {
    list,       // ask the program for its cases
    run_all,    // start a worker: the command as it is
    run_cases,  // start a worker; `selection` selects `cases`, or the first few of them
    serve,      // start a server, and ask it for the cases of waiting() one after the other
    record,     // results()[result] is concluded
    say,        // `text`, once
    end,        // the batch is over
  };
  Kind kind = Kind::end;
  std::vector<std::string> cases = {};
  std::size_t result = 0;
  std::string text = {};
  std::string selection = {};
};

// Which cases of a test program share a process. An isolation makes a test a batch.
enum class Isolation : std::uint8_t {
  none,     // all share one, as without Holdfast; if that one dies, a fresh one runs the rest
  process,  // each has its own
  fork,     // each has its own, forked from a process that has done the program's start-up
};

constexpr std::array<std::string_view, 3> words_of(Isolation) {
  return {"none", "process", "fork"};
}

// A test framework, as far as a batch must know it: how cases are selected, and what the
// framework's programs tell of them. Values in, values out; one object serves any number of
// batches.

// A selection is one argument, at most 128 KiB long (MAX_ARG_STRLEN of execve(2)). The program may
// add to the selection and pass it on, so this limit leaves some room.
inline constexpr std::size_t k_longest_selection = 96UL * 1024UL;

// What a process that runs several cases tells of them.
enum class Telling : std::uint8_t {
  beginnings,  // when each begins and how it ends
  ends,        // how each ended; of a case in which the process dies, nothing
  nothing,     // nothing: all cases of the process together are one test
};

class Framework {
 public:
  // The name as people write it.
  virtual std::string_view name() const = 0;
  // The option that makes a program list its cases.
  virtual std::string_view list_option() const = 0;
  virtual Telling tells() const = 0;

  // Whether the selection of that case selects no other case, whatever other cases are called.
  virtual bool is_exact(std::string_view name) const = 0;
  // Whether the selection of `name` selects `other` as well.
  virtual bool selects(std::string_view name, std::string_view other) const = 0;
  // A selection of `name` and of none of `others`. The plain selection of `name` would select all
  // `others`. None: there is no such selection.
  virtual std::optional<std::string> selection_without(
      std::string_view name, const std::vector<std::string_view>& others) const = 0;
  // The option that has a selection as its value, in one word. Empty: the selection stands alone.
  virtual std::string_view selecting_option() const = 0;
  // The arguments without those that select cases, so that a selection can be added. `arguments`:
  // null-terminated, without the program's name.
  virtual std::vector<char*> without_selection(char* const* arguments) const = 0;
  // Stands between the selections of two cases.
  virtual char separator() const = 0;

  // Whether a process whose last case ended as `said` usually exits with this code, so that the
  // code tells of no further failure.
  virtual bool is_usual_exit(CaseEnd said, int code) const = 0;

 protected:
  ~Framework() = default;
};

// The objects live as long as the program.
const Framework& googletest();

// The framework that a program's file shows (os/stack/elf_text.hpp).
enum class FrameworkKind : std::uint8_t { googletest, catch2_two, catch2_three, doctest, boost };

// `version`: catch2_two or catch2_three.
const Framework& catch2(FrameworkKind version, Telling tells);
const Framework& doctest(Telling tells);     // ends or nothing
const Framework& boost_test(Telling tells);  // likewise

// Names in their order, each once.
class UniqueNames {
 public:
  void add(std::string name) {
    if (seen_.insert(name).second) names_.push_back(std::move(name));
  }
  std::vector<std::string> take() { return std::move(names_); }

 private:
  std::vector<std::string> names_;
  std::set<std::string> seen_;
};

// Messages of docs/internals/worker-protocol.md, as packets and as fields.
std::string worker_message(std::initializer_list<std::string_view> fields);

// None: the packet is no message, because it is empty, too long, or does not end in a NUL byte.
std::optional<std::vector<std::string_view>> worker_fields(std::string_view packet);
// The same, but it reuses the memory of `fields`. False: the packet is no message.
bool read_worker_fields(std::string_view packet, std::vector<std::string_view>& fields);

}  // namespace holdfast
