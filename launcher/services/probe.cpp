#include "services/probe.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "base/text.hpp"
#include "os/file/clock.hpp"
#include "os/network/sockets.hpp"
#include "os/process/packet_socket.hpp"
#include "os/process/process.hpp"
#include "services/port_owners.hpp"

namespace holdfast::host {
namespace {

using Kind = ProbeAnswer::Kind;

// No event tells that a server has accepted a connection, so the probe looks again and again. A
// server that is well accepts within microseconds. So the first looks come without a return to the
// loop, which would wait for milliseconds.
constexpr timespec k_brief_look{0, 50'000};
constexpr int k_brief_looks = 6;
constexpr Milliseconds k_first_look{1};
constexpr Milliseconds k_longest_look{50};
constexpr std::size_t k_longest_status = 256;

// Finds stopped processes. Each probe begins with that, because the kernel accepts connections for
// a stopped process.
class LifeProbe : public Probe {
 public:
  explicit LifeProbe(const Probed& whom) : whom_(whom) {}

  bool go_on() override {
    processes_ = whom_.processes();
    return conclude_from_stops(Kind::well, {});
  }

  // If a process was stopped since the probe began, that is why the service does not answer.
  void give_up(const std::string& why) override { conclude_from_stops(Kind::unwell, why); }

 protected:
  // Looks for stopped processes. False: one was found, and answer() says so.
  bool is_going() {
    LifeProbe::go_on();
    return answer().kind == Kind::well;
  }
  const Probed& whom() const { return whom_; }
  // The processes at the last look. To find them takes longer than the rest of a look.
  const std::vector<pid_t>& processes() const { return processes_; }
  // Returns a process for which `is_it` is true; 0: there is none. Looks once more if necessary,
  // because the process may have come since the last look.
  template <typename IsIt>
  pid_t find(IsIt is_it) {
    for (int look = 0; look < 2; ++look) {
      if (look > 0) processes_ = whom_.processes();
      const auto found = std::ranges::find_if(processes_, is_it);
      if (found != processes_.end()) return *found;
    }
    return 0;
  }
  // Returns the process of the service that has the socket; 0: there is none. If nobody can be seen
  // to have it, that may be a process that does not let us look.
  pid_t server_at(const Listening& listening) {
    const pid_t seen = find([&](pid_t pid) { return os::holds_stream(pid, {listening.stream}); });
    if (seen != 0 || !listening.user) return seen;
    const auto unseen = std::ranges::find_if(
        processes_, [&](pid_t pid) { return os::may_hold_unseen(pid, *listening.user); });
    if (unseen == processes_.end() || !os::holders_of(listening.stream, {}).empty()) return 0;
    return *unseen;
  }
  bool conclude_from_stops(Kind otherwise, const std::string& why) {
    const auto stopped = std::ranges::find_if(processes_, os::is_stopping);
    if (stopped == processes_.end()) return conclude(otherwise, why);
    return conclude(Kind::unwell, "process " + std::to_string(*stopped) + " is stopped");
  }

 private:
  Probed whom_;
  std::vector<pid_t> processes_;
};

// For a service that nothing can be asked: finds out whether it is alive.
class AliveProbe final : public LifeProbe {
 public:
  using LifeProbe::LifeProbe;

  void join(os::Wait& wait) const override { wait.until(due_); }

  bool go_on() override {
    // The host hears of the end of the service anyway, and says more about it than a probe could.
    const std::vector<pid_t> processes = whom().processes();
    if (!processes.empty() && std::ranges::all_of(processes, os::is_dying)) {
      due_ = os::monotonic_now() + k_longest_look;
      return false;
    }
    return LifeProbe::go_on();
  }

 private:
  Milliseconds due_{0};
};

// Makes a connection, and waits until a process of the service has accepted it. Connects only to a
// server of the service: a stranger must not notice us.
class ConnectionProbe : public LifeProbe {
 public:
  using LifeProbe::LifeProbe;

  void join(os::Wait& wait) const override {
    wait.on(socket_.get(), awaited());
    wait.until(due_);
  }

  void give_up(const std::string& why) override {
    const std::string what = is_there() && !is_dying() ? silence() : std::string();
    LifeProbe::give_up(why.empty() || what.empty() ? why + what : why + ": " + what);
  }

  bool go_on() override {
    if (!socket_.valid()) return !is_going() || find_server();
    const bool has_news = os::wait_for(socket_.get(), Milliseconds{0}, awaited());
    if (is_connected_) return look(has_news);
    if (!has_news) return false;
    if (const int error = os::connection_error(socket_); error != 0) return failed(error);
    is_connected_ = true;
    return connected();
  }

 protected:
  // Finds server_, and then calls connect(), or concludes.
  virtual bool find_server() = 0;
  // Begins to connect to server_. The descriptor is invalid if that has to be tried later.
  virtual Result<os::UniqueFd> begin_to_connect() = 0;
  // The connection could not be made, for this reason (errno).
  virtual bool failed(int error) = 0;
  virtual bool is_accepted() const = 0;
  virtual bool goes_on_listening() const { return false; }

  // The server has closed the connection or says something. The kernel also ends a connection that
  // nobody has accepted, if the server closes its socket.
  bool hear() {
    const bool is_reset = os::connection_error(socket_) != 0;
    return is_reset && !goes_on_listening() ? begin_anew() : conclude_unless_dying();
  }

  virtual bool connected() {
    for (int n = 0; n < k_brief_looks; ++n) {
      pollfd news{socket_.get(), POLLIN, 0};
      if (::ppoll(&news, 1, &k_brief_look, nullptr) > 0) return hear();
      if (is_accepted()) return conclude_unless_dying();
    }
    return look(false);
  }
  // What the server does in place of an answer, such as `it listens on port 80 and accepts no
  // connection`.
  virtual std::string silence() const = 0;
  // True: there is an answer.
  virtual bool look(bool has_news) {
    if (has_news) return hear();
    if (is_accepted()) return conclude_unless_dying();
    // A process may have been stopped since the probe began.
    conclude_from_stops(Kind::well, {});
    return answer().kind != Kind::well || look_later();
  }

  // Finds the server among the processes of the service.
  bool find_server_of(const Listening& listening) {
    server_ = server_at(listening);
    if (server_ != 0) return connect();
    // A dying process has no descriptors any more, while its socket is still there.
    if (std::ranges::any_of(processes(), os::is_dying)) return begin_anew();
    return conclude(Kind::never, owner_of(listening));
  }
  // Nobody is there. The host hears of the end of the service anyway.
  bool conclude_unless_ending(const std::string& why) {
    const bool ends = processes().empty() || std::ranges::any_of(processes(), os::is_dying);
    return ends ? begin_anew() : conclude(Kind::unwell, why);
  }
  // The kernel answers for a server that is just dying. The host hears of the end of the server
  // anyway, and says more about it than a probe could.
  bool conclude_unless_dying() { return is_dying() ? begin_anew() : conclude(Kind::well); }

  bool connect() {
    Result<os::UniqueFd> begun = begin_to_connect();
    if (!begun) return conclude_unless_ending(to_text(begun.error()));
    if (!begun->valid()) return begin_anew();
    socket_ = std::move(*begun);
    is_connected_ = false;
    due_ = k_longest;
    return go_on();
  }
  bool begin_anew() {
    socket_.reset();
    is_connected_ = false;
    return look_later();
  }
  bool look_later() {
    wait_ = std::min(k_longest_look, wait_ * 2);
    due_ = os::monotonic_now() + wait_;
    return false;
  }

  bool is_there() const { return server_ != 0; }
  bool is_dying() const { return os::is_dying(server_); }
  void set_server(pid_t server) { server_ = server; }
  const os::UniqueFd& socket() const { return socket_; }

 private:
  short awaited() const { return is_connected_ ? POLLIN : POLLOUT; }

  pid_t server_ = 0;
  os::UniqueFd socket_;
  bool is_connected_ = false;
  Milliseconds wait_ = k_first_look;
  Milliseconds due_{0};
};

class TcpProbe : public ConnectionProbe {
 public:
  TcpProbe(Endpoint endpoint, const Probed& whom)
      : ConnectionProbe(whom), endpoint_(std::move(endpoint)) {}

 protected:
  bool find_server() override {
    address_ = 0;
    const std::optional<Listening> listening = listening_at(endpoint_);
    if (listening) return find_server_of(*listening);
    return conclude_unless_ending("nobody listens on port " + std::to_string(endpoint_.port));
  }

  Result<os::UniqueFd> begin_to_connect() override {
    return os::begin_to_connect(endpoint_.addresses[address_], endpoint_.port);
  }

  bool failed(int error) override {
    if (++address_ < endpoint_.addresses.size()) return connect();
    const std::string what = "connect to " + endpoint_.host + ":" + std::to_string(endpoint_.port);
    return conclude_unless_ending(to_text(os::system_error(what, error)));
  }

  bool is_accepted() const override {
    const std::optional<TcpSocket> end = os::other_end_of(socket());
    return end && end->inode != 0;
  }

  // A server may end a connection itself at once after it has accepted it.
  bool goes_on_listening() const override { return listening_at(endpoint_).has_value(); }

  std::string silence() const override {
    return "it listens on port " + std::to_string(endpoint_.port) + " and accepts no connection";
  }

  const Endpoint& endpoint() const { return endpoint_; }

 private:
  Endpoint endpoint_;
  std::size_t address_ = 0;
};

// `HTTP/1.1 200 OK`
std::optional<unsigned> status_in(std::string_view answer) {
  if (!answer.starts_with("HTTP/")) return std::nullopt;
  // Without a blank this is all of the answer, and no number.
  return leading_number<unsigned>(answer.substr(answer.find(' ') + 1));
}

class HttpProbe final : public TcpProbe {
 public:
  using TcpProbe::TcpProbe;

 protected:
  bool connected() override {
    const std::string request = "GET " + endpoint().path + " HTTP/1.0\r\nHost: " + endpoint().host +
                                "\r\nConnection: close\r\n\r\n";
    const ssize_t sent = os::retried(
        [&] { return ::send(socket().get(), request.data(), request.size(), MSG_NOSIGNAL); });
    if (sent == static_cast<ssize_t>(request.size())) return false;
    return conclude(Kind::unwell, "it did not take a request");
  }

  std::string silence() const override {
    if (!is_accepted()) return TcpProbe::silence();
    return "it accepts connections on port " + std::to_string(endpoint().port) +
           " and does not answer";
  }

  bool look(bool has_news) override {
    if (!has_news) return false;
    char part[k_longest_status];
    const ssize_t count =
        os::retried([&] { return ::recv(socket().get(), part, sizeof part, MSG_DONTWAIT); });
    if (count < 0 && errno == EAGAIN) return false;  // poll(2) may be wrong
    if (count > 0) said_.append(part, static_cast<std::size_t>(count));
    const std::string line = said_.substr(0, said_.find("\r\n"));
    if (count > 0 && line.size() == said_.size() && said_.size() < k_longest_status) return false;
    const std::optional<unsigned> status = status_in(line);
    if (status && *status < 400) return conclude(Kind::well);
    if (!status && is_dying()) {
      said_.clear();
      return begin_anew();
    }
    return conclude(Kind::unwell, "it answered \"" + brief(line) + "\"");
  }

 private:
  std::string said_;
};

class UnixProbe final : public ConnectionProbe {
 public:
  UnixProbe(std::string path, const Probed& whom) : ConnectionProbe(whom), path_(std::move(path)) {}

 protected:
  bool find_server() override {
    const std::optional<Listening> listening = listening_at(path_);
    is_found_ = listening.has_value();
    return listening ? find_server_of(*listening) : connect();
  }

  Result<os::UniqueFd> begin_to_connect() override { return os::connect_to_stream(path_); }

  bool failed(int error) override {
    return conclude_unless_ending(to_text(os::system_error("connect to " + path_, error)));
  }

  bool connected() override {
    if (is_found_) return ConnectionProbe::connected();
    // The kernel has not told who listens. So the connection must tell which process has called
    // listen(2).
    const pid_t server = os::peer_process(socket().get());
    set_server(find([server](pid_t pid) { return pid == server; }));
    if (is_there()) return ConnectionProbe::connected();
    const bool is_alive = static_cast<bool>(os::read_process_stat(server));
    // On a kernel without unix_diag, nothing tells more about a server that went to the background.
    if (!is_alive && !peer()) return conclude(Kind::well);
    return conclude(
        Kind::never,
        path_ + " belongs to " + (is_alive ? stranger(server) : "a process that cannot be seen"));
  }

  bool is_accepted() const override {
    const std::optional<std::uint64_t> end = peer();
    return !end || *end != 0;
  }

  std::string silence() const override {
    return "it listens at " + path_ + " and accepts no connection";
  }

 private:
  std::optional<std::uint64_t> peer() const { return os::diagnosed_unix_peer(socket()); }

  std::string path_;
  bool is_found_ = false;  // the socket that listens
};

class CommandProbe final : public LifeProbe {
 public:
  CommandProbe(ServiceCommand words, const Probed& whom, Milliseconds patience)
      : LifeProbe(whom), words_(std::move(words)), patience_(patience) {}

  void join(os::Wait& wait) const override {
    if (work_) return work_->join(wait);
    wait.until(Milliseconds{0});
  }

  bool go_on() override {
    if (!work_) {
      // Later there would be the command among the processes, and it may stop itself.
      if (!is_going()) return true;
      work_.emplace(order_of(words_, whom(), patience_));
    }
    if (!work_->go_on()) return false;
    const std::string trouble = os::trouble_with(words_.front(), work_->end());
    if (trouble.empty()) return conclude(Kind::well);
    give_up(trouble);
    return true;
  }

 private:
  ServiceCommand words_;
  Milliseconds patience_;
  std::optional<os::BoundedWork> work_;
};

// Finds out whether the port that the service told is its own.
class OwnerProbe final : public LifeProbe {
 public:
  OwnerProbe(std::uint16_t port, const Probed& whom) : LifeProbe(whom), port_(port) {}

  bool go_on() override {
    if (!is_going()) return true;
    const std::optional<Listening> listening = listening_on(port_);
    if (!listening || server_at(*listening) != 0) return conclude(Kind::well);
    // A dying process has no descriptors any more. The host hears of the end of the service.
    if (std::ranges::any_of(processes(), os::is_dying)) return conclude(Kind::unwell);
    return conclude(Kind::never, owner_of(*listening));
  }

 private:
  std::uint16_t port_;
};

}  // namespace

os::BoundedOrder order_of(const ServiceCommand& words, const Probed& whom, Milliseconds time) {
  os::BoundedOrder order;
  order.words = whom.before;
  order.words.insert(order.words.end(), words.begin(), words.end());
  order.environment = whom.environment;
  order.directory = whom.directory;
  order.time = time;
  return order;
}

std::unique_ptr<Probe> begin_probe(const ServiceProbe& what, const Probed& whom,
                                   Milliseconds patience) {
  if (!what.command.empty()) return std::make_unique<CommandProbe>(what.command, whom, patience);
  if (!what.unix_socket.empty()) return std::make_unique<UnixProbe>(what.unix_socket, whom);
  const std::optional<Result<Endpoint>> place = endpoint_of(what);
  if (!place) return std::make_unique<AliveProbe>(whom);
  if (!*place) return std::make_unique<Probe>(ProbeAnswer{Kind::never, to_text(place->error())});
  if ((*place)->path.empty()) return std::make_unique<TcpProbe>(**place, whom);
  return std::make_unique<HttpProbe>(**place, whom);
}

std::unique_ptr<Probe> begin_owner_probe(std::uint16_t port, const Probed& whom) {
  return std::make_unique<OwnerProbe>(port, whom);
}

}  // namespace holdfast::host
