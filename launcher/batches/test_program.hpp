// Looks after one process of a batch while it runs. Passes on what the process prints, tells what
// the process says of its cases, and limits the time of each case. Each framework has its own class
// of workers.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "attempt/attempt_plan.hpp"
#include "batches/batch.hpp"
#include "batches/batch_services.hpp"
#include "batches/worker_link.hpp"
#include "os/process/execute.hpp"
#include "output/output_relay.hpp"
#include "values/framework.hpp"

namespace holdfast::exec {

// A part of the file that has the batch's output.
struct OutputRange {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

// What a worker is made from. Everything that it refers to must outlive the worker.
struct WorkerOrder {
  // The worker calls this for each event, in order. With case_ended, the range is the case's
  // output; empty: the output's place is not known.
  using Tell = std::function<void(BatchEvent, const OutputRange&)>;

  supervision::Capture& capture;
  OutputRelay& relay;
  WorkerLink& link;
  BatchServices& services;
  Milliseconds case_timeout;
  const std::string& own_case;  // the only case of the process; empty: it may run several
  Tell tell;
  // The worker calls this before each wait that has no limit, and every 5 ms while the program
  // works.
  std::function<void()> told;
};

class BatchWorker : public CapturedOutput {
 public:
  explicit BatchWorker(WorkerOrder order)
      : CapturedOutput(order.capture, order.relay), order_(std::move(order)) {}

  // Nobody waits for us now, and the next look may be far away.
  void on_tree_ends() override { order_.told(); }
  void on_tree_gone() override {
    look();
    order_.told();
  }
  // To be called when the process is gone; `end` says how it ended. Takes its last output and
  // messages. Returns the output of the case in which it ended, if any.
  virtual OutputRange finish(const ProcessEnd& end) = 0;

 protected:
  WorkerOrder order_;
};

// Looks after a program while it lists its cases. Keeps the list, which is not for ctest.
class Listing final : public CapturedOutput {
 public:
  // `lists_on`: the stream that the list comes on. `limit`: the time after which the program is
  // ended; 0: none. The other arguments must outlive this object.
  Listing(supervision::Capture& capture, OutputRelay& relay, WorkerLink& link, Stream lists_on,
          Milliseconds limit);

  void join(os::Wait& wait) override;
  void look() override;
  bool wants_start() const override { return true; }
  void on_main_started(pid_t main) override;

  // To be called when the program is gone.
  void finish();
  const std::string& text() const { return text_; }

 private:
  void answer();
  // Anything besides the list (a sanitizer's report, stacks) is output of the test.
  void take(Stream stream, std::string_view bytes) override;

  WorkerLink& link_;
  Stream lists_on_;
  pid_t main_ = -1;
  std::string text_;
};

// The program of a batch. Its test framework decides by which commands processes are started, how
// the list of cases is read, and which class looks after a process.
class TestProgram {
 public:
  virtual ~TestProgram() = default;

  virtual const Framework& framework() const = 0;
  // What a process of several cases tells of them.
  virtual Telling telling() const { return Telling::beginnings; }

  struct Start {
    Isolation isolation = Isolation::none;
    std::string why;  // why the isolation is not the wanted one; empty: nothing to say
  };
  // Returns the isolation with which a batch of this program starts.
  virtual Start start(Isolation wanted) const = 0;

  // Returns the command as it was given, with what Holdfast needs to follow the cases.
  virtual WorkerCommand running_all() const = 0;
  // Returns a command that runs only what `selection` selects.
  enum class Selected : std::uint8_t { one_case, several };
  virtual WorkerCommand running(const std::string& selection, Selected selected) const = 0;
  // Returns a command that lists the cases and runs none.
  virtual WorkerCommand listing() const = 0;
  // Returns the stream that the list comes on.
  virtual Stream lists_on() const { return Stream::output; }
  // Makes the event `listed` or `not_listed` from what a process with that command has printed, and
  // from how it ended. Removes the file that the process has left.
  virtual BatchEvent listed(std::string_view printed, const WorkerEnd& end) const = 0;

  virtual std::unique_ptr<BatchWorker> worker(WorkerOrder order) const = 0;

  // Returns a command for a process that forks others for the cases.
  virtual WorkerCommand serving() const { return running_all(); }

  // Returns where the user wants one report of all cases in the form of the framework; empty:
  // nowhere. The processes leave their parts of it in parts_in() (batches/batch_report.hpp).
  virtual std::string wanted_report() const { return {}; }

  // From now on, processes use another marker directory.
  virtual void use(const std::string& markers) = 0;

  // True: other tests run a part of the program's cases.
  virtual bool is_shard() const = 0;
};

// Finds the test framework by what the program's file contains. If the file shows no framework, the
// framework is taken to be GoogleTest. `markers` is the attempt's marker directory; empty: there is
// none. The command must outlive the result. `may_ask`: a GoogleTest program can be asked for a
// report of its cases.
std::unique_ptr<TestProgram> test_program(const os::Command& command, const std::string& markers,
                                          bool may_ask);

std::unique_ptr<TestProgram> googletest_program(const os::Command& command,
                                                const std::string& markers, bool may_ask);
// What becomes of the report that a GoogleTest program leaves of its cases.
struct GtestReportFiles {
  std::string tells = {};  // the directory with one that says how the cases ended; empty: none
  std::string part = {};   // the file that is a part of the user's report; empty: none
  std::string parts = {};  // where parts are kept
};
// Looks after one process of a GoogleTest program. Reads what the process prints, and passes it on.
// A linked process also says on the worker socket and in the progress log which case it runs.
std::unique_ptr<BatchWorker> gtest_worker(WorkerOrder order, GtestReportFiles report);

std::unique_ptr<TestProgram> catch2_program(const os::Command& command, const std::string& markers,
                                            FrameworkKind version);
std::unique_ptr<TestProgram> doctest_program(const os::Command& command,
                                             const std::string& markers);
std::unique_ptr<TestProgram> boost_program(const os::Command& command, const std::string& markers);

}  // namespace holdfast::exec
