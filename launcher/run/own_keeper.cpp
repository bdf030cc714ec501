#include "run/own_keeper.hpp"

#include "os/file/descriptors.hpp"
#include "os/process/packet_socket.hpp"
#include "run/keeper_socket.hpp"
#include "settings/wire.hpp"

namespace holdfast {
namespace {

// A keeper answers at once, unless it is stopped.
constexpr Milliseconds k_answer_patience{2'000};
// The keeper has this time to end what is left, each part with its own grace, and to record the
// run.
constexpr Milliseconds k_end_patience{600'000};

// Fails if the keeper does not answer or is gone. It may also refuse.
Result<wire::Message> ask(int socket, const wire::Message& question) {
  HOLDFAST_DO(os::send_message(socket, question));
  if (!wait_for_answer(socket, k_answer_patience)) return Error{"hear the keeper"};
  return os::receive_message(socket).message;
}

}  // namespace

OwnKeeper::OwnKeeper(const ProcessName& ctest)
    : socket_(connect_to_keeper(ctest, k_answer_patience).socket) {}

OwnKeeper::Answer OwnKeeper::go_on_with(const std::string& tree, ComesNext next,
                                        const std::string& configuration) {
  if (!socket_.valid()) return Answer::absent;
  const wire::NextTree comes{tree, configuration, next};
  const Result<wire::Message> message = ask(socket_.get(), wire::to_message(comes));
  const Result<wire::TreeAnswer> answer =
      message ? wire::read<wire::TreeAnswer>(*message) : message.error();
  if (answer && answer->serves) {
    // The second message says that the earlier run is over, or the next one has begun. If the
    // keeper is gone instead, launchers notice that by themselves.
    if (next == ComesNext::tests || !wait_for_answer(socket_.get(), k_end_patience)) {
      return Answer::serves;
    }
    const Result<wire::Message> news = os::receive_message(socket_.get()).message;
    if (const auto second = news ? wire::read<wire::TreeAnswer>(*news) : news.error()) {
      log_ = second->log;
    }
    return Answer::serves;
  }
  // The keeper closes its end of the connection when it has done everything.
  const Milliseconds until = answer ? os::monotonic_now() + k_end_patience : Milliseconds{0};
  return os::wait_for(socket_.get(), until, 0) ? Answer::absent : Answer::silent;
}

bool OwnKeeper::let_go_of_shared_tree() {
  const Result<wire::Message> answer = ask(socket_.get(), wire::Message(wire::k_alone));
  return answer && !answer->get("let_go").empty();
}

void OwnKeeper::hand_over(int lock) {
  (void)os::send_message(socket_.get(), wire::Message(wire::k_alone), {lock});
}

}  // namespace holdfast
