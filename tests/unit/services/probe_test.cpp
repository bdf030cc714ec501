#include "services/probe.hpp"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "os/child_process.hpp"
#include "os/file/clock.hpp"
#include "os/file/descriptors.hpp"
#include "os/network/sockets.hpp"
#include "os/process/process.hpp"
#include "os/process/tagged_processes.hpp"
#include "os/scratch.hpp"

namespace holdfast::host {
namespace {

using os::UniqueFd;
using Kind = ProbeAnswer::Kind;
using testing::HasSubstr;

// A socket that listens on a port that the kernel chooses.
class Listener {
 public:
  Listener() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in own{};
    own.sin_family = AF_INET;
    own.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const auto* address = reinterpret_cast<const sockaddr*>(&own);
    EXPECT_EQ(::bind(socket_.get(), address, sizeof own), 0);
    EXPECT_EQ(::listen(socket_.get(), 5), 0);
    socklen_t size = sizeof own;
    EXPECT_EQ(::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&own), &size), 0);
    port_ = ntohs(own.sin_port);
  }

  UniqueFd accept() const { return UniqueFd(::accept(socket_.get(), nullptr, nullptr)); }
  bool has_connection() const { return os::readable(socket_.get(), Milliseconds{0}); }
  void close() { socket_.reset(); }
  std::uint16_t port() const { return port_; }
  std::string place() const { return "127.0.0.1:" + std::to_string(port_); }
  ServiceProbe tcp() const {
    ServiceProbe probe;
    probe.tcp = place();
    return probe;
  }
  ServiceProbe http() const {
    ServiceProbe probe;
    probe.http = "http://" + place() + "/health";
    return probe;
  }

 private:
  UniqueFd socket_;
  std::uint16_t port_ = 0;
};

Probed we_ourselves() {
  return {[] { return std::vector<pid_t>{::getpid()}; }, {"PATH=/usr/bin:/bin"}, "/"};
}

Probed nobody() {
  return {[] { return std::vector<pid_t>{}; }, {}, "/"};
}

// Gives the probe its turns until it has an answer, or until `enough` says so.
bool turns(
    Probe& probe, const std::function<bool()>& enough = [] { return false; }) {
  const Milliseconds until = os::monotonic_now() + os::k_patience;
  while (os::monotonic_now() < until && !enough()) {
    if (probe.go_on()) return true;
    os::Wait wait({}, os::monotonic_now() + Milliseconds{20});  // for `enough`
    probe.join(wait);
    wait.go();
  }
  return false;
}

ProbeAnswer answer_to(const ServiceProbe& what, const Probed& whom) {
  const std::unique_ptr<Probe> probe = begin_probe(what, whom, os::k_patience);
  EXPECT_TRUE(turns(*probe));
  return probe->answer();
}

TEST(Probe, OfAPortIsWellWhenTheServerHasAcceptedIt) {
  const Listener server;
  const std::unique_ptr<Probe> probe = begin_probe(server.tcp(), we_ourselves(), os::k_patience);
  // The kernel has made the connection, and nobody has accepted it yet.
  unsigned looks = 0;
  EXPECT_FALSE(turns(*probe, [&] { return server.has_connection() && ++looks > 5; }));
  const UniqueFd accepted = server.accept();
  ASSERT_TRUE(turns(*probe));
  EXPECT_EQ(probe->answer().kind, Kind::well);
}

TEST(Probe, OfAPortIsWellWhenTheServerHasClosedTheConnection) {
  const Listener server;
  const std::unique_ptr<Probe> probe = begin_probe(server.tcp(), we_ourselves(), os::k_patience);
  EXPECT_FALSE(turns(*probe, [&] { return server.has_connection(); }));
  (void)server.accept();
  ASSERT_TRUE(turns(*probe));
  EXPECT_EQ(probe->answer().kind, Kind::well);
}

TEST(Probe, OfAPortIsUnwellWhenTheServerLeavesWithoutAccepting) {
  Listener server;
  const std::unique_ptr<Probe> probe = begin_probe(server.tcp(), we_ourselves(), os::k_patience);
  EXPECT_FALSE(turns(*probe, [&] { return server.has_connection(); }));
  server.close();
  ASSERT_TRUE(turns(*probe));
  EXPECT_EQ(probe->answer().kind, Kind::unwell);
  EXPECT_THAT(probe->answer().why, HasSubstr("nobody listens on port "));
}

