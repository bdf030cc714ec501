// When ctest ends before its tests, one line tells of all these tests, in place of one line per
// test.
//
// The launcher of an interrupted test says that it was interrupted. Ctrl-C interrupts all tests of
// a run, and a moment later ctest dies of the same key press. So the lines of the tests are held
// back for that moment.
#pragma once

#include <string>
#include <vector>

#include "core/base/duration.hpp"

namespace holdfast {

class Interruption {
 public:
  void hold_back(std::string line, std::string test, Milliseconds now);

  // Returns when to say what is held back, if ctest is still alive; k_longest: nothing is held
  // back.
  Milliseconds due() const { return due_; }
  // Takes the lines that are held back.
  std::vector<std::string> take_lines();

  // To be called when ctest has ended while the tests `running` ran. Returns the line that says
  // what happens to them and to the tests whose lines were held back; empty: there are no such
  // tests. From now on is_said() is true, because this line also speaks for tests that report their
  // interruption later.
  std::string end_of_ctest(const std::vector<std::string>& running);
  bool is_said() const { return said_; }

 private:
  struct HeldBack {
    std::string line;
    std::string test;
  };
  std::vector<HeldBack> held_back_;
  Milliseconds due_ = k_longest;
  bool said_ = false;
};

}  // namespace holdfast
