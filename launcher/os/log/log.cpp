#include "os/log/log.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "base/environment.hpp"
#include "base/names.hpp"
#include "base/text.hpp"
#include "os/file/clock.hpp"
#include "os/file/own_files.hpp"

namespace holdfast::os {
namespace {

void write_plainly(LogLevel level, std::string_view test, std::string_view attempt,
                   std::string_view message) {
  append_to_log(text_of(LogLine{unix_now_us(), level, log_target().part, ::getpid(),
                                std::string(test), std::string(attempt), std::string(message)}));
}

// The log of this process.
struct Log {
  LogTarget place;
  LogWriter writer = &write_plainly;
  void (*begun)() = nullptr;
};

// It is never destroyed: for that, the launchers would need more of the C library.
Log& own_log() {
  static Log* const log = new Log;
  return *log;
}

void rotate(const std::string& file) {
  for (unsigned number = k_log_files - 1; number > 0; --number) {
    (void)rename_own(older_log(file, number - 1), older_log(file, number));
  }
}

}  // namespace

std::string older_log(const std::string& file, unsigned number) {
  return number == 0 ? file : text_of({file, ".", std::to_string(number)});
}

std::string log_beside(std::string_view journal) {
  if (journal.empty()) return {};
  return text_of({journal.substr(0, journal.rfind('/') + 1), names::k_log_file});
}

Result<std::optional<LogLevel>> log_level_of_environment() {
  const char* const value = std::getenv(environment::k_log.data());
  if (value == nullptr || *value == '\0') return std::optional<LogLevel>();
  const std::optional<LogLevel> level = named<LogLevel>(value);
  if (level) return level;
  return BadValue(brief_in_quotes(value), alternatives(words_of(LogLevel{})));
}

LogLevel log_level_or(LogLevel otherwise) {
  const Result<std::optional<LogLevel>> said = log_level_of_environment();
  return said && *said ? **said : otherwise;
}

void begin_log(LogTarget place) {
  Log& log = own_log();
  if (place.file.empty()) place.level = LogLevel::off;
  if (place.part.empty()) place.part = log.place.part;
  log.place = std::move(place);
  if (log.begun != nullptr && !log.place.file.empty()) log.begun();
}

void suspend_log() {
  Log& log = own_log();
  log.place = {{}, log.begun == nullptr ? LogLevel::off : LogLevel::debug, log.place.part};
}

void continue_log(const std::string& journal) {
  LogTarget target{log_beside(journal), log_level_or(LogLevel::info)};
  if (exists_own(target.file)) begin_log(std::move(target));
}

const LogTarget& log_target() { return own_log().place; }
void log_as(std::string_view part) {
  std::string& own = own_log().place.part;
  const std::size_t machine = std::min(own.size(), own.find('@'));
  own = text_of({part, std::string_view(own).substr(machine)});
}
void log_attempt(const std::string& attempt) { own_log().place.attempt = attempt; }

bool logs(LogLevel level) { return level >= own_log().place.level; }

void log(LogLevel level, std::initializer_list<std::string_view> message) {
  const LogTarget& place = log_target();
  log_about(place.test, place.attempt, level, message);
}

void log_about(std::string_view test, std::string_view attempt, LogLevel level,
               std::initializer_list<std::string_view> message) {
  if (logs(level)) own_log().writer(level, test, attempt, text_of(message));
}

void set_log_writer(std::string_view part, LogWriter writer, void (*begun)()) {
  Log& log = own_log();
  log.place.part = part;
  log.writer = writer;
  log.begun = begun;
  suspend_log();
}

void append_to_log(std::string_view line) {
  const LogTarget& place = log_target();
  struct stat info {};
  const bool is_full =
      place.rotates && ::lstat(place.file.c_str(), &info) == 0 && info.st_size >= k_largest_log;
  if (is_full) rotate(place.file);
  (void)append_line(place.file, line);
}

}  // namespace holdfast::os
