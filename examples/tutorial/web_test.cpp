// web_test METHOD PORT: needs the port for itself for a second.
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "loopback.hpp"

int main(int, char** arguments) {
  if (listen_on(arguments[2]) < 0) {
    std::printf("cannot listen on port %s: %s\n", arguments[2], std::strerror(errno));
    return 1;
  }
  ::sleep(1);
  std::printf("%s works on port %s\n", arguments[1], arguments[2]);
}
