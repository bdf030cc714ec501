// The keeper's loop: answers launchers and `holdfast end` until ctest has ended.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/wire.hpp"
#include "keeper/keeper.hpp"
#include "keeper/run.hpp"
#include "os/unique_fd.hpp"

namespace holdfast {

class Service {
 public:
  Service(const KeeperOrder& order, os::UniqueFd listener, os::UniqueFd ctest);

  // Blocks until ctest has ended and its run is recorded.
  void run();

 private:
  void wait_for_news();
  void accept_all();
  // False when the connection is over.
  bool serve(const os::UniqueFd& connection);
  wire::Message answer(const wire::Message& message, int asker);
  wire::Message grant(const wire::AttemptRequest& request, int asker);
  wire::Message end_of_run(int asker);
  Run& run_of(unsigned include_count, int asker);
  void roll_over(int asker);
  void finish_after_ctest();
  // Tells those who keep a test's leftovers that the run is over, and waits until they are gone.
  // `asker` (-1: nobody) is the connection that wants to know.
  void dismiss_connections(int asker);
  void say(std::string_view text);
  void say_once(const std::string& text);

  KeeperOrder order_;
  os::UniqueFd listener_;
  os::UniqueFd ctest_;
  os::UniqueFd stderr_;  // held only when the summary is ours to print
  std::vector<os::UniqueFd> connections_;
  std::optional<Run> run_;
  unsigned runs_ = 0;
  unsigned include_count_ = 0;  // of the current run; 0: not known yet
  bool run_ended_ = false;      // `holdfast end` has been here
  bool ctest_ended_ = false;
  std::set<std::string> said_;
};

}  // namespace holdfast
