#include "supervision/grant/hand_over.hpp"

#include <fcntl.h>

#include "core/base/number.hpp"
#include "os/file/file_text.hpp"
#include "os/file/system_call.hpp"
#include "supervision/base/programs.hpp"

namespace holdfast::supervision {
namespace {

// Fields besides those of the grant.
constexpr std::string_view k_keeper = "keeper";
constexpr std::string_view k_build_tool = "build_tool";
constexpr std::string_view k_lines = "lines";
constexpr std::string_view k_mask = "mask";  // signal sets, in the kernel's form
constexpr std::string_view k_ignored = "ignored";
constexpr std::string_view k_child_ignored = "child_ignored";
constexpr std::string_view k_earlier = "earlier";

wire::Message to_message(const wire::AttemptGrant& grant, const HandOver& handed) {
  wire::Message message = wire::to_message(grant);
  const auto add = [&](std::string_view key, int fd) {
    if (fd >= 0) message.add(key, std::to_string(fd));
  };
  add(k_keeper, handed.keeper.fd());
  add(k_build_tool, handed.build_tool.get());
  add(k_lines, handed.lines.get());
  message.add(k_mask, std::to_string(handed.callers.mask));
  message.add(k_ignored, std::to_string(handed.callers.ignored));
  if (handed.callers.child_ignored) message.add(k_child_ignored, "1");
  if (handed.earlier.count > 0) message.add(k_earlier, to_text(handed.earlier));
  return message;
}

// Takes the descriptor of that name; invalid: there is none.
os::UniqueFd descriptor_in(const wire::Message& message, std::string_view key) {
  const std::optional<int> fd = parse_number<int>(message.get(key));
  if (!fd || *fd < 0) return {};
  (void)::fcntl(*fd, F_SETFD, FD_CLOEXEC);
  return os::UniqueFd(*fd);
}

Result<HandedOver> from_message(const wire::Message& message) {
  HOLDFAST_TRY(wire::AttemptGrant grant, wire::to_grant(message));
  const auto mask = parse_number<os::SignalSet>(message.get(k_mask));
  const auto ignored = parse_number<os::SignalSet>(message.get(k_ignored));
  const std::string_view earlier = message.get(k_earlier);
  const std::optional<EarlierAttempts> attempts =
      earlier.empty() ? EarlierAttempts{} : parse_earlier_attempts(earlier);
  if (!mask || !ignored || !attempts) return Error{"read what was handed over"};
  HandedOver handed;
  handed.grant = std::move(grant);
  handed.callers.mask = *mask;
  handed.callers.ignored = *ignored;
  handed.callers.child_ignored = !message.get(k_child_ignored).empty();
  if (os::UniqueFd keeper = descriptor_in(message, k_keeper); keeper.valid()) {
    handed.keeper = KeeperLink::adopt(std::move(keeper));
  }
  handed.build_tool = descriptor_in(message, k_build_tool);
  handed.lines = descriptor_in(message, k_lines);
  handed.earlier = *attempts;
  return handed;
}

// Reads the message that `descriptor` has, and closes it.
Result<wire::Message> take_message(int descriptor) {
  const os::UniqueFd file(descriptor);
  HOLDFAST_TRY(const std::string text, os::read_memory_file(file.get()));
  return wire::decode(text);
}

void keep_over_exec(const HandOver& handed) {
  for (const int fd : {handed.keeper.fd(), handed.service_keeper.fd(), handed.cluster.get(),
                       handed.build_tool.get(), handed.lines.get()}) {
    if (fd >= 0) (void)::fcntl(fd, F_SETFD, 0);
  }
}

}  // namespace

Error hand_over(const Invocation& invocation, const wire::AttemptGrant& grant,
                const HandOver& handed) {
  HOLDFAST_TRY(const std::string program, exec_program());
  HOLDFAST_TRY(const os::UniqueFd file, os::memory_file(wire::encode(to_message(grant, handed))));
  std::string word = std::string(k_handed_over) + std::to_string(file.get());
  std::vector<char*> arguments{invocation.arguments[0], word.data()};
  for (char** own = invocation.arguments + 1; *own != nullptr; ++own) arguments.push_back(*own);
  arguments.push_back(nullptr);
  keep_over_exec(handed);
  ::execve(program.c_str(), arguments.data(), invocation.environment);
  return os::system_error("execute " + program);
}

Result<std::optional<HandedOver>> take_over(char**& arguments) {
  if (arguments[0] == nullptr || arguments[1] == nullptr) return std::optional<HandedOver>();
  const std::string_view word = arguments[1];
  if (!word.starts_with(k_handed_over)) return std::optional<HandedOver>();
  const std::optional<int> fd = parse_number<int>(word.substr(k_handed_over.size()));
  if (!fd || *fd < 0) return Error{"read what was handed over: expected a descriptor"};
  HOLDFAST_TRY(const wire::Message message, take_message(*fd));
  HOLDFAST_TRY(HandedOver handed, from_message(message));
  arguments[1] = arguments[0];
  ++arguments;
  return std::optional<HandedOver>(std::move(handed));
}

void become_exec(char** arguments, char** environment) {
  const Result<std::string> program = exec_program();
  if (program) ::execve(program->c_str(), arguments, environment);
}

Result<os::UniqueFd> hand_settings(const Values& said) {
  return os::memory_file(wire::encode(wire::to_message(said)));
}

Result<Values> take_settings(int descriptor) {
  HOLDFAST_TRY(const wire::Message message, take_message(descriptor));
  return wire::to_values(message);
}

}  // namespace holdfast::supervision
