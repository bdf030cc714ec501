// A test in C++ that exits on purpose, from deep inside. With --crash it dies of a signal
// afterwards: a marker hides no crash.
#include <holdfast/mark.h>

#include <csignal>
#include <cstdlib>
#include <iostream>
#include <string>

namespace {

[[noreturn]] void give_up(const std::string& why, bool crash) {
  std::cerr << "FAILED: " << why << std::endl;
  holdfast_mark_exit(why.c_str());
  if (crash) std::raise(SIGSEGV);
  std::exit(1);
}

}  // namespace

int main(int count, char** arguments) {
  give_up("the server does not answer", count > 1 && std::string(arguments[1]) == "--crash");
}
