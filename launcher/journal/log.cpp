#include "journal/log.hpp"

#include <unistd.h>

#include <chrono>
#include <memory>
#include <mutex>
#include <vector>

#include "base/text.hpp"
#include "os/file/clock.hpp"
#include "os/log/log.hpp"

// spdlog says `warning`, our settings say `warn`.
#define SPDLOG_LEVEL_NAMES \
  { "trace", "debug", "info", "warn", "error", "critical", "off" }
#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/ansicolor_sink.h>
#include <spdlog/sinks/base_sink.h>

namespace holdfast {
namespace {

// The form of a line (base/log_line.hpp). What %v stands for is log_text().
constexpr const char* k_pattern = "%Y-%m-%dT%H:%M:%S.%fZ\t%l\t%n\t%P\t%v";
constexpr const char* k_view_pattern = "%Y-%m-%d %H:%M:%S.%f %^%-5l%$ %n: %v";

spdlog::level::level_enum level_of(LogLevel level) {
  return spdlog::level::from_str(std::string(name_of(level)));
}

std::unique_ptr<spdlog::formatter> formatter_of(const char* pattern) {
  return std::make_unique<spdlog::pattern_formatter>(pattern, spdlog::pattern_time_type::utc, "\n");
}

class FileSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  FileSink() : base_sink(formatter_of(k_pattern)) {}

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    os::append_to_log({line.data(), line.size()});
  }
  void flush_() override {}
};

// The logger of the part that this process is.
spdlog::logger& own_logger() {
  static std::shared_ptr<spdlog::logger> logger;
  const std::string& part = os::log_target().part;
  if (!logger || logger->name() != part) {
    logger = std::make_shared<spdlog::logger>(part, std::make_shared<FileSink>());
    logger->set_error_handler([](const std::string&) {});
  }
  logger->set_level(level_of(os::log_target().level));
  return *logger;
}

// So many lines are held at most.
constexpr std::size_t k_most_held = 1000;

std::vector<LogLine>& held_lines() {
  static std::vector<LogLine> held;
  return held;
}

void write_held() {
  for (const LogLine& line : held_lines()) {
    if (os::logs(line.level)) os::append_to_log(text_of(line));
  }
  held_lines().clear();
}

void write_by_spdlog(LogLevel level, std::string_view test, std::string_view attempt,
                     std::string_view message) {
  if (os::log_target().file.empty()) {
    if (held_lines().size() == k_most_held) return;
    held_lines().push_back({os::unix_now_us(), level, os::log_target().part, ::getpid(),
                            std::string(test), std::string(attempt), std::string(message)});
    return;
  }
  const std::string text = log_text(test, attempt, message);
  own_logger().log(level_of(level), spdlog::string_view_t(text.data(), text.size()));
}

struct ViewSink final : spdlog::sinks::ansicolor_stdout_sink_st {
  ViewSink() { set_formatter(formatter_of(k_view_pattern)); }
};

// The name of the test, and which attempt of its run: `"db.test" (.3): `.
std::string about(const LogLine& line) {
  if (line.test.empty()) return {};
  std::string text = text_of({"\"", printable(line.test), "\""});
  const std::size_t dot = line.attempt.rfind('.');
  if (dot != std::string::npos) {
    text += text_of({" (", printable(std::string_view(line.attempt).substr(dot)), ")"});
  }
  return text + ": ";
}

}  // namespace

void log_by_spdlog(std::string_view part) {
  os::set_log_writer(part, &write_by_spdlog, &write_held);
}

void show_log_line(const LogLine& line) {
  static ViewSink sink;
  const std::string part = text_of({printable(line.part), "[", std::to_string(line.pid), "]"});
  const std::string text = about(line) + printable(line.message);
  const spdlog::log_clock::time_point at{std::chrono::duration_cast<spdlog::log_clock::duration>(
      std::chrono::microseconds{line.at_us})};
  sink.log({at, spdlog::source_loc{}, part, level_of(line.level), text});
}

}  // namespace holdfast
