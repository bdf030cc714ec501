// Cases that need a service db. The third kills it if KILLER_IS says so.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

int number(const char* name) { return std::atoi(variable(name).c_str()); }

// Whether somebody accepts connections on its port.
bool answers() {
  const int one = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(number("HOLDFAST_SERVICE_DB_PORT")));
  const bool is_there =
      ::connect(one, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  ::close(one);
  return is_there;
}

void use() {
  std::printf("sees generation %d\n", number("HOLDFAST_SERVICE_DB_GENERATION"));
  std::fflush(stdout);
  EXPECT_TRUE(answers());
}

TEST(Service, first) { use(); }
TEST(Service, second) { use(); }
TEST(Service, third) {
  use();
  const std::string how = variable("KILLER_IS");
  if (how.empty()) return;
  ::kill(number("HOLDFAST_SERVICE_DB_PID"), SIGKILL);
  while (answers()) ::usleep(1000);
  if (how == "red") ADD_FAILURE() << "the killer is red";
  if (how == "dead") ::raise(SIGKILL);
}
TEST(Service, fourth) { use(); }
TEST(Service, fifth) { use(); }

}  // namespace
