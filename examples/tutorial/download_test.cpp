// Asks for a file, and waits for it.
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>

// Nobody calls it: that is the fault.
[[maybe_unused]] static bool send_request(int connection) {
  return ::write(connection, "file", 4) == 4;
}

static bool wait_for_file(int connection) {
  char file[4];
  return ::read(connection, file, sizeof file) == sizeof file;
}

static void clean_up(int) {
  const char said[] = "the half of a file is removed\n";
  ::_exit(::write(STDOUT_FILENO, said, sizeof said - 1) > 0 ? 1 : 2);
}

int main() {
  int ends[2];
  if (::signal(SIGTERM, clean_up) == SIG_ERR) return 1;
  if (::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) return 1;
  if (!wait_for_file(ends[1])) return 1;
  std::puts("the file is here");
}
