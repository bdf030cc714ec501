// Lends batches the slots of ctest's `-j` that no test has (locks/slot_loans.hpp). A batch has
// a connection of its own for its loans, so a loan is back when the batch's process and its guard
// are dead, however they died.
//
// Nothing is lent where the number of slots is not known, where ctest watches the load of the
// machine, and where several ctests share the build tree.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "base/process_name.hpp"
#include "locks/slot_loans.hpp"
#include "os/file/descriptors.hpp"
#include "os/file/wait.hpp"
#include "run/connections.hpp"
#include "run/keeper_order.hpp"

namespace holdfast {

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
