// The anchor of forked cases. It forks one case after the other, gets their orphans, and tells exec
// how each case ended. It never ends a process itself: when a case leaves processes behind, or must
// be ended, the anchor execs holdfast-launcher, which then has the same children.
//
// It is a copy of the server and stays one, so that each case finds what start-up made: handlers,
// descriptors, directory. It keeps no descriptor of a case, so that the outputs of a case end with
// the case.
#pragma once

#include "packets.hpp"

namespace holdfast {
namespace gtest_support {

// What a case tells of itself, in memory that it shares with its anchor: it may close its
// descriptors.
struct CaseWords {
  int said;      // 0: nothing; else 1 + holdfast_worker_end
  int finished;  // not 0: all that was to run has run
};

struct Anchor {
  Descriptor report;     // the report socket, on which orders arrive
  const char* launcher;  // the path of holdfast-launcher
  const char* grace_ms;  // the grace of processes that a case leaves behind
  CaseWords* words;
};

// A case that exec has ordered: `run`, with the descriptors stdout and stderr.
const char* case_of(const Packet& order);

// Makes this process an anchor. It forks a process for `order`, and one for each later order that
// exec sends once the tree of the case before is gone. Returns only in the process of a case, after
// exec has heard of it; `order` is then that case. The anchor exits instead.
void anchor_cases(Anchor& anchor, Packet& order);

// Tells exec what failed (`what` and errno), so that there is no case.
void fail_under_anchor(int report, const char* what);

}  // namespace gtest_support
}  // namespace holdfast
