#include "attempt/hand_over.hpp"

#include <fcntl.h>

#include <vector>

#include "attempt/programs.hpp"
#include "base/text.hpp"
#include "values/fields.hpp"

namespace holdfast {

void each_field(wire::Any<EarlierAttempts> auto& earlier, auto&& use) {
  use("count", earlier.count);
  use("wall_us", earlier.wall_us);
  use("user_us", earlier.user_us);
  use("system_us", earlier.system_us);
  use("max_rss_kb", earlier.max_rss_kb);
  use("waited_ms", earlier.waited_ms);
  use("why", earlier.why);
}

}  // namespace holdfast

namespace holdfast::os {

// Signal sets are in the kernel's form.
void each_field(wire::Any<CallersSignals> auto& callers, auto&& use) {
  use("mask", callers.mask, wire::k_needed);
  use("ignored", callers.ignored, wire::k_needed);
  use("child_ignored", callers.child_ignored);
}

}  // namespace holdfast::os

namespace holdfast::supervision {
namespace {

// Nobody else uses this option, and parse_command_line() does not know it.
constexpr std::string_view k_handed_over = "--handed-over=";

// What is neither the grant nor settings, which make the rest of the message.
void each_field(wire::Any<HandOver> auto& handed, auto&& use) {
  use("callers", handed.callers);
  use("earlier", handed.earlier);
}

void each_descriptor(wire::Any<HandOver> auto& handed, auto&& use) {
  use("keeper", handed.keeper.socket());
  use("service_keeper", handed.service_keeper.socket());
  use("cluster", handed.cluster);
  use("build_tool", handed.build_tool);
  use("lines", handed.lines);
}

wire::Message to_message(const HandOver& handed) {
  wire::Message message =
      handed.grant ? wire::to_message(*handed.grant) : wire::to_message(handed.said);
  const wire::ToMessage write(message);
  each_field(handed, write);
  each_descriptor(handed, [&](std::string_view key, const os::UniqueFd& descriptor) {
    write(key, descriptor.get(), -1);
  });
  return message;
}

Result<HandOver> from_message(const wire::Message& message) {
  HandOver handed;
  if (message.kind == wire::k_grant) {
    HOLDFAST_TRY(handed.grant, wire::to_grant(message));
  } else {
    HOLDFAST_TRY(handed.said, wire::to_values(message));
  }
  wire::FromMessage read(message);
  each_field(handed, read);
  each_descriptor(handed, [&](std::string_view key, os::UniqueFd& descriptor) {
    int number = -1;
    read(key, number, -1);
    descriptor = os::UniqueFd(number);
    // The command must not get it.
    if (number >= 0) (void)::fcntl(number, F_SETFD, FD_CLOEXEC);
  });
  return read.give(message.kind, std::move(handed));
}

}  // namespace

Error hand_over(const std::string& program, char** arguments, char** environment,
                const HandOver& handed) {
  HOLDFAST_TRY(const os::UniqueFd file, os::memory_file(wire::encode(to_message(handed))));
  std::string word = std::string(k_handed_over) + std::to_string(file.get());
  std::vector<char*> all{arguments[0], word.data()};
  for (char** own = arguments + 1; *own != nullptr; ++own) all.push_back(*own);
  all.push_back(nullptr);
  each_descriptor(handed, [](std::string_view, const os::UniqueFd& descriptor) {
    if (descriptor.valid()) (void)::fcntl(descriptor.get(), F_SETFD, 0);
  });
  ::execve(program.c_str(), all.data(), environment);
  return os::system_error("execute " + program);
}

Error hand_over(const Invocation& invocation, const HandOver& handed) {
  HOLDFAST_TRY(const std::string program, exec_program());
  return hand_over(program, invocation.arguments, invocation.environment, handed);
}

Result<HandOver> take_over(char**& arguments) {
  if (arguments[1] == nullptr) return HandOver();
  const std::string_view word = arguments[1];
  if (!word.starts_with(k_handed_over)) return HandOver();
  const std::optional<int> fd = parse_number<int>(word.substr(k_handed_over.size()));
  if (!fd) return Error{"read what was handed over: expected a descriptor"};
  const os::UniqueFd file(*fd);
  HOLDFAST_TRY(const std::string text, os::read_memory_file(file.get()));
  HOLDFAST_TRY(const wire::Message message, wire::decode(text));
  HOLDFAST_TRY(HandOver handed, from_message(message));
  arguments[1] = arguments[0];
  ++arguments;
  return handed;
}

void become_exec(char** arguments, char** environment) {
  const Result<std::string> program = exec_program();
  if (program) ::execve(program->c_str(), arguments, environment);
}

}  // namespace holdfast::supervision
