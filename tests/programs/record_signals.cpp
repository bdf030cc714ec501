// record_signals FILE [CODE [DELAY_MS]]: handles every signal that it can, writes the number of
// each to FILE.signals, and exits with CODE after TERM, INT, HUP or QUIT, DELAY_MS later (default
// 0; 100 000 stays). It announces itself in FILE when it is ready.
#include <cerrno>
#include <string>

#include "habit.hpp"

int main(int count, char** words) {
  const std::string record = std::string(words[1]) + ".signals";
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, nullptr);
  habit::announce(words[1]);
  const timespec minute{60, 0};
  while (true) {
    siginfo_t info{};
    const int got = sigtimedwait(&all, &info, &minute);
    if (got < 0 && errno == EAGAIN) return 98;
    if (got <= 0) continue;
    habit::append_line(record.c_str(), std::to_string(got).c_str());
    if (got != SIGTERM && got != SIGINT && got != SIGHUP && got != SIGQUIT) continue;
    const int delay = count > 3 ? std::atoi(words[3]) : 0;
    if (delay >= 100'000) continue;
    habit::rest(delay);
    habit::append_line(record.c_str(), "clean");
    return count > 2 ? std::atoi(words[2]) : 0;
  }
}
