// A program that nothing of Holdfast's is linked with. What its processes say of their cases, they
// leave in files, or it is among the last lines that they print.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "batches/program_words.hpp"
#include "batches/test_program.hpp"

namespace holdfast::exec {

class ReportProgram : public TestProgram {
 public:
  Start start(Isolation wanted) const final;
  BatchEvent listed(std::string_view printed, const WorkerEnd& end) const final;
  std::unique_ptr<BatchWorker> worker(WorkerOrder order) const final;
  void use(const std::string& markers) final;
  bool is_shard() const override { return false; }
  Telling telling() const final { return has_reports() ? Telling::ends : Telling::nothing; }

  // True: a process of several cases leaves files in the directory, in which it tells of each.
  bool has_reports() const {
    return !markers_.empty() && can_report_ && !is_question_ && why_one_test_.empty();
  }
  // Removes what an earlier process has left.
  void forget_reports() const;
  // Reads and removes what the process with that end has left. `own_case` is its only case; empty:
  // it had several. `printed`: the end of what it has printed on stdout.
  virtual CaseReport take_report(const ProcessEnd& end, const std::string& own_case,
                                 std::string_view printed) const = 0;

 protected:
  // `markers`: the directory for files; empty: there is none.
  ReportProgram(const os::Command& command, std::string markers)
      : given_(command), markers_(std::move(markers)) {}

  // None: the process has not left this file.
  std::optional<std::string> take_file(std::string_view file) const;

  // Reads the list of cases from what a process has printed or left, which exited with that code.
  // False: it is no list.
  virtual bool read_list(std::string_view text, int code, BatchEvent& event) const = 0;

  os::Command given_;
  std::string markers_;

  // What the constructor of a framework's class finds out.
  bool is_question_ = false;       // the program answers, and runs no case
  std::string_view why_one_test_;  // why no case can have a process of its own; empty: each can
  bool can_report_ = false;        // a process of several cases can leave files
  std::string_view why_untold_;    // why it leaves none
  std::vector<std::string_view> report_files_;
  std::string_view list_file_;    // which may have the list; empty: it is always printed
  bool may_have_no_list_ = true;  // a program may exit with 0 and print no list
};

}  // namespace holdfast::exec
