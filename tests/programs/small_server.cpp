// A server that does as little as a service can: it accepts connections on a port of 127.0.0.1 and
// closes them.
//
// small_server PORT [WORD…]: port 0 is one of the kernel's choice. It prints `listening on N` when
// it listens. Words:
//   ignore-term   it does not end of SIGTERM
//   on-int TEXT   it prints the text and ends with 0 when SIGINT comes
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace {

const char* told_at_interrupt = "";

void at_interrupt(int /*signal*/) {
  const std::string_view text = told_at_interrupt;
  (void)!::write(STDOUT_FILENO, text.data(), text.size());
  ::_exit(0);
}

}  // namespace

int main(int count, char** arguments) {
  for (int i = 2; i < count; ++i) {
    const std::string_view word = arguments[i];
    if (word == "ignore-term") ::signal(SIGTERM, SIG_IGN);
    if (word == "on-int" && i + 1 < count) {
      told_at_interrupt = arguments[++i];
      ::signal(SIGINT, at_interrupt);
    }
  }
  ::alarm(60);  // it never stays for long
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  const int yes = 1;
  ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  sockaddr_in own{};
  own.sin_family = AF_INET;
  own.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  own.sin_port = htons(static_cast<std::uint16_t>(count > 1 ? std::atoi(arguments[1]) : 0));
  socklen_t size = sizeof own;
  auto* const address = reinterpret_cast<sockaddr*>(&own);
  if (::bind(socket, address, size) != 0 || ::listen(socket, 100) != 0 ||
      ::getsockname(socket, address, &size) != 0) {
    std::perror("small_server");
    return 1;
  }
  std::printf("listening on %d\n", ntohs(own.sin_port));
  std::fflush(stdout);
  while (true) {
    const int connection = ::accept(socket, nullptr, nullptr);
    if (connection >= 0) ::close(connection);
  }
}
