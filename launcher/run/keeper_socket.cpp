#include "run/keeper_socket.hpp"

#include <algorithm>

#include "base/encoding.hpp"
#include "base/environment.hpp"
#include "base/text.hpp"
#include "os/file/trusted_directory.hpp"
#include "values/attach.hpp"

namespace holdfast {

namespace {

// In /proc/<pid>/comm, the names of our processes begin with this text.
constexpr std::string_view k_ours = "holdfast";

bool is_ours(const os::ProcessStat& stat) { return stat.name.starts_with(k_ours); }

}  // namespace

std::string keeper_socket_path_here(const ProcessName& ctest) {
  return keeper_socket_path(os::user_directory_path(), ctest, os::own_pid_namespace());
}

// os::numbering_id() omits the first PID namespace.
std::uint64_t pid_namespace_in(std::string_view numbering) {
  constexpr std::string_view k_beginning = "/pid:[";
  const std::size_t at = numbering.find(k_beginning);
  if (at == std::string_view::npos) return os::k_first_pid_namespace;
  return leading_number<std::uint64_t>(numbering.substr(at + k_beginning.size())).value_or(0);
}

bool is_listened_for(const ProcessName& ctest, std::string_view numbering) {
  const std::string path =
      keeper_socket_path(os::user_directory_path(), ctest, pid_namespace_in(numbering));
  return os::connect_to(path, k_probe_patience).socket.valid();
}

bool wait_for_answer(int socket, Milliseconds patience) {
  constexpr Milliseconds k_stopped_patience{1'000};
  const Milliseconds now = os::monotonic_now();
  if (os::wait_for(socket, now + std::min(patience, k_stopped_patience))) return true;
  (void)os::continue_peer(socket);
  return os::wait_for(socket, now + patience);
}

os::Connected connect_to_keeper(const ProcessName& ctest, Milliseconds patience) {
  return os::connect_to(keeper_socket_path_here(ctest), patience);
}

void show_as_keeper(const std::string& tree, const ProcessName& ctest) {
  const std::string word_of_tree = std::to_string(Fnv1a().add(tree).value());
  os::set_process_title(os::k_keeper_name, {"holdfast", "keeper", word_of_tree, to_text(ctest)});
}

bool has_entry_like(std::string_view environment, std::string_view beginning) {
  while (!environment.empty()) {
    if (take_part(environment, '\0').starts_with(beginning)) return true;
  }
  return false;
}

bool has_keeper(const ProcessName& ctest) {
  return connect_to_keeper(ctest, k_probe_patience).socket.valid();
}

os::TaggedProcesses supervisors_of(const RunOfCtest& run, IsMeant is_meant) {
  std::string attach = std::string(environment::k_attach) + "=" +
                       attach_beginning(run.ctest, os::own_pid_namespace());
  if (run.include_count) attach += std::to_string(*run.include_count) + " ";
  return os::TaggedProcesses(
      [attach = std::move(attach), is_meant = std::move(is_meant)](const os::ProcessMarks& marks) {
        if (!has_entry_like(marks.environment, attach)) return false;
        const Result<os::ProcessStat> stat = os::read_process_stat(marks.pid);
        return stat && is_ours(*stat) && is_meant(marks.pid, *stat);
      });
}

bool is_launcher(const os::ProcessStat& stat) { return stat.name == os::k_launcher_name; }

bool is_guard(const os::ProcessStat& stat) { return stat.name == os::k_guard_name; }

bool is_alone(const os::ProcessStat& guard) {
  const Result<os::ProcessStat> parent = os::read_process_stat(guard.parent);
  return !parent || !is_ours(*parent) || is_guard(*parent);
}

bool has_guard_alone(const ProcessName& ctest) {
  const IsMeant is_meant = [](pid_t, const os::ProcessStat& stat) {
    return is_guard(stat) && is_alone(stat);
  };
  return !supervisors_of({ctest}, is_meant).living().empty();
}

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
