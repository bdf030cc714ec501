// Looks after one process of a GoogleTest program. Reads what the process prints, and passes it on.
// A linked process also says on the worker socket and in the progress log which case it runs.
//
// In this class a process *prints* on its output, and it *says* something in a message or an entry.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "batches/batch.hpp"
#include "batches/test_program.hpp"
#include "batches/worker_link.hpp"
#include "os/file/descriptors.hpp"
#include "output/gtest_output.hpp"
#include "output/output_relay.hpp"

namespace holdfast::exec {

class GtestWorker final : public BatchWorker {
 public:
  // What becomes of the report that the program leaves of its cases.
  struct Report {
    std::string tells = {};  // the directory with one that says how the cases ended; empty: none
    std::string part = {};   // the file that is a part of the user's report; empty: none
    std::string parts = {};  // where parts are kept
  };
  GtestWorker(WorkerOrder order, Report report);

  void join(os::Wait& wait) override;
  void look() override;
  bool wants_start() const override { return true; }
  void on_main_started(pid_t main) override;
  Milliseconds deadline() override;
  std::chrono::nanoseconds rest() const override;
  void on_pause(Milliseconds length) override;
  OutputRange finish(const ProcessEnd& end) override;

 private:
  // A case that a linked program has printed. Its output may be read before or after what the
  // program says of it; the case is kept until both are known. With --gtest_repeat a case may be
  // kept more than once.
  struct Printed {
    std::string name;
    std::uint64_t begin;               // where its first line begins in the log; 0 without a log
    std::optional<std::uint64_t> end;  // where its last line ends; none: that is not printed yet
    CaseEnd said;                      // with an end: what its last line says
  };

  void read_output() override;
  void take(Stream stream, std::string_view bytes) override;
  void on_printed(const GtestEvent& event);
  void hear();
  void on_message(std::string_view packet);
  void answer_hello();
  void hear_of_new_program();
  void hear_of_services();
  void stop_hearing();
  void follow_output();
  void take_progress();
  void take_entries();
  void take_entry(const ProgressLog::Entry& entry, std::int64_t now_us);
  void on_begin_said(std::string_view name);
  void on_end_said(std::string_view name, CaseEnd said);
  bool must_look_again();
  bool must_not_hear() const;
  Milliseconds said_at() const;
  void begin_case(std::string_view name, std::uint64_t at);
  void end_case(std::string_view name, CaseEnd said, std::uint64_t at);
  void settle_end();
  void settle_printed_end();
  void tell_report(const ProcessEnd& end);
  Printed* first_printed(std::string_view name);
  Printed* last_printed(std::string_view name);
  void forget_printed(const Printed& printed);
  void happened(BatchEvent event, const OutputRange& range = {});
  std::uint64_t place_of(std::uint64_t offset) const;

  Report report_;
  pid_t main_ = -1;
  ProgressLog progress_;
  std::int64_t said_at_us_ = 0;  // when the message or entry that is being read was said; 0: now
  std::int64_t last_said_us_ = 0;
  bool is_all_printed_ = false;  // the process is gone, and its output was read to the end
  bool is_new_ = false;          // something was printed or said
  std::size_t taken_ = 0;        // how many printed bytes the last look has read
  Milliseconds told_at_;
  Milliseconds next_look_ = k_longest;  // when to look without news; k_longest: never
  GtestOutput printed_;
  Milliseconds limit_from_;
  std::uint64_t case_from_ = 0;  // where the open case's output begins in the file
  std::uint64_t rest_from_ = 0;  // where output that belongs to no case begins
  std::string open_;             // the case that runs; empty: none
  struct SaidEnd {
    std::string name;
    CaseEnd said;
  };
  // The program has said this end; the case's last line may not have been printed yet.
  std::optional<SaidEnd> said_end_;
  // An end that was printed by a program that is not linked. It is told later, because the case may
  // have forged the line. In that case the true line follows.
  struct PrintedEnd {
    SaidEnd end;
    std::uint64_t place;
    std::int64_t at_us;
  };
  std::optional<PrintedEnd> printed_end_;
  std::deque<Printed> printed_cases_;
  std::optional<std::uint64_t> announced_;  // how many cases the process has said that it runs
  bool is_linked_ = false;
  bool is_run_printed_ = false;  // since the log's last entry: that cases will run
  bool may_be_new_ = false;  // the socket is closed, and another program may have taken its place
  bool is_asking_ = false;   // the program waits until it is known whether it may go on
  // True: a linked program has printed that all its cases have run, and has not printed since that
  // it runs more.
  bool is_finished_printed_ = false;
  // A part of stdout, and its place in the file. Parts of stderr may lie between two segments.
  struct Segment {
    std::uint64_t printed;  // its place in stdout
    std::uint64_t kept;     // its place in the file
  };
  std::deque<Segment> segments_;
};

}  // namespace holdfast::exec
