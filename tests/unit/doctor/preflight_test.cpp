// Looks at real sockets, programs and directories.
#include "doctor/preflight/preflight.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "doctor/found.hpp"
#include "journal/scratch_directory.hpp"
#include "os/network/sockets.hpp"
#include "os/process/execute.hpp"

namespace holdfast::doctor {
namespace {

constexpr Milliseconds k_patience{60'000};

// A listener on a port that the kernel chooses.
class Listener {
 public:
  Listener() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const auto address = os::parse_address("127.0.0.1", 0);
    (void)::bind(socket_, &address->generic, address->size());
    (void)::listen(socket_, 1);
  }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  ~Listener() { ::close(socket_); }
  std::uint16_t port() const { return ntohs(os::own_address(socket_)->v4.sin_port); }

 private:
  int socket_;
};

std::uint16_t free_port() { return Listener().port(); }

// A socket at a path, which listens or not.
int socket_at(const std::string& path, int type, bool listens) {
  const int made = ::socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  EXPECT_EQ(::bind(made, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0) << path;
  if (listens) (void)::listen(made, 100);
  return made;
}

std::vector<std::string> missing_of(const PreflightNeeds& fail) {
  std::vector<std::string> all;
  for (const Finding& one : look_at_needs({fail, {}}, "/tmp", k_patience))
    all.push_back(one.where + ": " + one.what);
  return all;
}

using Lines = std::vector<std::string>;

TEST(Preflight, APortIsFreeIfNobodyListens) {
  const Listener listener;
  PreflightNeeds needs;
  needs.ports = Needed<std::uint16_t>{{free_port()}, "holdfast.toml:2, [preflight]"};
  EXPECT_EQ(missing_of(needs), Lines{});
  needs.ports->all.push_back(listener.port());
  const Lines missing = missing_of(needs);
  ASSERT_EQ(missing.size(), 1U);
  const std::string port = std::to_string(listener.port());
  EXPECT_EQ(missing[0].find("holdfast.toml:2, [preflight]: port " + port + " belongs to pid " +
                            std::to_string(::getpid()) + " ("),
            0U)
      << missing[0];
  EXPECT_TRUE(missing[0].ends_with(", expected nobody there"));
}

TEST(Preflight, ASocketMustBeServed) {
  const ScratchDirectory scratch;
  const std::string path = (scratch.path() / "s").string();
  PreflightNeeds needs;
  needs.sockets = Needed<std::string>{{path}, "o"};
  EXPECT_EQ(missing_of(needs), Lines{"o: failed to connect to " + path +
                                     ": No such file or directory, expected somebody who listens "
                                     "there"});
  for (const int type : {SOCK_STREAM, SOCK_SEQPACKET, SOCK_DGRAM}) {
    const std::string socket = (scratch.path() / std::to_string(type)).string();
    needs.sockets = Needed<std::string>{{socket}, "o"};
    const int served = socket_at(socket, type, type != SOCK_DGRAM);
    EXPECT_EQ(missing_of(needs), Lines{}) << type;
    ::close(served);
    EXPECT_EQ(missing_of(needs).size(), 1U) << type;  // it is left, and nobody serves it
  }
}

TEST(Preflight, ASocketMayBeDeepInATree) {
  const ScratchDirectory scratch;
  const std::string top = scratch.path().string();
  const std::string directory = top + "/" + std::string(120, 'd');
  std::filesystem::create_directories(directory);
  const int there = ::open(directory.c_str(), O_PATH | O_CLOEXEC);
  PreflightNeeds needs;
  needs.sockets = Needed<std::string>{{directory + "/s"}, "o"};
  EXPECT_EQ(missing_of(needs).size(), 1U);
  const int served = socket_at("/proc/self/fd/" + std::to_string(there) + "/s", SOCK_STREAM, true);
  EXPECT_EQ(missing_of(needs), Lines{});
  ::close(served);
  ::close(there);
  // No system call is made for such a name, so an errno of before must not count.
  needs.sockets->all = {top + "/" + std::string(120, 's')};
  for (const int before : {EAGAIN, EPROTOTYPE}) {
    errno = before;
    EXPECT_FALSE(os::look_for_listener(needs.sockets->all[0])) << before;
  }
  EXPECT_EQ(missing_of(needs), Lines{"o: failed to connect to " + needs.sockets->all[0] +
                                     ": File name too long, expected somebody who listens there"});
}

TEST(Preflight, ACommandIsANameInPathOrAPath) {
  PreflightNeeds needs;
  needs.commands = Needed<std::string>{{"sh", "/bin/sh", "../bin/sh"}, "o"};
  EXPECT_EQ(missing_of(needs), Lines{});
  needs.commands->all = {"no-such-program", "/etc/passwd", "bin/nothing"};
  EXPECT_EQ(missing_of(needs),
            (Lines{"o: \"no-such-program\" is not in PATH, expected a program",
                   "o: /etc/passwd cannot be executed, expected a program",
                   "o: /tmp/bin/nothing cannot be executed, expected a program"}));
}

TEST(Preflight, AScriptNeedsItsInterpreter) {
  const ScratchDirectory scratch;
  const std::string script = scratch.write("script", "#!/no/such/interpreter -x\n").string();
  std::filesystem::permissions(script, std::filesystem::perms::owner_all);
  PreflightNeeds needs;
  needs.commands = Needed<std::string>{{script}, "o"};
  EXPECT_EQ(missing_of(needs),
            Lines{"o: " + script + " needs /no/such/interpreter, which does not exist"});
  // The kernel takes the carriage return of a file from Windows for a part of the name.
  (void)scratch.write("script", "#!/bin/sh\r\n");
  ASSERT_EQ(missing_of(needs).size(), 1U);
  EXPECT_TRUE(missing_of(needs)[0].starts_with("o: " + script + " needs /bin/sh"));
}

TEST(Preflight, ADirectoryInPathIsNoProgram) {
  const ScratchDirectory scratch;
  const std::string top = scratch.path().string();
  std::filesystem::create_directories(top + "/a/some-tool");
  std::filesystem::create_directories(top + "/b");
  const std::string path = ::getenv("PATH");
  ::setenv("PATH", (top + "/a:" + top + "/b:" + path).c_str(), 1);
  PreflightNeeds needs;
  needs.commands = Needed<std::string>{{"some-tool"}, "o"};
  EXPECT_EQ(missing_of(needs).size(), 1U);
  std::filesystem::copy("/bin/true", top + "/b/some-tool");
  EXPECT_EQ(os::find_program("some-tool"), top + "/b/some-tool");
  EXPECT_EQ(missing_of(needs), Lines{});
  ::setenv("PATH", path.c_str(), 1);
}

TEST(Preflight, ADiskMustHaveRoom) {
  PreflightNeeds needs;
  needs.disk = Needed<DiskNeed>{{{".", 1}, {"/", 1}}, "o"};
  EXPECT_EQ(missing_of(needs), Lines{});
  needs.disk->all = {{".", std::uint64_t{1} << 50}, {"no/where", 1024}};
  const Lines missing = missing_of(needs);
  ASSERT_EQ(missing.size(), 2U);
  EXPECT_EQ(missing[0].find("o: /tmp has "), 0U) << missing[0];
  EXPECT_TRUE(missing[0].ends_with(" free, expected 1024.0 PiB")) << missing[0];
  EXPECT_EQ(missing[1],
            "o: failed to look at /tmp/no/where: No such file or directory, expected 1.0 MiB free");
}

TEST(Preflight, WhatStopsARunComesFirst) {
  Preflight preflight;
  preflight.warn.commands = Needed<std::string>{{"no-such-a"}, "w"};
  preflight.fail.commands = Needed<std::string>{{"no-such-b"}, "f"};
  const Findings missing = look_at_needs(preflight, "/tmp", k_patience);
  ASSERT_EQ(missing.size(), 2U);
  EXPECT_EQ(kinds_of(missing), (Kinds{"preflight_fails", "preflight_warns"}));
}

double milliseconds_of(const std::function<void()>& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin)
      .count();
}

void start_true() {
  char name[] = "true";
  char* words[] = {name, nullptr};
  pid_t pid = 0;
  ASSERT_EQ(::posix_spawnp(&pid, "true", nullptr, nullptr, words, nullptr), 0);
  ::waitpid(pid, nullptr, 0);
}

PreflightNeeds many_needs(const std::string& socket) {
  PreflightNeeds needs;
  needs.ports.emplace();
  needs.sockets.emplace();
  needs.commands.emplace();
  needs.disk.emplace();
  for (std::uint16_t i = 1; i <= 20; ++i) {
    needs.ports->all.push_back(i);  // nobody is likely to have these ports
    needs.sockets->all.push_back(socket);
    needs.commands->all.emplace_back(i % 2 == 0 ? "sh" : "/bin/sh");
    needs.disk->all.push_back({"/tmp", 1});
  }
  return needs;
}

// The usual time in which `work` ends, in that of a start of the smallest program.
double starts_of(const std::function<void()>& work) {
  constexpr std::size_t k_rounds = 25;
  std::vector<double> works;
  std::vector<double> starts;
  for (std::size_t round = 0; round < k_rounds; ++round) {
    works.push_back(milliseconds_of(work));
    starts.push_back(milliseconds_of(start_true));
  }
  std::ranges::sort(works);
  std::ranges::sort(starts);
  testing::Test::RecordProperty("work_ms", std::to_string(works[k_rounds / 2]));
  return works[k_rounds / 2] / starts[k_rounds / 2];
}

// A look at many needs costs less than five starts of the smallest program. Such a start takes
// about a millisecond.
TEST(Preflight, TakesLessThanAFewStartsOfAProgram) {
  const ScratchDirectory scratch;
  const std::string path = (scratch.path() / "s").string();
  const int served = socket_at(path, SOCK_STREAM, true);
  PreflightNeeds needs = many_needs(path);
  EXPECT_EQ(missing_of(needs), Lines{});
  EXPECT_LT(starts_of([&] { (void)missing_of(needs); }), 5);
  // To find out who has a port takes a look at every process.
  const Listener listener;
  needs.ports->all.push_back(listener.port());
  EXPECT_EQ(missing_of(needs).size(), 1U);
  EXPECT_LT(starts_of([&] { (void)missing_of(needs); }), 20);
  ::close(served);
}

}  // namespace
}  // namespace holdfast::doctor
