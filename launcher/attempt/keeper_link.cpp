#include "attempt/keeper_link.hpp"

#include <sys/wait.h>

#include "attempt/programs.hpp"
#include "base/process_name.hpp"
#include "os/file/trusted_directory.hpp"
#include "os/log/log.hpp"
#include "os/process/execute.hpp"
#include "os/process/packet_socket.hpp"

namespace holdfast::supervision {
namespace {

// A keeper answers in microseconds. A keeper that is stopped or hangs must not hold up a test for
// long.
constexpr Milliseconds k_patience{2000};
// The patience with a keeper that has already failed to answer another test.
constexpr Milliseconds k_patience_lost{50};

os::Connected connect_to_keeper(const Attach& attach) {
  if (const Result<os::UniqueFd> user = os::open_existing_user_directory();
      !user && errno != ENOENT) {
    return {{}, os::ConnectFailure::other, user.error()};
  }
  const std::string socket =
      keeper_socket_path(os::user_directory_path(), attach.ctest, attach.pid_namespace);
  const bool lost = ::access(keeperless_flag(socket).c_str(), F_OK) == 0;
  os::Connected link = os::connect_to(socket, lost ? k_patience_lost : k_patience);
  if (!link.socket.valid()) return link;
  // Anybody can write to /tmp: only a keeper of this user or of root is ours.
  if (!os::is_peer_trusted(link.socket)) {
    link.socket.reset();
    link.error = Error{"use the keeper: its socket belongs to another user"};
  }
  return link;
}

// Runs `holdfast keeper`. That program ends when a keeper of this ctest listens, even if another
// program started that keeper.
bool start_keeper(const Attach& attach, const os::CallersSignals& callers) {
  Result<std::string> program = main_program();
  if (!program) return false;
  const std::vector<std::string> words{*program,    "keeper",      "--tree",
                                       attach.tree, "--ctest",     to_text(attach.ctest),
                                       "--project", attach.project};
  std::vector<char*> arguments = os::pointers_to(words);  // nothing is allocated after the fork
  const pid_t child = ::fork();
  if (child < 0) return false;
  if (child == 0) {
    // The keeper outlives the test, so it must not keep ctest's streams open.
    os::leave_standard_streams();
    (void)os::become({arguments.data(), ::environ}, callers);
    ::_exit(127);
  }
  int status = -1;
  (void)os::retried([&] { return ::waitpid(child, &status, 0); });
  return status == 0;
}

}  // namespace

KeeperLink KeeperLink::find(const Attach& attach, const os::CallersSignals& callers) {
  os::Connected connected = connect_to_keeper(attach);
  const bool is_absent =
      !connected.socket.valid() && connected.failure == os::ConnectFailure::absent;
  if (is_absent && start_keeper(attach, callers)) connected = connect_to_keeper(attach);
  KeeperLink link(std::move(connected.socket));
  if (link.connected()) return link;
  link.trouble_ = connected.failure == os::ConnectFailure::dead
                      ? "it was killed; journalctl -k tells whether memory ran out"
                      : to_text(connected.error);
  return link;
}

Result<wire::AttemptGrant> KeeperLink::ask(const wire::AttemptRequest& request) {
  wire::AttemptGrant none;
  const wire::Message question = wire::to_message(request);
  none.refusal = why_too_long(question, "the properties of the test");
  if (!none.refusal.empty()) return none;
  HOLDFAST_DO(os::send_message(fd(), question));
  // Before the grant, a packet may come that the keeper sends to everybody: the earlier run is
  // over.
  const auto receive = [this] {
    os::ReceivedMessage came = os::receive_message(fd());
    while (came.message && came.message->kind == wire::EndAnswer::k_kind)
      came = os::receive_message(fd());
    return came;
  };
  os::ReceivedMessage received = receive();
  if (received.is_over) {
    // Perhaps the keeper was stopped. Then we continue it, or another launcher has just done so.
    (void)os::continue_peer(fd());
    received = receive();
  }
  Result<wire::Message>& message = received.message;
  if (received.is_over) return message.error();
  Result<wire::AttemptGrant> grant = message ? wire::to_grant(*message) : message.error();
  if (grant) return grant;
  const bool is_refused = message && message->kind == wire::k_refusal;
  const std::string why = is_refused ? std::string(message->get("why")) : to_text(grant.error());
  none.refusal =
      "it and its run's keeper do not understand each other, perhaps of two versions: " + why;
  return none;
}

void KeeperLink::entrust(int descriptor) {
  // If this fails, the lock ends with launcher and guard. That matters only when both are killed.
  (void)os::send_message(fd(), wire::Message(wire::k_hold), {descriptor});
}

template <typename Struct>
std::optional<Struct> KeeperLink::answer_to(const Struct& question) {
  const std::string number = std::to_string(++questions_);
  wire::Message message = wire::to_message(question);
  message.add(wire::k_question, number);
  if (!os::send_message(fd(), message)) return std::nullopt;
  std::optional<wire::Message> answer = hear();
  // Any other answer belongs to a question that we no longer wait for.
  while (answer && answer->get(wire::k_question) != number) answer = hear();
  if (!answer) return std::nullopt;
  Result<Struct> understood = wire::read<Struct>(*answer);
  return understood ? std::optional(*std::move(understood)) : std::nullopt;
}

bool KeeperLink::tell(std::string_view kind) {
  return static_cast<bool>(os::send_message(fd(), wire::Message(kind)));
}

std::optional<wire::Message> KeeperLink::hear(os::UniqueFd* descriptor) {
  os::ReceivedMessage received = os::receive_message(fd());
  if (descriptor != nullptr) *descriptor = std::move(received.descriptor);
  if (!received.message) return std::nullopt;
  return std::move(*received.message);
}

bool KeeperLink::asks_memory(int main) {
  const auto answer = answer_to(wire::MemoryQuestion{.main = main});
  return answer && answer->is_sure;
}

wire::Again KeeperLink::asks_again(LentScratch scratch) {
  return answer_to(wire::Again{.is_scratch_empty = scratch == LentScratch::reusable})
      .value_or(wire::Again{});
}

bool KeeperLink::say(std::string_view line, Repeat repeat, Layout layout) {
  // The keeper may have granted the next attempt already.
  const wire::Line said{std::string(line), os::log_target().attempt, repeat, layout};
  return static_cast<bool>(os::send_message(fd(), wire::to_message(said)));
}

void KeeperLink::tell_wait(const wire::AttemptWait& wait) {
  (void)os::send_message(fd(), to_message(wait));
}

void bid_farewell(int keeper, LentScratch scratch, wire::CameOut came_out) {
  if (keeper < 0) return;
  const wire::Farewell farewell{scratch == LentScratch::reusable, came_out};
  (void)os::send_message(keeper, wire::to_message(farewell));
}

}  // namespace holdfast::supervision
