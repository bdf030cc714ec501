// A process of ours that looks after one case of a batch: a fork of holdfast-exec. It supervises
// the case as holdfast-exec would, while other such processes do the same with other cases. Its
// stdout and stderr come to us, and it says at its end how the case ended.
#pragma once

#include <poll.h>
#include <sys/types.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/batch/case_result.hpp"
#include "core/outcome/marker.hpp"
#include "exec/output/output_relay.hpp"
#include "os/file/unique_fd.hpp"
#include "supervision/attempt/capture.hpp"
#include "supervision/base/guard_messages.hpp"

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
struct CaseProcessReport {
  static constexpr std::size_t k_longest_note = 2000;
  using Note = std::array<char, k_longest_note>;  // null-terminated

  bool is_whole = false;  // set last
  // Of the case's process, and of all that it left.
  supervision::GuardReport guard;
  Observation seen;
  EndedBy by = EndedBy::itself;
  Note remark{};  // AttemptResult::note
  // The case's result.
  std::optional<Outcome> outcome;
  std::optional<int> exit_code;
  std::optional<int> signal;
  std::int64_t wall_us = 0;
  bool leak_failed = false;
  bool untold = false;
  Note note{};

  static void write(std::string_view text, Note& to);
  // The result of the case of that name.
  CaseResult result(const std::string& name) const;
};

class CaseProcess {
 public:
  // Forks. `work` is called in the process, which ends after it.
  using Work = std::function<void(CaseProcessReport&)>;
  static std::unique_ptr<CaseProcess> start(std::string name, bool streams_are_one,
                                            const Work& work);
  ~CaseProcess();
  CaseProcess(const CaseProcess&) = delete;
  CaseProcess& operator=(const CaseProcess&) = delete;

  const std::string& name() const { return name_; }
  bool is_over() const { return is_over_; }
  // Valid when it is over. Not whole: the process was killed, or could not be started.
  const CaseProcessReport& report() const { return *report_; }
  // Why there never was a process; empty: there was one.
  const std::string& trouble() const { return trouble_; }
  void send(int signal) const;

  void add_descriptors(std::vector<pollfd>& fds) const;
  // `relay`: where the output goes; null: the output is kept, because another case's output is
  // being passed on.
  void look(OutputRelay* relay);
  // Passes on the output that was kept.
  void flush(OutputRelay& relay) { output_.begin(relay); }

 private:
  explicit CaseProcess(std::string name) : name_(std::move(name)) {}
  void fail(const Error& error);

  std::string name_;
  supervision::Capture capture_;
  pid_t pid_ = -1;
  os::UniqueFd life_;
  CaseProcessReport* report_ = nullptr;  // mapped
  CaseProcessReport none_;
  std::string trouble_;
  OutputTurn output_;
  bool is_over_ = false;
};

}  // namespace holdfast::exec
