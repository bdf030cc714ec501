/*
 * holdfast/mark.h: "this process now exits on purpose; it has reported its failure".
 *
 * For C (C89 and later) and C++ (C++98 and later). Header only; CMake target Holdfast::mark. A
 * program that uses it needs nothing of Holdfast at run time. The call does nothing if Holdfast
 * does not run the program, and on systems other than Linux.
 *
 *   if (the_server_is_gone()) {
 *     report_failure("the server is gone");
 *     holdfast_mark_exit("the server is gone");
 *     exit(1);
 *   }
 *
 * docs/reference/marker-protocol.md says what Holdfast does with the marker.
 */
#ifndef HOLDFAST_MARK_H
#define HOLDFAST_MARK_H

#if defined(__linux__)
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>
#endif

#ifdef __cplusplus
extern "C" {
#define HOLDFAST_MARK_LOCAL static inline
#define HOLDFAST_MARK_AS(type, value) static_cast<type>(value)
#elif defined(__GNUC__)
#define HOLDFAST_MARK_LOCAL static __attribute__((unused))
#define HOLDFAST_MARK_AS(type, value) ((type)(value))
#else
#define HOLDFAST_MARK_LOCAL static
#define HOLDFAST_MARK_AS(type, value) ((type)(value))
#endif

/*
 * Marks this process. `reason` is one sentence for people, or a null pointer; it may hold any
 * bytes, and is cut if it is very long (some 3 KiB). The test's main process calls this after it
 * has reported its failure, before it exits with a code other than 0.
 *
 * Returns 0 if the process is marked, or Holdfast does not run it. Returns -1 if the marker could
 * not be written (disk full, directory gone); the test then counts as failed without it. A second
 * call changes nothing.
 *
 * Async-signal-safe: allowed in a signal handler, after fork() in a program with threads, and in a
 * process whose heap is damaged, as long as no other thread changes the environment. It allocates
 * nothing, uses less than 5 KiB of stack, keeps no descriptor, and leaves errno as it was. It
 * flushes nothing: exit() writes what stdio and std::cout still hold, _exit() does not.
 */
HOLDFAST_MARK_LOCAL int holdfast_mark_exit(const char* reason);

#if defined(__linux__)

/* Text in a buffer of fixed size. A piece that does not fit is left out and sets `full`. */
struct holdfast_mark_text {
  char bytes[4096];
  size_t length;
  int full;
};

HOLDFAST_MARK_LOCAL void holdfast_mark_put(struct holdfast_mark_text* text, const char* from,
                                           size_t length) {
  size_t i;
  if (length > sizeof text->bytes - 1 - text->length) {
    text->full = 1;
    return;
  }
  for (i = 0; i < length; ++i) text->bytes[text->length++] = from[i];
  text->bytes[text->length] = '\0';
}

HOLDFAST_MARK_LOCAL void holdfast_mark_put_text(struct holdfast_mark_text* text, const char* from) {
  size_t length = 0;
  while (from[length] != '\0') ++length;
  holdfast_mark_put(text, from, length);
}

HOLDFAST_MARK_LOCAL void holdfast_mark_put_number(struct holdfast_mark_text* text,
                                                  unsigned long number) {
  static const char digits[] = "0123456789";
  char written[24];
  size_t first = sizeof written;
  do {
    written[--first] = digits[number % 10];
    number /= 10;
  } while (number != 0);
  holdfast_mark_put(text, written + first, sizeof written - first);
}

/* Keeps any reason on one line: doubles a backslash, turns a control character into \xNN. */
HOLDFAST_MARK_LOCAL void holdfast_mark_put_reason(struct holdfast_mark_text* text,
                                                  const char* reason) {
  static const char digits[] = "0123456789abcdef";
  static const char end[] = "\nend\n";
  for (; *reason != '\0'; ++reason) {
    const unsigned char byte = HOLDFAST_MARK_AS(unsigned char, *reason);
    char escaped[4];
    size_t length = 1;
    escaped[0] = *reason;
    if (byte == '\\') {
      escaped[length++] = '\\';
    } else if (byte < 0x20 || byte == 0x7f) {
      escaped[0] = '\\';
      escaped[1] = 'x';
      escaped[2] = digits[byte >> 4];
      escaped[3] = digits[byte & 15];
      length = 4;
    }
    /* The end of the marker must fit too. */
    if (text->length + length + sizeof end > sizeof text->bytes) return;
    holdfast_mark_put(text, escaped, length);
  }
}

/*
 * When this process was started, in clock ticks since boot; 0: unknown. That is field 22 of
 * /proc/self/stat (proc(5)), counted from the end of the name, which may hold blanks and
 * parentheses. Overwrites `text`.
 */
HOLDFAST_MARK_LOCAL unsigned long holdfast_mark_start(struct holdfast_mark_text* text) {
  unsigned long start = 0;
  int field = 2;
  ssize_t got;
  size_t size;
  size_t i;
  size_t name_end = 0;
  int flags = O_RDONLY;
  int file;
#ifdef O_CLOEXEC
  flags |= O_CLOEXEC;
#endif
  file = open("/proc/self/stat", flags);
  if (file < 0) return 0;
  do {
    got = read(file, text->bytes, sizeof text->bytes);
  } while (got < 0 && errno == EINTR);
  close(file);
  if (got <= 0) return 0;
  size = HOLDFAST_MARK_AS(size_t, got);
  for (i = 0; i < size; ++i) {
    if (text->bytes[i] == ')') name_end = i;
  }
  for (i = name_end; i < size && field <= 22; ++i) {
    const char byte = text->bytes[i];
    if (byte == ' ') {
      ++field;
    } else if (field == 22 && byte >= '0' && byte <= '9') {
      start = start * 10 + HOLDFAST_MARK_AS(unsigned long, byte - '0');
    }
  }
  return start;
}

HOLDFAST_MARK_LOCAL int holdfast_mark_write(const char* directory, const char* attempt,
                                            const char* reason) {
  struct holdfast_mark_text text;
  const unsigned long pid = HOLDFAST_MARK_AS(unsigned long, getpid());
  unsigned long start;
  ssize_t put;
  int flags = O_WRONLY | O_CREAT | O_EXCL;
  int file;
#ifdef O_CLOEXEC
  flags |= O_CLOEXEC;
#endif
  start = holdfast_mark_start(&text);
  text.length = 0;
  text.full = 0;
  holdfast_mark_put_text(&text, directory);
  holdfast_mark_put_text(&text, "/exit-");
  holdfast_mark_put_number(&text, pid);
  if (start == 0 || text.full) return -1;
  /* O_EXCL follows no link, and does not write into a file that somebody else has put there. */
  file = open(text.bytes, flags, 0600);
  if (file < 0) return errno == EEXIST ? 0 : -1;
  text.length = 0;
  holdfast_mark_put_text(&text, "holdfast-marker 1\nattempt ");
  holdfast_mark_put_text(&text, attempt);
  holdfast_mark_put_text(&text, "\npid ");
  holdfast_mark_put_number(&text, pid);
  holdfast_mark_put_text(&text, "\nstart ");
  holdfast_mark_put_number(&text, start);
  holdfast_mark_put_text(&text, "\nreason ");
  if (reason) holdfast_mark_put_reason(&text, reason);
  holdfast_mark_put_text(&text, "\nend\n");
  do {
    put = text.full ? 0 : write(file, text.bytes, text.length);
  } while (put < 0 && errno == EINTR);
  /* A marker that is cut off stays as it is: the launcher reports it. */
  if (close(file) != 0 || put < 0) return -1;
  return HOLDFAST_MARK_AS(size_t, put) == text.length ? 0 : -1;
}

#endif /* __linux__ */

HOLDFAST_MARK_LOCAL int holdfast_mark_exit(const char* reason) {
#if defined(__linux__)
  const int error = errno;
  const char* directory = getenv("HOLDFAST_MARKER_DIR");
  const char* attempt = getenv("HOLDFAST_ATTEMPT_ID");
  int result = 0;
  if (directory && directory[0] == '/' && attempt) {
    result = holdfast_mark_write(directory, attempt, reason);
  }
  errno = error;
  return result;
#else
  (void)reason;
  return 0;
#endif
}

#undef HOLDFAST_MARK_LOCAL
#undef HOLDFAST_MARK_AS

#ifdef __cplusplus
}
#endif

#endif /* HOLDFAST_MARK_H */
