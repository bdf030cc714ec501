// Included before everything else when the launcher is built with musl (LauncherLibc.cmake). It has
// what the headers of GCC's C++ library expect of glibc, and the few glibc functions we use.
#pragma once

#define __GLIBC_PREREQ(major, minor) 0
#define __locale_t locale_t

// For <bits/ctype_base.h>, which <string> includes. Only the names matter; nothing is linked.
enum {
  _ISupper = 1 << 0,
  _ISlower = 1 << 1,
  _ISalpha = 1 << 2,
  _ISdigit = 1 << 3,
  _ISxdigit = 1 << 4,
  _ISspace = 1 << 5,
  _ISprint = 1 << 6,
  _ISblank = 1 << 7,
  _IScntrl = 1 << 8,
  _ISpunct = 1 << 9,
  _ISalnum = 1 << 10,
  _ISgraph = 1 << 11,
};

// The headers were made for a glibc that has these.
#include <bits/c++config.h>
#undef _GLIBCXX_USE_PTHREAD_COND_CLOCKWAIT
#undef _GLIBCXX_USE_PTHREAD_MUTEX_CLOCKLOCK
#undef _GLIBCXX_USE_PTHREAD_RWLOCK_CLOCKLOCK
// No template is taken from the compiled library: each is compiled where it is used.
#undef _GLIBCXX_EXTERN_TEMPLATE
#define _GLIBCXX_EXTERN_TEMPLATE 0

#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

// close_range(2), for which Debian's musl 1.2.3 has no wrapper.
inline int close_range(unsigned first, unsigned last, int flags) {
  return static_cast<int>(::syscall(SYS_close_range, first, last, flags));
}

// strerror(3): musl's reads no locale unless one was set.
inline const char* strerrordesc_np(int number) { return ::strerror(number); }

// "SEGV"; null: no name. strsignal(3), signal(7)
inline const char* sigabbrev_np(int signal) {
  static constexpr const char* k_names[] = {
      nullptr, "HUP",  "INT",  "QUIT", "ILL",    "TRAP",   "ABRT",  "BUS",  "FPE",  "KILL", "USR1",
      "SEGV",  "USR2", "PIPE", "ALRM", "TERM",   "STKFLT", "CHLD",  "CONT", "STOP", "TSTP", "TTIN",
      "TTOU",  "URG",  "XCPU", "XFSZ", "VTALRM", "PROF",   "WINCH", "POLL", "PWR",  "SYS"};
  const int count = static_cast<int>(sizeof k_names / sizeof k_names[0]);
  return signal > 0 && signal < count ? k_names[signal] : nullptr;
}
