// What this process does and why, for people: lines in the log of its run. Every program of
// Holdfast logs by log(). The launchers write the lines themselves; programs with glibc let spdlog
// write them (launcher/journal/log.hpp).
//
// A line that cannot be written is lost, and nothing else happens: the log never changes a verdict,
// and nobody waits for it. A line never has a secret in it: no value of a variable, and of a
// command only its program.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "base/log_line.hpp"
#include "base/result.hpp"

namespace holdfast::os {

// The keeper makes room when the log has so many bytes.
inline constexpr std::int64_t k_largest_log = 8 << 20;
// With the file itself. The older ones have the suffixes `.1` and `.2`.
inline constexpr unsigned k_log_files = 3;

// The log that belongs to a journal.
std::string log_beside(std::string_view journal);
// The older lines of the log `file`: 1 is newer than 2, 0 is the file itself.
std::string older_log(const std::string& file, unsigned number);
// What HOLDFAST_LOG says. None: nothing. An error names what is wrong with it.
Result<std::optional<LogLevel>> log_level_of_environment();

// The same, or `otherwise`; what is wrong with the variable is told by the keeper.
LogLevel log_level_or(LogLevel otherwise);

// To be called when the place is known, and again when it changes.
void begin_log(LogTarget place);
const LogTarget& log_target();
// The run is over and there may be another: until begin_log(), all is as before its first call.
void suspend_log();
// The same for who comes when the run is over: if there is no log, none is begun.
void continue_log(const std::string& journal);
// The same process goes on as another part, or with another attempt. begin_log() keeps the part if
// its place has none. A part of another machine is `guard@node-3`.
void log_as(std::string_view part);
void log_attempt(const std::string& attempt);

// Whether lines of that level are wanted. For texts that take time to make.
bool logs(LogLevel level);
// Logs the parts of a message in a row.
void log(LogLevel level, std::initializer_list<std::string_view> message);
// Logs a line about a test, in a process that serves many. `attempt` may be empty.
void log_about(std::string_view test, std::string_view attempt, LogLevel level,
               std::initializer_list<std::string_view> message);

// Who makes the line and calls append_to_log(). By default, that is text_of(LogLine).
using LogWriter = void (*)(LogLevel level, std::string_view test, std::string_view attempt,
                           std::string_view message);
// The writer gets the lines of `debug` and above even before begin_log(), which calls `begun` when
// the place is known.
void set_log_writer(std::string_view part, LogWriter writer, void (*begun)());
// Appends a whole line to the log's file.
void append_to_log(std::string_view line);

}  // namespace holdfast::os
