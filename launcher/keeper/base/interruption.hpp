// One line for a ctest that ends before its tests, in place of one for each of them.
//
// A test that is interrupted says so. On Ctrl-C all tests of a run are, and ctest dies of the same
// key press a moment later: so what they say is held back for that moment.
#pragma once

#include <string>
#include <vector>

#include "core/base/duration.hpp"

namespace holdfast {

class Interruption {
 public:
  void hold_back(std::string line, std::string test, Milliseconds now);

  // When what is held back is to be said, should ctest live; k_longest: there is nothing.
  Milliseconds due() const { return due_; }
  // What is held back, for the last time.
  std::vector<std::string> take_lines();

  // ctest has ended, and these tests were running. Says what is done about them and about those
  // whose lines were held back; empty when there is nobody. What tests say of their interruption
  // from now on has been said.
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