TEST(Probe, OfAPortIsWellWhenTheServerResetsTheConnectionAndGoesOn) {
  const Listener server;
  const std::unique_ptr<Probe> probe = begin_probe(server.tcp(), we_ourselves(), os::k_patience);
  EXPECT_FALSE(turns(*probe, [&] { return server.has_connection(); }));
  {
    const UniqueFd accepted = server.accept();
    const linger at_once{1, 0};
    ASSERT_EQ(::setsockopt(accepted.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once), 0);
  }
  ASSERT_TRUE(turns(*probe));
  EXPECT_EQ(probe->answer().kind, Kind::well);
}

TEST(Probe, OfAPortIsUnwellWhereNobodyListens) {
  Listener server;
  server.close();
  const ProbeAnswer answer = answer_to(server.tcp(), we_ourselves());
  EXPECT_EQ(answer.kind, Kind::unwell);
  EXPECT_THAT(answer.why, HasSubstr("nobody listens on port "));
}

TEST(Probe, OfAPortMakesNoConnectionToAStranger) {
  const Listener server;
  const ProbeAnswer answer = answer_to(server.tcp(), nobody());
  EXPECT_EQ(answer.kind, Kind::never);
  EXPECT_THAT(answer.why, HasSubstr(" belongs to pid " + std::to_string(::getpid()) + " ("));
  EXPECT_THAT(answer.why, HasSubstr("), there for "));
  EXPECT_THAT(answer.why, HasSubstr(", in " + std::filesystem::current_path().string()));
  EXPECT_FALSE(server.has_connection());
}

TEST(Probe, OfTheOwnerOfAPortMakesNoConnection) {
  Listener server;
  const auto answer = [&](const Probed& whom) {
    const std::unique_ptr<Probe> probe = begin_owner_probe(server.port(), whom);
    EXPECT_TRUE(turns(*probe));
    return probe->answer();
  };
  EXPECT_EQ(answer(we_ourselves()).kind, Kind::well);
  EXPECT_EQ(answer(nobody()).kind, Kind::never);
  EXPECT_THAT(answer(nobody()).why, HasSubstr(" belongs to pid " + std::to_string(::getpid())));
  EXPECT_FALSE(server.has_connection());
  server.close();
  EXPECT_EQ(answer(nobody()).kind, Kind::well);
}

// Runs `body` in a process that may not look at what a process without PR_SET_DUMPABLE has open.
int as_a_user(const std::function<int()>& body) {
  return os::Child([&body] {
           constexpr unsigned k_nobody = 65534;
           if (::geteuid() == 0 && (::setresgid(k_nobody, k_nobody, k_nobody) != 0 ||
                                    ::setresuid(k_nobody, k_nobody, k_nobody) != 0)) {
             return 100;
           }
           return body();
         })
      .wait();
}

TEST(Probe, OfAPortIsWellWhenItsServerDoesNotShowWhatItHas) {
  const auto answer = [](bool is_ours) {
    return as_a_user([is_ours] {
      os::Channel channel;
      const os::Child hidden([&channel] {
        ::prctl(PR_SET_DUMPABLE, 0);
        const Listener server;
        channel.say(server.place());
        const UniqueFd accepted = server.accept();
        return ::pause();
      });
      ServiceProbe what;
      what.tcp = channel.hear();
      const pid_t other = is_ours ? hidden.pid() : ::getppid();
      return static_cast<int>(
          answer_to(what, {[other] { return std::vector<pid_t>{other}; }, {}, "/"}).kind);
    });
  };
  EXPECT_EQ(answer(true), static_cast<int>(Kind::well));
  EXPECT_EQ(answer(false), static_cast<int>(Kind::never));
}

