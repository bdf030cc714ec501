// stock_server PORT: tells everyone who connects how many apples there are.
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "loopback.hpp"

int main(int, char** arguments) {
  const int listener = listen_on(arguments[1]);
  if (listener < 0) {
    std::printf("cannot listen on port %s: %s\n", arguments[1], std::strerror(errno));
    return 1;
  }
  std::printf("the stock is on port %s\n", arguments[1]);
  for (;;) {
    const int connection = ::accept(listener, nullptr, nullptr);
    ::send(connection, "12", 2, MSG_NOSIGNAL);
    ::close(connection);
  }
}
