// One process of a Catch2 program. Its output is passed on as it comes; what it says of its cases
// is read when it has ended, because it may keep that to itself until then.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/batch/catch2_report.hpp"
#include "exec/batch/batch_worker.hpp"

namespace holdfast::exec {

// What tells how its cases ended.
enum class Catch2Sign : std::uint8_t {
  reports,    // files in the marker directory: names::k_catch2_cases_file, k_catch2_totals_file
  console,    // the totals that it prints, and its exit code
  exit_code,  // that alone
};

class Catch2Worker final : public BatchWorker {
 public:
  // Takes away what another process has left in its files.
  Catch2Worker(WorkerOrder order, Catch2Sign sign, std::string markers);

  void add_descriptors(std::vector<pollfd>& fds) override;
  void look() override;
  // Of several cases nobody knows which is running, so these have no limit.
  Milliseconds deadline() override;
  Verdict on_deadline() override { return Verdict::end_tree; }
  void on_tree_ends() override { order_.told(); }
  void on_tree_gone() override;
  void on_pause(Milliseconds length) override;
  void tell(const std::string& text) override;
  OutputRange finish(const ProcessEnd& end) override;

 private:
  // How the process ended, and what it has said of that.
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
  std::uint64_t from_;  // where its output begins in the captured file
  std::int64_t since_us_;
  Milliseconds until_;
};

}  // namespace holdfast::exec