TEST(Probe, OfAPortOfAStrangerIsNotTakenForThatOfAServerThatDoesNotShowWhatItHas) {
  EXPECT_EQ(as_a_user([] {
              const Listener stranger;
              const os::Child hidden([] {
                ::prctl(PR_SET_DUMPABLE, 0);
                return ::pause();
              });
              const bool is_hidden =
                  os::becomes_true([&] { return os::may_hold_unseen(hidden.pid(), ::geteuid()); });
              if (!is_hidden) return 101;
              const Probed ours{[&] { return std::vector<pid_t>{hidden.pid()}; }, {}, "/"};
              return static_cast<int>(answer_to(stranger.tcp(), ours).kind);
            }),
            static_cast<int>(Kind::never));
}

// Returns the answer of a probe if the server says the parts of `said` to its request, each after
// the probe has read the one before.
ProbeAnswer answer_to_parts(const std::vector<std::string>& said) {
  const Listener server;
  const std::unique_ptr<Probe> probe = begin_probe(server.http(), we_ourselves(), os::k_patience);
  EXPECT_FALSE(turns(*probe, [&] { return server.has_connection(); }));
  const UniqueFd accepted = server.accept();
  EXPECT_FALSE(turns(*probe, [&] { return os::readable(accepted.get(), Milliseconds{0}); }));
  char request[200] = {};
  EXPECT_GT(::recv(accepted.get(), request, sizeof request - 1, 0), 0);
  EXPECT_THAT(request, HasSubstr("GET /health HTTP/1.0\r\nHost: 127.0.0.1\r\n"));
  for (const std::string& part : said) {
    EXPECT_EQ(::send(accepted.get(), part.data(), part.size(), 0),
              static_cast<ssize_t>(part.size()));
    const bool is_last = &part == &said.back();
    EXPECT_FALSE(!is_last && probe->go_on()) << part;
  }
  ::shutdown(accepted.get(), SHUT_WR);
  EXPECT_TRUE(turns(*probe));
  return probe->answer();
}

ProbeAnswer answer_to_http(const std::string& said) { return answer_to_parts({said}); }

TEST(Probe, OfAUrlGoesByTheStatus) {
  EXPECT_EQ(answer_to_http("HTTP/1.1 200 OK\r\nA: b\r\n\r\n").kind, Kind::well);
  EXPECT_EQ(answer_to_http("HTTP/1.0 302 Found\r\n").kind, Kind::well);
  EXPECT_EQ(answer_to_http("HTTP/1.1 399 ?\r\n").kind, Kind::well);
  EXPECT_EQ(answer_to_http("HTTP/1.1 400 Bad Request\r\n").kind, Kind::unwell);
  EXPECT_EQ(answer_to_http("HTTP/1.1 404 Not Found\r\n").kind, Kind::unwell);
  const ProbeAnswer ill = answer_to_http("HTTP/1.1 503 Not now\r\n\r\n");
  EXPECT_EQ(ill.kind, Kind::unwell);
  EXPECT_EQ(ill.why, "it answered \"HTTP/1.1 503 Not now\"");
  EXPECT_EQ(answer_to_http("SSH-2.0-x\r\n").why, "it answered \"SSH-2.0-x\"");
  EXPECT_EQ(answer_to_http("").why, "it answered \"\"");
  EXPECT_EQ(answer_to_http("HTTP/1.1\r\n").why, "it answered \"HTTP/1.1\"");
  EXPECT_EQ(answer_to_http(std::string(1000, 'x')).kind, Kind::unwell);
}

TEST(Probe, OfAUrlReadsAStatusThatComesInParts) {
  EXPECT_EQ(answer_to_parts({"HTTP/1.", "1 20", "0 OK\r\n"}).kind, Kind::well);
  EXPECT_EQ(answer_to_parts({"HTTP/1.1 5", "03 Not now\r\n"}).why,
            "it answered \"HTTP/1.1 503 Not now\"");
}

// A Unix socket that listens.
class UnixServer {
 public:
  explicit UnixServer(int backlog = 5) : path_(scratch_.path("s")) {
    sockaddr_un own{};
    own.sun_family = AF_UNIX;
    EXPECT_LT(path_.size(), sizeof own.sun_path);
    std::memcpy(own.sun_path, path_.c_str(), path_.size() + 1);
    EXPECT_EQ(::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&own), sizeof own), 0);
    EXPECT_EQ(::listen(socket_.get(), backlog), 0);
  }

  UniqueFd accept() const { return UniqueFd(::accept(socket_.get(), nullptr, nullptr)); }
  bool has_connection() const { return os::readable(socket_.get(), Milliseconds{0}); }
  void listen() const { EXPECT_EQ(::listen(socket_.get(), 5), 0); }
  void close() { socket_.reset(); }
  const std::string& path() const { return path_; }
  ServiceProbe probe() const {
    ServiceProbe probe;
    probe.unix_socket = path_;
    return probe;
  }

 private:
  os::Scratch scratch_;
  std::string path_;
  UniqueFd socket_{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
};

