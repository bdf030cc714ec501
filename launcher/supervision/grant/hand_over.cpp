#include "supervision/grant/hand_over.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>
#include <vector>

#include "core/base/number.hpp"
#include "core/settings/wire.hpp"
#include "os/file/system_call.hpp"
#include "os/file/unique_fd.hpp"
#include "os/process/process.hpp"

namespace holdfast::supervision {
namespace {

// argv[0], "exec", keeper, grant, signals; the launcher's words follow.
constexpr int k_own_words = 5;
constexpr int k_no_keeper = -1;

wire::AttemptGrant to_wire(const Grant& grant) {
  wire::AttemptGrant sent;
  sent.run = grant.run;
  sent.attempt = grant.identity.attempt;
  sent.journal = grant.identity.journal;
  sent.scratch = grant.scratch;
  sent.refusal = grant.refusal;
  sent.is_again = grant.is_again;
  // Each process of a batch is recognised by itself.
  sent.is_googletest = grant.is_googletest && !grant.policy.isolation;
  sent.policy = grant.policy;
  return sent;
}

Result<os::UniqueFd> written(const std::string& text) {
  // There is no MFD_CLOEXEC, because the file must survive the exec.
  os::UniqueFd file(::memfd_create("holdfast-grant", 0));
  if (!file.valid()) return os::system_error("make a file in memory");
  std::size_t done = 0;
  while (done < text.size()) {
    const ssize_t count =
        os::retried([&] { return ::write(file.get(), text.data() + done, text.size() - done); });
    if (count < 0) return os::system_error("write to a file in memory");
    done += static_cast<std::size_t>(count);
  }
  return file;
}

Result<std::string> read_all(int file) {
  std::string text;
  char part[4096];
  ::lseek(file, 0, SEEK_SET);
  while (true) {
    const ssize_t count = os::retried([&] { return ::read(file, part, sizeof part); });
    if (count < 0) return os::system_error("read what was handed over");
    if (count == 0) return text;
    text.append(part, static_cast<std::size_t>(count));
  }
}

void set_close_on_exec(int fd, bool on) {
  if (fd >= 0) (void)::fcntl(fd, F_SETFD, on ? FD_CLOEXEC : 0);
}

template <typename Number>
bool parse(std::string_view text, Number& number) {
  const std::optional<Number> read = parse_number<Number>(text);
  if (read) number = *read;
  return read.has_value();
}

// "<mask>:<ignored>:<whether SIGCHLD was ignored>"; the sets are in the kernel's form.
std::string to_text(const os::CallersSignals& callers) {
  return std::to_string(callers.mask) + ":" + std::to_string(callers.ignored) + ":" +
         (callers.child_ignored ? "1" : "0");
}

bool parse_signals(std::string_view text, os::CallersSignals& callers) {
  const std::size_t first = text.find(':');
  const std::size_t second = text.rfind(':');
  if (first == std::string_view::npos || first == second) return false;
  unsigned ignored_child = 0;
  if (!parse(text.substr(0, first), callers.mask)) return false;
  if (!parse(text.substr(first + 1, second - first - 1), callers.ignored)) return false;
  if (!parse(text.substr(second + 1), ignored_child)) return false;
  callers.child_ignored = ignored_child != 0;
  return true;
}

}  // namespace

Error hand_over(const Invocation& invocation, const Grant& grant, const KeeperLink& keeper,
                const os::CallersSignals& callers, std::string more) {
  Result<std::string> program = main_program();
  if (!program) return program.error();
  const Result<os::UniqueFd> file = written(wire::encode(wire::to_message(to_wire(grant))));
  if (!file) return file.error();
  std::string words[] = {*program, "exec",
                         std::to_string(keeper.connected() ? keeper.fd() : k_no_keeper),
                         std::to_string(file->get()), to_text(callers)};
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  for (char** word = invocation.arguments + 1; *word != nullptr; ++word) {
    // The option goes before the `--` in front of the command.
    if (!more.empty() && word == invocation.command - 1) arguments.push_back(more.data());
    arguments.push_back(*word);
  }
  arguments.push_back(nullptr);
  set_close_on_exec(keeper.fd(), false);
  ::execve(program->c_str(), arguments.data(), invocation.environment);
  Error error = os::system_error("execute " + *program);
  set_close_on_exec(keeper.fd(), true);
  return error;
}

Result<os::UniqueFd> hand_settings(const Values& said) {
  return written(wire::encode(wire::to_message(said)));
}

Result<Values> take_settings(int descriptor) {
  const os::UniqueFd file(descriptor);
  const Result<std::string> text = read_all(file.get());
  if (!text) return text.error();
  const Result<wire::Message> message = wire::decode(*text);
  if (!message) return message.error();
  return wire::to_values(*message);
}

Result<std::string> launcher_program() {
  Result<std::string> own = os::own_program();
  if (!own) return own;
  constexpr std::string_view k_place = "/libexec/holdfast";
  own->erase(std::min(own->size(), own->rfind('/')));
  if (!std::string_view(*own).ends_with(k_place)) {
    own->erase(std::min(own->size(), own->rfind('/')));
    *own += k_place;
  }
  return *own + "/holdfast-launcher";
}

void become_launcher_of_batches(char** arguments, char** environment) {
  const Result<std::string> launcher = launcher_program();
  if (launcher) ::execve((*launcher + "-batch").c_str(), arguments, environment);
}

Result<HandedOver> take_over(char** arguments) {
  const Error not_handed{"holdfast exec is started by the launcher, with what it hands over"};
  for (int i = 0; i < k_own_words; ++i) {
    if (arguments[i] == nullptr) return not_handed;
  }
  int keeper = k_no_keeper;
  int grant = -1;
  HandedOver handed;
  if (!parse(arguments[2], keeper) || !parse(arguments[3], grant) || grant < 0 ||
      !parse_signals(arguments[4], handed.callers)) {
    return not_handed;
  }
  const os::UniqueFd file(grant);
  if (keeper >= 0) {
    set_close_on_exec(keeper, true);
    handed.keeper = KeeperLink::adopt(os::UniqueFd(keeper));
  }
  const Result<std::string> text = read_all(file.get());
  if (!text) return text.error();
  Result<wire::Message> message = wire::decode(*text);
  if (!message) return message.error();
  Result<wire::AttemptGrant> sent = wire::to_grant(*message);
  if (!sent) return sent.error();
  Grant& to = handed.grant;
  to.run = std::move(sent->run);
  to.identity.attempt = std::move(sent->attempt);
  to.identity.journal = std::move(sent->journal);
  to.identity.launcher = os::own_name();
  to.scratch = std::move(sent->scratch);
  to.refusal = std::move(sent->refusal);
  to.is_again = sent->is_again;
  to.is_googletest = sent->is_googletest;
  to.policy = std::move(sent->policy);
  arguments[k_own_words - 1] = arguments[0];
  handed.arguments = arguments + k_own_words - 1;
  return handed;
}

}  // namespace holdfast::supervision
