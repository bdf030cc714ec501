// close_output FILE: prints a line, closes its output, announces itself in FILE, and stays until
// there is a file FILE.go. Then it exits with 5.
#include <string>

#include "habit.hpp"

int main(int /*count*/, char** words) {
  std::puts("said before closing");
  std::fflush(stdout);
  close(1);
  close(2);
  habit::announce(words[1]);
  const std::string go = std::string(words[1]) + ".go";
  for (int i = 0; i < 30'000 && access(go.c_str(), F_OK) != 0; ++i) habit::rest(2);
  return 5;
}