TEST(Probe, OfAUnixSocketIsWellWhenTheServerHasAcceptedIt) {
  const UnixServer server;
  const std::unique_ptr<Probe> probe = begin_probe(server.probe(), we_ourselves(), os::k_patience);
  unsigned looks = 0;
  EXPECT_FALSE(turns(*probe, [&] { return server.has_connection() && ++looks > 5; }));
  const UniqueFd accepted = server.accept();
  ASSERT_TRUE(turns(*probe));
  EXPECT_EQ(probe->answer().kind, Kind::well);
}

TEST(Probe, OfAUnixSocketIsWellWhenTheServerHasClosedTheConnection) {
  const UnixServer server;
  const std::unique_ptr<Probe> probe = begin_probe(server.probe(), we_ourselves(), os::k_patience);
  EXPECT_FALSE(turns(*probe, [&] { return server.has_connection(); }));
  (void)server.accept();
  ASSERT_TRUE(turns(*probe));
  EXPECT_EQ(probe->answer().kind, Kind::well);
}

TEST(Probe, OfAUnixSocketIsUnwellWhenTheServerLeavesWithoutAccepting) {
  UnixServer server;
  const std::unique_ptr<Probe> probe = begin_probe(server.probe(), we_ourselves(), os::k_patience);
  EXPECT_FALSE(turns(*probe, [&] { return server.has_connection(); }));
  server.close();
  ASSERT_TRUE(turns(*probe));
  EXPECT_EQ(probe->answer().kind, Kind::unwell);
  EXPECT_EQ(probe->answer().why, "failed to connect to " + server.path() + ": Connection refused");
}

TEST(Probe, OfAUnixSocketWaitsForAServerThatHasTooManyConnections) {
  const UnixServer server(0);
  std::vector<UniqueFd> others;
  while (others.empty() || others.back().valid()) {
    Result<UniqueFd> other = os::connect_to_stream(server.path());
    ASSERT_TRUE(other);
    others.push_back(std::move(*other));
  }
  const std::unique_ptr<Probe> probe = begin_probe(server.probe(), we_ourselves(), os::k_patience);
  unsigned looks = 0;
  EXPECT_FALSE(turns(*probe, [&] { return ++looks > 5; }));
  std::vector<UniqueFd> accepted;
  ASSERT_TRUE(turns(*probe, [&] {
    if (server.has_connection()) accepted.push_back(server.accept());
    return false;
  }));
  EXPECT_EQ(probe->answer().kind, Kind::well);
}

TEST(Probe, OfAUnixSocketIsUnwellWhereNobodyListens) {
  UnixServer server;
  server.close();
  const std::string failed = "failed to connect to " + server.path();
  EXPECT_EQ(answer_to(server.probe(), we_ourselves()).why, failed + ": Connection refused");
  std::filesystem::remove(server.path());
  EXPECT_EQ(answer_to(server.probe(), we_ourselves()).why, failed + ": No such file or directory");
}

TEST(Probe, OfAUnixSocketMakesNoConnectionToAStranger) {
  const UnixServer server;
  const ProbeAnswer answer = answer_to(server.probe(), nobody());
  EXPECT_EQ(answer.kind, Kind::never);
  EXPECT_THAT(answer.why,
              HasSubstr(server.path() + " belongs to pid " + std::to_string(::getpid()) + " ("));
  EXPECT_FALSE(server.has_connection());
}

TEST(Probe, OfAUnixSocketFindsItsServerByAnotherPath) {
  const UnixServer server;
  const os::Scratch scratch;
  ServiceProbe what;
  what.unix_socket = scratch.path("link");
  std::filesystem::create_symlink(server.path(), what.unix_socket);
  EXPECT_EQ(answer_to(what, nobody()).kind, Kind::never);
  EXPECT_FALSE(server.has_connection());
}

