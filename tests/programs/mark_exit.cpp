// mark_exit HOW [NUMBER]: exits on purpose, by holdfast/mark.h.
//   exit N     marks itself, exits with N
//   die N      marks itself, dies of signal N
//   handler N  the handler of the signal of which it dies marks it and exits with N
//   fork N     its child marks itself after fork() and exits with N; the parent exits so unmarked
//   twice N    marks itself twice, exits with N
//   tell N     prints whether it could mark itself, exits with N
#include <holdfast/mark.h>

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <cstdio>
#include <cstring>

namespace {

volatile int handlers_code = 0;

void handle(int /*signal*/) {
  holdfast_mark_exit("in the handler");
  _exit(handlers_code);
}

void die_of(int number) {
  const rlimit none{};
  ::setrlimit(RLIMIT_CORE, &none);
  ::signal(number, SIG_DFL);
  ::raise(number);
}

}  // namespace

int main(int count, char** arguments) {
  const char* how = count > 1 ? arguments[1] : "exit";
  const int number = count > 2 ? std::atoi(arguments[2]) : 1;
  const auto is = [&](const char* name) { return std::strcmp(how, name) == 0; };
  if (is("handler")) {
    handlers_code = number;
    ::signal(SIGABRT, handle);
    ::raise(SIGABRT);
  }
  if (is("fork")) {
    const pid_t child = ::fork();
    if (child == 0) {
      holdfast_mark_exit("in the child");
      ::_exit(number);
    }
    ::waitpid(child, nullptr, 0);
    return number;
  }
  errno = 77;
  const int marked = holdfast_mark_exit("on purpose\nas it says");
  if (is("twice") && holdfast_mark_exit("again") != 0) return 9;
  if (errno != 77) return 8;
  if (is("tell")) std::puts(marked == 0 ? "marked" : "not marked");
  if (is("die")) die_of(number);
  return number;
}
