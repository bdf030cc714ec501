// A process of ours that looks after one case of a batch: a fork of holdfast-exec. It supervises
// the case as holdfast-exec would, while other such processes do the same with other cases. Its
// stdout and stderr come to us, and it says at its end how the case ended.
#pragma once

#include <sys/types.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "attempt/attempt_plan.hpp"
#include "attempt/guard_messages.hpp"
#include "attempt/surroundings.hpp"
#include "batches/batch.hpp"
#include "batches/test_program.hpp"
#include "os/file/descriptors.hpp"
#include "output/output_relay.hpp"
#include "values/case_result.hpp"
#include "values/marker.hpp"
#include "values/policy.hpp"

namespace holdfast::exec {

// The files that the processes of a batch leave in the attempt's marker directory. Each of these
// functions takes the path of that directory; an empty path: there is none.

// Returns the path for a report that a process is asked to write; empty: there is no directory.
std::string report_file_in(const std::string& markers, std::string_view name);

// Reads such a report, 64 MiB at most, and removes the file. None: no process of ours has left one.
std::optional<std::string> take_report_file(const std::string& markers, std::string_view name);

// True: this process, a worker or the child of a case, has left its marker
// (docs/reference/marker-protocol.md). Removes the marker.
bool take_marker(const std::string& markers, const MarkerOwner& owner);

// What such a process says. It is in memory that we share with the process, so it has no pointers.
struct CaseProcessReport : CaseFacts {
  static constexpr std::size_t k_longest_note = 2000;
  using Note = std::array<char, k_longest_note>;  // null-terminated

  bool is_whole = false;  // set last
  // Of the case's process, and of all that it left.
  supervision::GuardReport guard;
  Observation seen;
  EndedBy by = EndedBy::itself;
  Note remark{};  // AttemptResult::note
  Note note{};    // of the case's result

  static void write(std::string_view text, Note& to);
  // The result of the case of that name.
  CaseResult result(const std::string& name) const { return {*this, name, note.data()}; }
};

class CaseProcess {
 public:
  // Forks. `work` is called in the process, which ends after it.
  using Work = std::function<void(CaseProcessReport&)>;
  CaseProcess(std::string name, bool streams_are_one, const Work& work);
  ~CaseProcess();
  CaseProcess(const CaseProcess&) = delete;
  CaseProcess& operator=(const CaseProcess&) = delete;

  const std::string& name() const { return name_; }
  bool is_over() const { return is_over_; }
  // Valid when it is over. Not whole: the process was killed, or could not be started; then the
  // note may say why.
  const CaseProcessReport& report() const { return *report_; }
  void send(int signal) const;

  void join(os::Wait& wait) const;
  // `relay`: where the output goes; null: the output is kept, because another case's output is
  // being passed on.
  void look(OutputRelay* relay);
  // Passes on the output that was kept.
  void flush(OutputRelay& relay) { output_.begin(relay); }

 private:
  Result<void> begin(bool streams_are_one, const Work& work);

  std::string name_;
  pid_t pid_ = -1;
  os::UniqueFd life_;
  CaseProcessReport none_;
  CaseProcessReport* report_ = &none_;  // &none_, or mapped
  OutputTurn output_;
  bool is_over_ = false;
};

// The slots of ctest in which cases of this batch may run: those that are reserved for the test
// (PROCESSORS), and those that the keeper lends because no test has them. A loan is for one case:
// whenever fewer cases run, loans go back, and the batch asks anew.
class LentSlots {
 public:
  // To be made before the first worker starts. The worker's guard then has our end of the
  // connection too, so loans last as long as the guard still has cases to end.
  explicit LentSlots(const supervision::AttemptPlan& plan);

  // False: there are no more than those that are reserved.
  bool may_be_lent() const { return link_.valid(); }

  void join(os::Wait& wait) const;

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

// Runs the cases of a batch with isolation `process`, as many at once as there are slots. A case
// that runs alone costs a fork more than without this.

// True: processes of the test's cases may run at once. A service and a containment are for one
// process of the batch at a time. What stays for other tests is handed to the keeper on the one
// connection of the attempt. In the attempt that runs alone no case runs beside another.
bool allows_side_by_side(const Policy& policy);

struct SideBySideOrder {
  supervision::Surroundings& around;
  OutputRelay& relay;
  LentSlots& slots;
  Milliseconds grace;
  // Returns the action for the next case, which then counts as begun; none: no case waits.
  std::function<std::optional<BatchAction>()> next;
  std::function<std::size_t()> waiting;  // how many more wait
  // Called in the process of the case.
  std::function<void(const BatchAction&, CaseProcessReport&)> work;
  // Called when a case and all before it are over, in the order of their begins.
  std::function<void(const CaseProcess&, const OutputRange&)> ended;
  std::function<void(Milliseconds)> on_pause;  // all stood still for so long
};

// Why no more cases began: a signal that ends tests, or ctest's death.
struct SideBySideEnd {
  EndReason reason = EndReason::none;
  int signal = 0;  // the first such signal; SIGTERM if ctest died
};

// Returns when no case runs or waits. Passes signals that end tests on to the cases, and ends them
// when ctest dies; then no more cases begin.
SideBySideEnd run_cases(SideBySideOrder order);

}  // namespace holdfast::exec
