// Which of ctest's `-j` slots are idle, and which batch may run one more case in such a slot: a
// loan. Pure.
//
// ctest's own tests come first. A loan is for one case. While tests and loans together have all
// slots or more, nothing is lent, so ctest's number is passed for no longer than the cases take
// that run. A slot that a test has left counts as taken for a moment longer, because ctest usually
// starts its next test at once.
#pragma once

#include <cstddef>
#include <deque>
#include <vector>

#include "base/duration.hpp"

namespace holdfast {

// How long a slot stays taken after its test, or after the first look at a run.
inline constexpr Milliseconds k_slot_rest{20};

class SlotLoans {
 public:
  using Borrower = unsigned;

  // `slots` is ctest's `-j`; 0: nothing is lent.
  explicit SlotLoans(std::size_t slots) : slots_(slots), taken_(slots) {}

  // The running tests of ctest have that many slots now.
  void tests_take(std::size_t taken, Milliseconds now);

  // The borrower could use that many loans besides those that it has. A later call replaces what an
  // earlier one said, and the borrower keeps its place in the queue.
  void want(Borrower who, std::size_t count);
  // So many of its loans have ended.
  void give_back(Borrower who, std::size_t count);
  // Takes back all its loans, and forgets what it wants.
  void leave(Borrower who);

  // Lends what may be lent, one slot at a time to the borrowers in turn, in the order of their
  // wants. Returns the borrower of each new loan.
  std::vector<Borrower> lend(Milliseconds now);

  bool is_wanted() const { return !queue_.empty(); }
  std::size_t lent() const;
  // When lend() may lend something even if nothing else happens; k_longest: never.
  Milliseconds due() const;

 private:
  // What a borrower wants or has.
  struct Share {
    Borrower who;
    std::size_t count;
  };
  struct Rest {
    Milliseconds until;
    std::size_t count;
  };

  std::size_t slots_;
  std::size_t taken_;  // by tests of ctest
  std::deque<Rest> rests_;
  std::deque<Share> queue_;  // each borrower at most once, with a count of at least 1
  std::vector<Share> loans_;
};

}  // namespace holdfast
