// Looks after one process of a Catch2 program. Passes its output on as it comes. When the process
// has ended, reads what it says of its cases, because it may say nothing before.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/batch/catch2_report.hpp"
#include "exec/batch/batch_worker.hpp"

namespace holdfast::exec {

// What shows how the cases ended.
enum class Catch2Sign : std::uint8_t {
  reports,    // files in the marker directory: names::k_catch2_cases_file, k_catch2_totals_file
  console,    // the totals that the program prints, and its exit code
  exit_code,  // only its exit code
};

class Catch2Worker final : public BatchWorker {
 public:
  // Removes what an earlier process has left in the report files.
  Catch2Worker(WorkerOrder order, Catch2Sign sign, std::string markers);

  void add_descriptors(std::vector<pollfd>& fds) override;
  void look() override;
  // If there are several cases, it is not known which case runs, so no case has a limit.
  Milliseconds deadline() override { return until_; }
  Verdict on_deadline() override { return Verdict::end_tree; }
  void on_tree_ends() override { order_.told(); }
  void on_tree_gone() override { look(); }
  void on_pause(Milliseconds length) override;
  void tell(const std::string& text) override;
  OutputRange finish(const ProcessEnd& end) override;

 private:
  // What the process has said of its cases, and how it ended.
  struct Said {
    std::vector<Catch2Case> cases;
    bool has_crashed = false;
    bool is_through = false;
    bool ran_nothing = false;
  };

  void read_output();
  Said take_said(const ProcessEnd& end);
  void tell_own_case(const Said& said);
  void tell_cases(Said& said);
  void happened(BatchEvent event, const OutputRange& range = {});
  void began(const std::string& name);
  void ended(const Catch2Case& one, const OutputRange& range = {});
  void announce(std::uint64_t count);

  WorkerOrder order_;
  Catch2Sign sign_;
  std::string markers_;
  Catch2Totals printed_{Catch2Totals::Source::console};
  std::uint64_t from_;  // where the output of the process begins in the file
  std::int64_t since_us_;
  Milliseconds until_;
};

}  // namespace holdfast::exec
