// The anchor of a forked case: its parent, the one to which its orphans come, and who tells how it
// ended. It ends nobody: where something is left, or is to be ended, it becomes holdfast-launcher,
// with the same children.
#pragma once

#include <string>

namespace holdfast {
namespace gtest_support {

struct Anchor {
  int report;            // the report socket
  std::string launcher;  // path of holdfast-launcher
  std::string grace_ms;  // what the processes that a case leaves behind are given
};

// Makes this process an anchor. Returns true in the process of the case, when exec knows of it, and
// false in an anchor that could start none; an anchor whose case is over does not return.
bool fork_under_anchor(const Anchor& anchor);

// Tells exec what could not be done, with errno.
void fail_under_anchor(int report, const char* what);

}  // namespace gtest_support
}  // namespace holdfast
