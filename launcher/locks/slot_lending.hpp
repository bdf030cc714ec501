// Lends batches the slots of ctest's `-j` that no test has. A batch has
// a connection of its own for its loans, so a loan is back when the batch's process and its guard
// are dead, however they died.
//
// Nothing is lent where the number of slots is not known, where ctest watches the load of the
// machine, and where several ctests share the build tree.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "base/duration.hpp"
#include "base/process_name.hpp"
#include "os/file/descriptors.hpp"
#include "run/connections.hpp"
#include "run/keeper_socket.hpp"

namespace holdfast {

// Which of ctest's `-j` slots are idle, and which batch may run one more case in such a slot: a
// loan. Pure.
//
// ctest's own tests come first. A loan is for one case. While tests and loans together have all
// slots or more, nothing is lent, so ctest's number is passed for no longer than the cases take
// that run. A slot that a test has left counts as taken for a moment longer, because ctest usually
// starts its next test at once.

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

class SlotLending {
 public:
  // `order` must outlive this object.
  explicit SlotLending(const KeeperOrder& order);

  // Takes the connection on which `asker` wants loans. Without anything to lend, the connection is
  // closed, and the batch asks no more. `tests`: all connections.
  void begin(os::UniqueFd socket, const Connection& asker, const std::vector<Connection>& tests);
  // The launcher of `test` becomes the test (HOLDFAST_ENABLED OFF). Its connection ends now.
  void note_bare(const Connection& test);

  // Adds what lending waits for.
  void join(os::Wait& wait) const;
  // Hears the batches, and lends what may be lent. Must not wait.
  void look(const std::vector<Connection>& tests);

 private:
  struct Borrower {
    os::UniqueFd socket;
    SlotLoans::Borrower number;
    std::string attempt;
  };
  // A process that runs a test without a connection to us, and how many slots the test has.
  struct Unconnected {
    ProcessName process;
    std::size_t slots;
  };
  void hear(Borrower& borrower);
  // How many slots the tests of ctest have now.
  std::size_t taken_by(const std::vector<Connection>& tests);
  void tell(SlotLoans::Borrower number, std::size_t count);
  void drop(Borrower& borrower);

  const KeeperOrder& order_;
  bool is_shared_;
  std::size_t slots_ = 0;
  std::optional<SlotLoans> loans_;  // none: no batch has asked yet
  std::vector<Borrower> borrowers_;
  std::vector<Unconnected> unconnected_;
  unsigned last_number_ = 0;
  Milliseconds looked_{0};  // when look() was called
};

}  // namespace holdfast
