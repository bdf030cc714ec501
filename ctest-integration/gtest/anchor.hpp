// The anchor of forked cases: the parent of one after the other, the one to which their orphans
// come, and who tells how each ended. It ends nobody: where something is left, or is to be ended,
// it becomes holdfast-launcher, with the same children.
//
// It is a copy of the server and stays one, so that each case finds what start-up made: handlers,
// descriptors, directory. It keeps none of a case's own descriptors: whoever waits for the end of
// an output waits for the case alone.
#pragma once

#include <string>

#include "packets.hpp"

namespace holdfast {
namespace gtest_support {

struct Anchor {
  Descriptor report;     // the report socket, where the next orders come from
  std::string launcher;  // path of holdfast-launcher
  std::string grace_ms;  // what the processes that a case leaves behind are given
};

// A case that exec has ordered.
struct CaseOrder {
  std::string test;
  Descriptor out;
  Descriptor err;
};

// Makes this process an anchor, which forks a process for `order` and for each that exec sends when
// that one's tree is gone. Returns in the process of a case, which `order` then says, when exec
// knows of it. The anchor does not return.
void anchor_cases(Anchor& anchor, CaseOrder& order);

// Tells exec what could not be done, with errno.
void fail_under_anchor(int report, const char* what);

}  // namespace gtest_support
}  // namespace holdfast