// As a server does that goes to the background.
TEST(Probe, OfAUnixSocketGoesByWhoHasItAndNotByWhoMadeItListen) {
  const UnixServer server;
  os::Child([&server] {
    server.listen();
    return 0;
  }).wait();
  EXPECT_EQ(answer_to(server.probe(), nobody()).kind, Kind::never);
  const std::unique_ptr<Probe> probe = begin_probe(server.probe(), we_ourselves(), os::k_patience);
  EXPECT_FALSE(turns(*probe, [&] { return server.has_connection(); }));
  const UniqueFd accepted = server.accept();
  ASSERT_TRUE(turns(*probe));
  EXPECT_EQ(probe->answer().kind, Kind::well);
}

TEST(Probe, ByACommandGoesByItsExitCode) {
  ServiceProbe what;
  what.command = {"true"};
  EXPECT_EQ(answer_to(what, we_ourselves()).kind, Kind::well);
  what.command = {"sh", "-c", "echo one; echo no database >&2; exit 3"};
  EXPECT_EQ(answer_to(what, we_ourselves()).why, "`sh` ended with exit code 3: no database");
  what.command = {"sh", "-c", "kill -9 $$"};
  EXPECT_EQ(answer_to(what, we_ourselves()).why, "`sh` was killed by signal 9");
  what.command = {"/no/such/program"};
  EXPECT_EQ(answer_to(what, we_ourselves()).why,
            "`/no/such/program` could not be started: No such file or directory");
}

TEST(Probe, ByACommandIsUnwellWhenItTakesTooLong) {
  ServiceProbe what;
  what.command = {"sleep", "1000"};
  const std::unique_ptr<Probe> probe = begin_probe(what, we_ourselves(), Milliseconds{20});
  ASSERT_TRUE(turns(*probe));
  EXPECT_EQ(probe->answer().why, "`sleep` took too long");
}

TEST(Probe, OfAStoppedProcessIsUnwell) {
  const Listener server;
  const os::Child child([] {
    ::raise(SIGSTOP);
    return 0;
  });
  const Probed stopped{[&child] { return std::vector<pid_t>{::getpid(), child.pid()}; }, {}, "/"};
  const std::string why = "process " + std::to_string(child.pid()) + " is stopped";
  ASSERT_TRUE(os::becomes_true([&] { return answer_to({}, stopped).kind == Kind::unwell; }));
  EXPECT_EQ(answer_to({}, stopped).why, why);
  EXPECT_EQ(answer_to(server.tcp(), stopped).why, why);
  ServiceProbe command;
  command.command = {"true"};
  EXPECT_EQ(answer_to(command, stopped).why, why);
  const std::unique_ptr<Probe> owner = begin_owner_probe(server.port(), stopped);
  ASSERT_TRUE(turns(*owner));
  EXPECT_EQ(owner->answer().why, why);
  child.signal(SIGCONT);
}

TEST(Probe, OfAPortFindsAProcessThatIsStoppedMeanwhile) {
  const Listener server;
  const os::Child child([] { return ::pause(); });
  const Probed both{[&child] { return std::vector<pid_t>{::getpid(), child.pid()}; }, {}, "/"};
  const std::unique_ptr<Probe> probe = begin_probe(server.tcp(), both, k_longest);
  EXPECT_FALSE(turns(*probe, [&] { return server.has_connection(); }));
  child.signal(SIGSTOP);
  ASSERT_TRUE(turns(*probe));
  EXPECT_EQ(probe->answer().kind, Kind::unwell);
  EXPECT_EQ(probe->answer().why, "process " + std::to_string(child.pid()) + " is stopped");
  child.signal(SIGCONT);
}

TEST(Probe, OfAPortWithTooManyConnectionsSaysSoWhenItIsGivenUp) {
  const Listener server;
  std::vector<UniqueFd> others;
  bool is_full = false;
  for (int n = 0; n < 100 && !is_full; ++n) {
    Result<UniqueFd> other = os::begin_to_connect("127.0.0.1", server.port());
    ASSERT_TRUE(other);
    is_full = !os::wait_for(other->get(), Milliseconds{0}, POLLOUT);
    others.push_back(std::move(*other));
  }
  ASSERT_TRUE(is_full);
  const std::unique_ptr<Probe> probe = begin_probe(server.tcp(), we_ourselves(), k_longest);
  EXPECT_FALSE(probe->go_on());
  EXPECT_FALSE(probe->go_on());
  probe->give_up({});
  EXPECT_EQ(probe->answer().why,
            "it listens on port " + std::to_string(server.port()) + " and accepts no connection");
}

