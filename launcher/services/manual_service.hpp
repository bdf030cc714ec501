// A service of a build tree that people keep by hand: its files, how to reach its host, and where
// the host hears who comes.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/duration.hpp"
#include "base/result.hpp"
#include "os/file/descriptors.hpp"
#include "services/host_wire.hpp"

namespace holdfast {

// What its host answers.
struct ManualAnswer {
  os::UniqueFd connection;  // invalid: no host answers
  wire::ManualState state;
};

// A question to its host. It does not wait, because a host that is stopped answers late or never.
class ManualCall {
 public:
  // Connects to the host that listens at `socket`, and sends it a message without fields. An answer
  // for another service is none, unless `service` is empty.
  ManualCall(const std::string& socket, std::string service, std::string_view kind);

  // False: nobody listens there, or the call has ended without an answer.
  bool is_connected() const { return answer_.connection.valid(); }
  void join(os::Wait& wait) const;
  // True: the host has answered, is gone, or took too long. Wakes a host that is late, because it
  // may be stopped.
  bool look();
  ManualAnswer take_answer() { return std::move(answer_); }

 private:
  void hear();

  std::string service_;
  ManualAnswer answer_;
  Milliseconds wake_at_ = k_longest;
  Milliseconds until_ = k_longest;
};

class ManualService {
 public:
  // `tree` is an absolute path without links.
  ManualService(const std::string& tree, const std::string& service);

  const std::string& directory() const { return directory_; }  // of its output
  const std::string& socket() const { return socket_; }        // where its host listens

  // True: the tree says that people have started the service, and have not stopped it. Its host may
  // have been killed.
  bool is_noted() const;
  // Also true if only its host knows, because .holdfast was removed.
  bool is_kept() const { return is_noted() || has_host(); }
  unsigned last_generation() const;  // 0: there was none
  // Returns the name by which the processes of a generation are found.
  std::string attempt_of(unsigned generation) const;
  std::string log_of(unsigned generation) const;
  // Notes that people keep this generation, and makes the directories that it needs.
  Result<void> note(unsigned generation) const;
  // Notes that nobody keeps the service any more.
  void forget() const;

  // True: a host, or its guard, has the socket open. Asks nothing.
  bool has_host() const;
  // Sends the host a message without fields.
  ManualCall call(std::string_view kind) const { return {socket_, service_, kind}; }
  // Does the same and waits for the answer, for some seconds at most. The keeper of a run must not
  // wait. wire::k_stop has no answer.
  ManualAnswer ask(std::string_view kind) const;

 private:
  std::string service_;
  std::string directory_;
  std::string socket_;
  std::string attempts_;
};

// The socket of such a service, in its host. Runs and `holdfast service` connect to it.
class Door {
 public:
  // Listens at `path`. Waits a moment for the guard of a host that was killed. Fails if another
  // host listens there.
  static Result<Door> open(const std::string& path);

  void join(os::Wait& wait) const;
  // Accepts a new connection, and calls `use` with each message that has come and the connection on
  // which it came. `use` may take the connection. Does not wait.
  using Use = std::function<void(os::UniqueFd& visitor, const wire::Message& message)>;
  void hear(const Use& use);
  // To be called by the host, when nothing is left of the service.
  void remove();

 private:
  std::string path_;
  os::UniqueFd listener_;
  std::vector<os::UniqueFd> visitors_;
};

// Returns what the hosts say of which the tree knows nothing, because .holdfast was removed. The
// service that started last comes first. Waits for the answers.
std::vector<wire::ManualState> unnoted_services(const std::string& tree);

// Returns the names of all services that are kept in the tree, declared or not, noted or not.
std::vector<std::string> manual_services(const std::string& tree);

}  // namespace holdfast
