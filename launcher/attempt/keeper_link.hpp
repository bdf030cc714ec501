// The launcher's connection to the keeper of its run.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "attempt/invocation.hpp"
#include "base/text.hpp"
#include "os/file/descriptors.hpp"
#include "os/signal/signals.hpp"
#include "settings/wire.hpp"

namespace holdfast::supervision {

using wire::Repeat;

// Whether the keeper can lend the scratch directory of an attempt to another attempt.
enum class LentScratch : std::uint8_t { used, reusable };

// May be unconnected: without a keeper a test runs by its own properties.
class KeeperLink {
 public:
  // Finds the keeper of the ctest that started us, and starts one if there is none yet. If that
  // fails, the link is unconnected, and trouble() says in one sentence why.
  static KeeperLink find(const Attach& attach, const os::CallersSignals& callers);

  KeeperLink() = default;
  // Takes over a connection with a keeper.
  explicit KeeperLink(os::UniqueFd socket) : socket_(std::move(socket)) {}

  bool connected() const { return socket_.valid(); }
  const std::string& trouble() const { return trouble_; }
  int fd() const { return socket_.get(); }
  // For a hand-over to the next program.
  const os::UniqueFd& socket() const { return socket_; }
  os::UniqueFd& socket() { return socket_; }

  // Gives the keeper a duplicate of a lock's descriptor, so that the lock outlives this process for
  // as long as anything of its test lives. To be called before the test starts.
  void entrust(int descriptor);

  // Asks for the grant of one attempt. Waits for the answer a few seconds at most; an error: there
  // was none. A keeper that answers knows of locks that we do not. So an answer that we do not
  // understand, or a keeper that does not understand us, is a refusal, in a grant without an
  // attempt.
  Result<wire::AttemptGrant> ask(const wire::AttemptRequest& request);

  // Asks the keeper whether want of memory is the only possible reason why our test died of
  // SIGKILL. `main` is the number of the test's main process; 0: unknown. False without a keeper.
  bool asks_memory(int main);

  // Asks for another attempt of a failed test, which is always granted without a keeper. To be
  // called when the attempt is over, because the keeper then releases the attempt's locks.
  wire::Again asks_again(LentScratch scratch);

  // Sends a message without fields. False: there is no keeper, or not any more.
  bool tell(std::string_view kind);
  // The next message of the keeper; none: it is gone, or says nothing in time. `descriptor`: takes
  // the one that comes with the message; null: none is expected.
  std::optional<wire::Message> hear(os::UniqueFd* descriptor = nullptr);

  // Asks the keeper to print one line on ctest's stderr. False when the keeper cannot be asked.
  bool say(std::string_view line, Repeat repeat, Layout layout);

  // Tells the keeper what the attempt waits for, for those who ask it; without names: it waits no
  // longer.
  void tell_wait(const wire::AttemptWait& wait);

 private:
  // Sends a question and returns the answer, which is a struct of the same kind. None when there is
  // no keeper, or no answer in time that is understood.
  template <typename Struct>
  std::optional<Struct> answer_to(const Struct& question);

  os::UniqueFd socket_;
  std::string trouble_;
  unsigned questions_ = 0;
};

// Tells the keeper that the attempt is recorded and that its locks may be released. The launcher
// calls this, or the guard in its place. If neither does, the keeper takes both for dead when the
// connection ends.
void bid_farewell(int keeper, LentScratch scratch,
                  wire::CameOut came_out = wire::CameOut::not_said);

}  // namespace holdfast::supervision