TEST(Probe, OfAProcessThatIsStoppedWhileACommandLooksIsUnwell) {
  const os::Child child([] { return ::pause(); });
  ServiceProbe what;
  what.command = {"sh", "-c", "kill -STOP " + std::to_string(child.pid()) + "; sleep 1000"};
  const Probed whom{[&child] { return std::vector<pid_t>{child.pid()}; }, {}, "/"};
  const std::unique_ptr<Probe> probe = begin_probe(what, whom, Milliseconds{500});
  ASSERT_TRUE(turns(*probe));
  EXPECT_EQ(probe->answer().why, "process " + std::to_string(child.pid()) + " is stopped");
  child.signal(SIGCONT);
}

TEST(Probe, OfAStoppedProcessThatIsGivenUpIsUnwell) {
  const os::Child child([] { return ::pause(); });
  ServiceProbe what;
  what.command = {"sleep", "1000"};
  const Probed whom{[&child] { return std::vector<pid_t>{child.pid()}; }, {}, "/"};
  const std::unique_ptr<Probe> probe = begin_probe(what, whom, k_longest);
  ASSERT_FALSE(probe->go_on());
  child.signal(SIGSTOP);
  ASSERT_TRUE(os::becomes_true([&] { return os::is_stopped(child.pid()); }));
  probe->give_up("no answer");
  EXPECT_EQ(probe->answer().why, "process " + std::to_string(child.pid()) + " is stopped");
  child.signal(SIGCONT);
}

TEST(Probe, OfAServerThatAcceptsNothingSaysSoWhenItIsGivenUp) {
  for (const bool by_http : {false, true}) {
    const Listener server;
    const ServiceProbe what = by_http ? server.http() : server.tcp();
    const std::unique_ptr<Probe> probe = begin_probe(what, we_ourselves(), k_longest);
    EXPECT_FALSE(turns(*probe, [&] { return server.has_connection(); }));
    probe->give_up("no answer within 1.0 s");
    EXPECT_EQ(probe->answer().why, "no answer within 1.0 s: it listens on port " +
                                       std::to_string(server.port()) +
                                       " and accepts no connection");
  }
}

TEST(Probe, OfAServerThatAcceptsAndDoesNotAnswerSaysSoWhenItIsGivenUp) {
  const Listener server;
  const std::unique_ptr<Probe> probe = begin_probe(server.http(), we_ourselves(), k_longest);
  EXPECT_FALSE(turns(*probe, [&] { return server.has_connection(); }));
  const UniqueFd accepted = server.accept();
  probe->give_up({});
  EXPECT_EQ(probe->answer().why, "it accepts connections on port " + std::to_string(server.port()) +
                                     " and does not answer");
}

TEST(Probe, ByACommandThatStopsItselfEndsInItsTime) {
  ServiceProbe what;
  what.command = {"sh", "-c", "kill -STOP $$"};
  const std::unique_ptr<Probe> probe = begin_probe(what, we_ourselves(), Milliseconds{20});
  ASSERT_TRUE(turns(*probe));
  EXPECT_EQ(probe->answer().why, "`sh` took too long");
}

TEST(Probe, OfAPlaceThatIsNoneNeverComes) {
  ServiceProbe what;
  what.tcp = "127.0.0.1:{port}";
  EXPECT_EQ(answer_to(what, we_ourselves()).kind, Kind::never);
  EXPECT_THAT(answer_to(what, we_ourselves()).why, HasSubstr("expected HOST:PORT"));
  what = {};
  what.http = "https://localhost:1/";
  EXPECT_EQ(answer_to(what, we_ourselves()).kind, Kind::never);
}

TEST(Probe, WithNothingToAskIsWell) { EXPECT_EQ(answer_to({}, we_ourselves()).kind, Kind::well); }

}  // namespace
}  // namespace holdfast::host
