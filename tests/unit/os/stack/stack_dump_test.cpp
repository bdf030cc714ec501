// What /proc tells of a process that hangs, where there is no debugger.
#include "os/stack/stack_dump.hpp"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "child_process.hpp"
#include "os/file/clock.hpp"
#include "os/network/address.hpp"
#include "os/process/process.hpp"

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
