// orders_test PORT: asks the stock server for apples.
#include <unistd.h>

#include <cstdio>
#include <cstring>

#include "loopback.hpp"

int main(int, char** arguments) {
  const int connection = connect_to(arguments[1]);
  if (connection < 0) {
    std::printf("no stock server on port %s: start ./stock_server first\n", arguments[1]);
    return 1;
  }
  char apples[3] = {};
  if (::recv(connection, apples, 2, MSG_WAITALL) != 2 || std::strcmp(apples, "12") != 0) {
    std::printf("found '%s' apples\n", apples);
    return 1;
  }
  std::puts("12 apples are in stock");
}
