// The tests that earlier runs should have run and did not.
#pragma once

#include "core/select/test_graph.hpp"

namespace holdfast {

// The tests of a list that a run left out because it ended too early, and that no later run has
// begun. The runs come newest first.
class NotBegun {
 public:
  // `ignored`: for each test of the list, whether nobody asks for it.
  explicit NotBegun(TestSet ignored);

  // The tests that a run has begun.
  void see_begun(const TestSet& begun);
  // Of the same run, if it ended too early: the tests that it was to run.
  void see_planned(const TestSet& planned);
  // No older run can say more.
  bool is_done() const { return undecided_ == 0; }
  const TestSet& tests() const { return open_; }

 private:
  TestSet open_;
  TestSet is_decided_;
  std::size_t undecided_;
};

}  // namespace holdfast
