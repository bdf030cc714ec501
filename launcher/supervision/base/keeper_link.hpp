// The launcher's connection to the keeper of its run.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/said_line.hpp"
#include "core/settings/wire.hpp"
#include "os/file/unique_fd.hpp"
#include "os/signal/signals.hpp"
#include "supervision/base/invocation.hpp"

namespace holdfast::supervision {

// Whether a line that this run has printed already is printed again. `unless_ctest_ends` is for an
// interrupted test: if ctest ended, one line speaks for all its tests.
enum class Repeat : std::uint8_t { each_time, once_per_run, unless_ctest_ends };

// Whether the keeper can lend the scratch directory of an attempt to another one.
enum class LentScratch : std::uint8_t { used, reusable };

// Connected or not: without a keeper a test runs by its own properties.
class KeeperLink {
 public:
  // Finds the keeper of the ctest that started us, and starts it if nobody has yet. Does not fail:
  // `trouble` says in one sentence why there is none, when that is worth saying.
  static KeeperLink find(const Attach& attach, const os::CallersSignals& callers);

  // Takes over the connection of the launcher that this process was.
  static KeeperLink adopt(os::UniqueFd socket);

  bool connected() const { return socket_.valid(); }
  const std::string& trouble() const { return trouble_; }
  int fd() const { return socket_.get(); }

  // Gives the keeper a duplicate of a lock's descriptor, so that the lock outlives this process for
  // as long as anything of its test lives. To be called before the test starts.
  void entrust(int descriptor);

  // Asks for the policy of one attempt. Waits for the answer, but a few seconds at most.
  Result<wire::AttemptGrant> ask(const wire::AttemptRequest& request);

  // Whether want of memory, and nothing else, explains that our test died of SIGKILL. `main` is its
  // main process; 0: its number is not known. False without a keeper.
  bool asks_memory(int main);

  // The run's answer to the request for another attempt of a failed test.
  struct Again {
    bool granted = true;
    std::string reason;   // why not, if not granted
    std::string attempt;  // its id; empty: there is no keeper
    std::string scratch;  // as in AttemptGrant
  };
  // Always granted without a keeper. To be asked when the attempt is over, since the keeper then
  // releases the attempt's locks.
  Again asks_again(LentScratch scratch);

  // Prints one line on ctest's stderr. False when the keeper cannot.
  bool say(std::string_view line, Repeat repeat, Layout layout);

 private:
  // None where there is no keeper, or no answer in time.
  std::optional<wire::Message> answer_to(wire::Message question);

  os::UniqueFd socket_;
  std::string trouble_;
  unsigned questions_ = 0;
};

// Tells the keeper, for launcher or guard, that the attempt is recorded and its locks may go.
// Without that the keeper takes both for dead when the connection ends. `came_out` is `passed`,
// `failed` or `skipped`; empty: unknown.
void bid_farewell(int keeper, LentScratch scratch, std::string_view came_out = {});

}  // namespace holdfast::supervision
