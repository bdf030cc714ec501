#include "supervision/grant/hand_over.hpp"

#include <fcntl.h>

#include "core/base/number.hpp"
#include "core/settings/fields.hpp"
#include "os/file/file_text.hpp"
#include "os/file/system_call.hpp"
#include "supervision/base/programs.hpp"

namespace holdfast::supervision {

void be_far_side(const FarSide& far, Invocation& invocation) {
  invocation.is_afar = true;
  invocation.near_variables = far.variables;
  invocation.lines = far.lines;
  invocation.far_log = far.log;
  invocation.far_node = far.node;
  if (!invocation.attach) invocation.attach.emplace();
  invocation.attach->ctest = far.parent;
  CtestLimits& limits = invocation.limits;
  limits.raised.reset();
  limits.kept.reset();
  limits.default_raised = limits.stop_time = Milliseconds{0};
  limits.tells = false;
  invocation.tells_locks = false;
  invocation.told_timeout = Milliseconds{0};
}

namespace {

// The fields besides those of the grant. Signal sets are in the kernel's form.
struct Handed {
  int keeper = -1;
  int build_tool = -1;
  int lines = -1;
  os::SignalSet mask = 0;
  os::SignalSet ignored = 0;
  bool child_ignored = false;
  EarlierAttempts earlier = {};
};

void each_field(wire::Any<Handed> auto& handed, auto&& use) {
  use("keeper", handed.keeper, -1);
  use("build_tool", handed.build_tool, -1);
  use("lines", handed.lines, -1);
  use("mask", handed.mask, wire::k_needed);
  use("ignored", handed.ignored, wire::k_needed);
  use("child_ignored", handed.child_ignored);
  use("earlier", handed.earlier.count);
  use("earlier_wall_us", handed.earlier.wall_us);
  use("earlier_user_us", handed.earlier.user_us);
  use("earlier_system_us", handed.earlier.system_us);
  use("earlier_max_rss_kb", handed.earlier.max_rss_kb);
  use("earlier_waited_ms", handed.earlier.waited_ms);
  use("earlier_why", handed.earlier.why);
}

wire::Message to_message(const wire::AttemptGrant& grant, const HandOver& handed) {
  wire::Message message = wire::to_message(grant);
  const Handed all{.keeper = handed.keeper.fd(),
                   .build_tool = handed.build_tool.get(),
                   .lines = handed.lines.get(),
                   .mask = handed.callers.mask,
                   .ignored = handed.callers.ignored,
                   .child_ignored = handed.callers.child_ignored,
                   .earlier = handed.earlier};
  each_field(all, wire::ToMessage(message));
  return message;
}

// -1: there is none.
os::UniqueFd taken(int descriptor) {
  os::UniqueFd own(descriptor);
  if (own.valid()) (void)::fcntl(descriptor, F_SETFD, FD_CLOEXEC);
  return own;
}

Result<HandedOver> from_message(const wire::Message& message) {
  HandedOver handed;
  HOLDFAST_TRY(handed.grant, wire::to_grant(message));
  Handed all;
  wire::FromMessage read(message);
  each_field(all, read);
  HOLDFAST_TRY(all, read.give(wire::k_grant, std::move(all)));
  handed.callers.mask = all.mask;
  handed.callers.ignored = all.ignored;
  handed.callers.child_ignored = all.child_ignored;
  if (os::UniqueFd keeper = taken(all.keeper); keeper.valid()) {
    handed.keeper = KeeperLink::adopt(std::move(keeper));
  }
  handed.build_tool = taken(all.build_tool);
  handed.lines = taken(all.lines);
  handed.earlier = std::move(all.earlier);
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
