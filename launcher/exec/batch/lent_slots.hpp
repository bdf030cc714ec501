// The slots of ctest in which cases of this batch may run: those that are reserved for the test
// (PROCESSORS), and those that the keeper lends because no test has them. A loan is for one case:
// whenever fewer cases run, loans go back, and the batch asks anew.
#pragma once

#include <poll.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "os/file/unique_fd.hpp"
#include "supervision/attempt/attempt_plan.hpp"

namespace holdfast::exec {

class LentSlots {
 public:
  // To be made before the first worker starts. The worker's guard then has our end of the
  // connection too, so loans last as long as the guard still has cases to end.
  explicit LentSlots(const supervision::AttemptPlan& plan);

  // False: there are no more than those that are reserved.
  bool may_be_lent() const { return link_.valid(); }

  void add_descriptors(std::vector<pollfd>& fds) const;

  // At each turn: first this, with how many cases run. Returns how many may run now.
  std::size_t most(std::size_t running);
  // Then this, when cases have begun: how many run now, and how many more wait to begin. Never
  // blocks for longer than the keeper's connection has patience.
  void tell(std::size_t running, std::size_t waiting);
  // Nothing runs and nothing begins for now.
  void rest() {
    (void)most(0);
    tell(0, 0);
  }

  // How long lent slots were used, all together.
  std::int64_t used_us() const { return used_us_; }

 private:
  bool connect();
  void hear();
  void count_time();
  void lose();

  const supervision::AttemptPlan& plan_;
  std::size_t own_;
  os::UniqueFd link_;
  os::UniqueFd for_keeper_;  // its end, until the first want
  std::size_t used_ = 0;     // loans with a case
  std::size_t fresh_ = 0;    // loans whose case has not begun
  std::size_t back_ = 0;     // loans that have ended, and the keeper does not know it yet
  std::size_t wanted_ = 0;   // what the keeper may still lend
  std::int64_t since_us_ = 0;
  std::int64_t used_us_ = 0;
};

}  // namespace holdfast::exec
