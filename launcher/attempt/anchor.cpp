#include "attempt/anchor.hpp"

#include <signal.h>
#include <sys/types.h>

#include <holdfast/worker_protocol.h>

#include <algorithm>
#include <initializer_list>
#include <vector>

#include "attempt/guard_messages.hpp"
#include "attempt/messages.hpp"
#include "base/text.hpp"
#include "os/file/clock.hpp"
#include "os/file/descriptors.hpp"
#include "os/process/packet_socket.hpp"
#include "os/process/process_tree.hpp"
#include "os/signal/signals.hpp"
#include "values/case_result.hpp"

namespace holdfast::supervision {
namespace {

struct Duty {
  int socket = -1;
  Milliseconds grace{0};
  pid_t child = 0;  // 0: it has been waited for
  int first_signal = 0;
};

// The words after --anchor begin with SOCKET GRACE_MS CHILD SIGNAL. The rest says how the case
// ended. This process need not know that, because whoever waited for the case has reported it.
constexpr std::size_t k_words = 8;

bool read_duty(char** arguments, Duty& duty) {
  std::array<std::uint64_t, k_words> numbers{};
  for (std::size_t i = 0; i < k_words; ++i) {
    const char* word = arguments[2 + i];
    if (word == nullptr) return false;
    const auto number = parse_number<std::uint64_t>(word);
    if (!number) return false;
    numbers[i] = *number;
  }
  duty.socket = static_cast<int>(numbers[0]);
  duty.grace = Milliseconds{numbers[1]};
  duty.child = static_cast<pid_t>(numbers[2]);
  duty.first_signal = static_cast<int>(numbers[3]);
  return true;
}

class Anchor final : public os::TreeWatcher {
 public:
  explicit Anchor(const Duty& duty) : duty_(duty), socket_(duty.socket) {}

  void end() {
    const bool is_over = duty_.child == 0;
    if (is_over && ends_by_itself()) return say({HOLDFAST_WORKER_GONE, "0"});
    if (is_over) say_who_is_left();
    const int signal = is_over ? SIGTERM : duty_.first_signal;
    const auto survivors = os::end_tree({signal, duty_.grace, {}}, *this);
    if (child_reaped_) say_how_it_ended();
    say({HOLDFAST_WORKER_GONE, std::to_string(survivors.size())});
  }

  void on_reaped(pid_t pid, int status) override {
    if (pid != duty_.child) return;
    child_reaped_ = true;
    status_ = status;
  }

  int hurry_fd() override { return socket_.get(); }

  // While the tree is being ended, another order can only shorten the grace. If holdfast-exec is
  // dead, the grace is over.
  bool hurries() override {
    const Result<std::string> packet = os::receive_packet(socket_.get());
    if (!packet || packet->empty()) return true;
    const auto order = worker_fields(*packet);
    return order && order->size() == 3 && order->front() == HOLDFAST_WORKER_TERMINATE &&
           order->back() == "0";
  }

 private:
  bool ends_by_itself() {
    const os::UniqueFd children = os::watch_children();
    const Milliseconds until = os::monotonic_now() + k_leak_patience;
    while (os::reap(*this, {})) {
      if (!os::wait_for(children.get(), until)) return false;
      os::hear_of_children(children);
    }
    return true;
  }

  void say_who_is_left() {
    const std::vector<os::NamedProcess> left = os::living_descendants({});
    std::string packet = worker_message({HOLDFAST_WORKER_LEFT, std::to_string(left.size())});
    for (std::size_t i = 0; i < std::min(left.size(), k_most_listed); ++i) {
      packet += worker_message({std::to_string(left[i].pid), left[i].name});
    }
    (void)os::send_packet(socket_.get(), packet);
  }

  void say_how_it_ended() {
    GuardReport used;
    add_usage(used);
    say({HOLDFAST_WORKER_ENDED, std::to_string(status_), std::to_string(used.user_us),
         std::to_string(used.system_us), std::to_string(used.max_rss_kb)});
  }

  void say(std::initializer_list<std::string_view> fields) {
    (void)os::send_packet(socket_.get(), worker_message(fields));
  }

  Duty duty_;
  os::UniqueFd socket_;
  bool child_reaped_ = false;
  int status_ = 0;
};

}  // namespace

bool is_anchor(char** arguments) {
  return arguments[1] != nullptr && std::string_view(arguments[1]) == HOLDFAST_WORKER_ANCHOR_OPTION;
}

Exit end_as_anchor(char** arguments) {
  os::take_signals();
  Duty duty;
  if (!read_duty(arguments, duty)) {
    write_line("--anchor is for Holdfast's own use, with eight numbers after it");
    return {Exit::Kind::code, exit_codes::k_own_failure};
  }
  // An anchor is a subreaper already, and exec does not change that.
  Anchor(duty).end();
  return {Exit::Kind::code, exit_codes::k_success};
}

}  // namespace holdfast::supervision
