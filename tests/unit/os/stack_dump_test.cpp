// What /proc tells of a process that hangs, where there is no debugger.
#include "os/stack/stack_dump.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "os/child_process.hpp"
#include "os/file/clock.hpp"
#include "os/network/sockets.hpp"
#include "os/process/process.hpp"
#include "os/scratch.hpp"

namespace holdfast::os {
namespace {

class StackDumpByProc : public testing::Test {
 protected:
  StackDumpByProc() { ::setenv("PATH", "/nonexistent", 1); }
  ~StackDumpByProc() override { ::setenv("PATH", path_.c_str(), 1); }

  static NamedProcess named(const Child& child) {
    return {child.pid(), read_process_stat(child.pid())->name};
  }
  static std::string told_of(std::vector<NamedProcess> processes) {
    StackDump dump(std::move(processes), monotonic_now() + k_patience, 0);
    EXPECT_TRUE(dump.go_on());
    return dump.text();
  }
  static int stay() {
    while (true) ::pause();
    return 0;
  }

 private:
  const std::string path_ = ::getenv("PATH") != nullptr ? ::getenv("PATH") : "";
};

TEST_F(StackDumpByProc, NamesTheAddressAtWhichAServerListens) {
  const UniqueFd server(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in own{};
  own.sin_family = AF_INET;
  own.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(::bind(server.get(), reinterpret_cast<const sockaddr*>(&own), sizeof own), 0);
  ASSERT_EQ(::listen(server.get(), 5), 0);
  const Child child(stay);
  const std::string text = told_of({named(child)});
  const std::string expected = "file " + std::to_string(server.get()) +
                               ": tcp 127.0.0.1:" + std::to_string(own_port(server)) +
                               " to 0.0.0.0:0, listening\n";
  EXPECT_NE(text.find(expected), std::string::npos) << text;
}

TEST_F(StackDumpByProc, NamesWhatASocketIsOf) {
  const Scratch scratch;
  const std::string path = scratch.path("s");
  sockaddr_un own{};
  own.sun_family = AF_UNIX;
  path.copy(own.sun_path, sizeof own.sun_path - 1);
  const UniqueFd server(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ASSERT_EQ(::bind(server.get(), reinterpret_cast<const sockaddr*>(&own), sizeof own), 0);
  const UniqueFd six(::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in6 any{};
  any.sin6_family = AF_INET6;
  const bool has_six =
      ::bind(six.get(), reinterpret_cast<const sockaddr*>(&any), sizeof any) == 0 &&
      ::listen(six.get(), 5) == 0;
  const Child child(stay);
  const std::string text = told_of({named(child)});
  const std::string begin = "file " + std::to_string(server.get()) + ": unix socket ";
  const std::size_t at = text.find(begin);
  ASSERT_NE(at, std::string::npos) << text;
  EXPECT_NE(text.substr(at, text.find('\n', at) - at).find(path), std::string::npos) << text;
  if (!has_six) return;
  const std::string expected =
      ": tcp6 [" + std::string(32, '0') + "]:" + std::to_string(own_port(six)) + " to ";
  EXPECT_NE(text.find(expected), std::string::npos) << text;
}

TEST_F(StackDumpByProc, SaysHowManyFilesItLeavesOut) {
  std::vector<UniqueFd> files;
  for (int i = 0; i < 40; ++i) files.emplace_back(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  const Child child(stay);
  const std::string text = told_of({named(child)});
  EXPECT_NE(text.find(" more files\n"), std::string::npos) << text;
}

TEST_F(StackDumpByProc, ShowsAsManyProcessesAsItSays) {
  const Child child(stay);
  const std::string text = told_of(std::vector<NamedProcess>(20, named(child)));
  EXPECT_TRUE(text.starts_with("holdfast: of 20 processes the first 16\n")) << text;
  std::size_t shown = 0;
  for (std::size_t at = text.find(", by /proc:"); at != std::string::npos;
       at = text.find(", by /proc:", at + 1)) {
    ++shown;
  }
  EXPECT_EQ(shown, 16U);
}

}  // namespace
}  // namespace holdfast::os
