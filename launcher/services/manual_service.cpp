#include "services/manual_service.hpp"

#include <fmt/core.h>

#include <unistd.h>

#include <algorithm>

#include "base/encoding.hpp"
#include "base/names.hpp"
#include "base/text.hpp"
#include "os/file/clock.hpp"
#include "os/file/own_files.hpp"
#include "os/file/trusted_directory.hpp"
#include "os/process/packet_socket.hpp"
#include "os/process/process.hpp"
#include "run/keeper_socket.hpp"

namespace holdfast {
namespace {

// A host answers in microseconds, unless the machine is busy. A host that is later may be stopped.
constexpr Milliseconds k_stopped_patience{1'000};
constexpr Milliseconds k_patience{5'000};
constexpr std::size_t k_longest_number = 64;
constexpr unsigned k_logs_kept = 20;

std::string in_directory(const std::string& directory, std::string_view name) {
  return directory + "/" + std::string(name);
}

std::string sockets_directory() {
  return in_directory(os::user_directory_path(), names::k_user_services_directory);
}

std::string tree_and_numbers(const std::string& tree) {
  return fmt::format("{}\n{}", tree, os::own_pid_namespace());
}

// By this the sockets of one tree are found without the names of the services.
std::string prefix_of_sockets(const std::string& tree_and_numbers) {
  return fmt::format("{}-", Fnv1a().add(tree_and_numbers).value());
}

ManualAnswer answer_to(ManualCall& asked) {
  while (!asked.look()) {
    os::Wait wait;
    asked.join(wait);
    wait.go();
  }
  return asked.take_answer();
}

std::vector<std::string> noted_services(const std::string& tree) {
  std::vector<std::string> names;
  for (std::string& name : os::names_in_own(in_directory(tree, names::k_kept_directory))) {
    if (ManualService(tree, name).is_noted()) names.push_back(std::move(name));
  }
  return names;
}

}  // namespace

ManualCall::ManualCall(const std::string& socket, std::string service, std::string_view kind)
    : service_(std::move(service)) {
  // In this directory nobody else can have put the socket there.
  if (!os::open_user_directory()) return;
  os::Connected host = os::connect_at_once(socket);
  if (!os::send_message(host.socket.get(), wire::Message(kind))) return;
  answer_.connection = std::move(host.socket);
  wake_at_ = os::monotonic_now() + k_stopped_patience;
  until_ = os::monotonic_now() + k_patience;
}

void ManualCall::join(os::Wait& wait) const {
  wait.on(answer_.connection.get());
  wait.until(std::min(wake_at_, until_));
}

bool ManualCall::look() {
  if (!is_connected()) return true;
  if (os::is_readable(answer_.connection.get())) {
    hear();
    return true;
  }
  const Milliseconds now = os::monotonic_now();
  if (now >= until_) {
    answer_.connection.reset();
    return true;
  }
  if (now >= wake_at_) {
    wake_at_ = k_longest;
    (void)os::continue_peer(answer_.connection.get());
  }
  return false;
}

void ManualCall::hear() {
  const Result<wire::Message> message = os::receive_message(answer_.connection.get()).message;
  Result<wire::ManualState> state =
      message ? wire::read<wire::ManualState>(*message) : message.error();
  if (state && (service_.empty() || state->order.spec.name == service_)) {
    answer_.state = std::move(*state);
  } else {
    answer_.connection.reset();
  }
}

// The name of the socket is short, because the path of a socket must be short. It stands for our
// PID namespace too: a host of another namespace has other process numbers.
ManualService::ManualService(const std::string& tree, const std::string& service)
    : service_(service) {
  directory_ = fmt::format("{}/{}/{}", tree, names::k_kept_directory, service);
  const std::string numbers = tree_and_numbers(tree);
  const auto hash = Fnv1a().add(numbers).end().add(service).value();
  socket_ = fmt::format("{}/{}{}", sockets_directory(), prefix_of_sockets(numbers), hash);
  attempts_ = fmt::format("kept-{}", hash);
}

bool ManualService::is_noted() const {
  return os::exists_own(in_directory(directory_, names::k_kept_file));
}

unsigned ManualService::last_generation() const {
  const std::string file = in_directory(directory_, names::k_kept_generation_file);
  return leading_number<unsigned>(os::read_own(file, k_longest_number).value_or("")).value_or(0);
}

std::string ManualService::attempt_of(unsigned generation) const {
  return fmt::format("{}.{}", attempts_, generation);
}

std::string ManualService::log_of(unsigned generation) const {
  return fmt::format("{}/{}-{}{}", directory_, service_, generation, names::k_output_suffix);
}

Result<void> ManualService::note(unsigned generation) const {
  HOLDFAST_TRY(const os::UniqueFd user, os::open_user_directory());
  HOLDFAST_TRY(const os::UniqueFd made,
               os::open_below(user, std::string(names::k_user_services_directory), 0700));
  const std::string all = directory_.substr(0, directory_.rfind('/'));
  HOLDFAST_DO(os::make_own_directories(all, 0755));
  HOLDFAST_DO(os::make_own_directories(directory_, 0700));
  if (generation > k_logs_kept) (void)os::remove_own(log_of(generation - k_logs_kept));
  const std::string number = std::to_string(generation) + "\n";
  for (const std::string_view name : {names::k_kept_generation_file, names::k_kept_file}) {
    const std::string path = in_directory(directory_, name);
    const std::string fresh = fmt::format("{}.{}", path, ::getpid());
    HOLDFAST_DO(os::append_line(fresh, number));
    HOLDFAST_DO(os::rename_own(fresh, path));
  }
  return {};
}

void ManualService::forget() const {
  (void)os::remove_own(in_directory(directory_, names::k_kept_file));
}

bool ManualService::has_host() const {
  const os::Connected host = os::connect_at_once(socket_);
  return host.socket.valid() || host.failure == os::ConnectFailure::other;
}

ManualAnswer ManualService::ask(std::string_view kind) const {
  ManualCall asked = call(kind);
  return kind == wire::k_stop ? asked.take_answer() : answer_to(asked);
}

Result<Door> Door::open(const std::string& path) {
  // If a host was killed, its guard has the socket open until it has ended the processes.
  constexpr Milliseconds k_guard_patience{10'000};
  constexpr Milliseconds k_interval{20};
  Door door;
  door.path_ = path;
  const Milliseconds until = os::monotonic_now() + k_guard_patience;
  while (true) {
    os::Listening listening = os::listen_at(path);
    door.listener_ = std::move(listening.socket);
    if (door.listener_.valid()) return door;
    if (!listening.existed || os::monotonic_now() >= until) return listening.error;
    os::pause_for(k_interval);
  }
}

void Door::join(os::Wait& wait) const {
  wait.on(listener_.get());
  for (const os::UniqueFd& visitor : visitors_) wait.on(visitor.get());
}

void Door::hear(const Use& use) {
  if (os::is_readable(listener_.get())) {
    Result<os::UniqueFd> visitor = os::accept_from(listener_);
    if (visitor && os::is_peer_trusted(*visitor)) visitors_.push_back(std::move(*visitor));
  }
  for (os::UniqueFd& visitor : visitors_) {
    if (!os::is_readable(visitor.get())) continue;
    if (const Result<wire::Message> message = os::receive_message(visitor.get()).message) {
      use(visitor, *message);
    } else {
      visitor.reset();
    }
  }
  std::erase_if(visitors_, [](const os::UniqueFd& visitor) { return !visitor.valid(); });
}

void Door::remove() { (void)os::remove_own(path_); }

std::vector<wire::ManualState> unnoted_services(const std::string& tree) {
  const std::string prefix = prefix_of_sockets(tree_and_numbers(tree));
  const std::vector<std::string> noted =
      collected(noted_services(tree),
                [&](const std::string& name) { return ManualService(tree, name).socket(); });
  std::vector<wire::ManualState> states;
  for (const std::string& name : os::names_in_own(sockets_directory())) {
    const std::string socket = in_directory(sockets_directory(), name);
    if (!name.starts_with(prefix) || std::ranges::find(noted, socket) != noted.end()) continue;
    ManualCall asked(socket, {}, wire::k_state);
    wire::ManualState state = answer_to(asked).state;  // without a name: no host answers
    if (ManualService(tree, state.order.spec.name).socket() == socket)
      states.push_back(std::move(state));
  }
  std::ranges::sort(states, std::ranges::greater(),
                    [](const wire::ManualState& one) { return one.host.start; });
  return states;
}

std::vector<std::string> manual_services(const std::string& tree) {
  std::vector<std::string> names = noted_services(tree);
  for (wire::ManualState& one : unnoted_services(tree))
    names.push_back(std::move(one.order.spec.name));
  std::ranges::sort(names);
  return names;
}

}  // namespace holdfast
