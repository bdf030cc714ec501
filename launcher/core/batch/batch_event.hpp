// What happens to a batch, and what it wants done: the two sides of Batch::happened().
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/batch/case_result.hpp"

namespace holdfast {

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

}  // namespace holdfast
