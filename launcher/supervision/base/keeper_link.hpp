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

// Whether a line that was printed in this run already is printed again; of an interrupted test, not
// where one line says it of all tests of a ctest that ended.
enum class Repeat : std::uint8_t { each_time, once_per_run, unless_ctest_ends };

// The last word on an attempt, by launcher or guard: it is recorded, its locks may go. Without it
// the keeper takes both for dead when the connection ends.
enum class LentScratch : std::uint8_t { used, reusable };

// Connected, or not: without a keeper a test runs by what its own properties say.
// <prefix>/bin/holdfast, from <prefix>/libexec/holdfast/holdfast-launcher.
Result<std::string> main_program();

class KeeperLink {
 public:
  // Finds the keeper of the ctest that started us, starting it if nobody has yet. Does not fail:
  // `trouble` says in one sentence why there is none, when that is worth saying.
  static KeeperLink find(const Attach& attach, const os::CallersSignals& callers);

  // Connected already, by the launcher that this process was.
  static KeeperLink adopt(os::UniqueFd socket);

  bool connected() const { return socket_.valid(); }
  const std::string& trouble() const { return trouble_; }
  int fd() const { return socket_.get(); }

  // Has the keeper hold a duplicate of a lock's descriptor, so that the lock outlives this process
  // for as long as anything of its test lives. To be called before the test starts.
  void entrust(int descriptor);

  // Asks for the policy of one attempt. Waits for the answer, at most a few seconds.
  Result<wire::AttemptGrant> ask(const wire::AttemptRequest& request);

  // Whether want of memory, and nothing else, explains that our test died of SIGKILL. `main` is its
  // main process, 0 when its number is not known. False without a keeper.
  bool asks_memory(int main);

  // What the run says to another attempt of a test that has failed.
  struct Again {
    bool granted = true;
    std::string reason;   // when not
    std::string attempt;  // its id; empty: there is no keeper
    std::string scratch;  // as in AttemptGrant
  };
  // Granted without a keeper. To be asked when the attempt is over: the keeper lets its locks go.
  Again asks_again(LentScratch scratch);

  // Has one line printed on ctest's stderr. False when the keeper cannot.
  bool say(std::string_view line, Repeat repeat, Layout layout);

 private:
  // Nothing where there is no keeper, or it does not answer in time.
  std::optional<wire::Message> answer_to(wire::Message question);

  os::UniqueFd socket_;
  std::string trouble_;
  unsigned questions_ = 0;
};

// `came_out`: `passed`, `failed`, `skipped`; empty: nobody knows.
void bid_farewell(int keeper, LentScratch scratch, std::string_view came_out = {});

}  // namespace holdfast::supervision
