// A client of the notes server, and cases of which the third kills the server.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <string>

namespace {

// What Holdfast tells of the server, such as PORT. Each process of the batch is told of the server
// that is there when the process begins.
int told(const std::string& what) {
  const char* value = std::getenv(("HOLDFAST_SERVICE_NOTES_" + what).c_str());
  return value != nullptr ? std::atoi(value) : 0;
}

// False: there is no server that answers.
bool ask(std::string line, std::string* answer) {
  const int connection = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(told("PORT")));
  line += "\n";
  const bool is_said =
      ::connect(connection, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
      ::send(connection, line.data(), line.size(), MSG_NOSIGNAL) ==
          static_cast<ssize_t>(line.size());
  answer->clear();
  char part[256];
  ssize_t count = is_said ? 1 : -1;
  while (count > 0) {
    count = ::recv(connection, part, sizeof part, 0);
    if (count > 0) answer->append(part, static_cast<std::size_t>(count));
  }
  ::close(connection);
  return count == 0;
}

TEST(Client, PutsANoteAndGetsIt) {
  std::string answer;
  ASSERT_TRUE(ask("put here milk and bread", &answer));
  ASSERT_TRUE(ask("get here", &answer));
  EXPECT_EQ(answer, "milk and bread");
}

TEST(Client, GetsNothingForANameThatNobodyPut) {
  std::string answer;
  ASSERT_TRUE(ask("get nowhere", &answer));
  EXPECT_EQ(answer, "");
}

TEST(Client, SaysThatTheServerIsGone) {
  std::string answer;
  ASSERT_EQ(::kill(told("PID"), SIGKILL), 0);
  while (ask("get here", &answer)) ::usleep(1000);
}

// Runs with the next server, in another process, although the isolation is `none`.
TEST(Client, FindsAnEmptyServerAfterTheLoss) {
  std::string answer;
  ASSERT_TRUE(ask("get here", &answer));
  EXPECT_EQ(answer, "");
}

}  // namespace
