#include "attempt/attempt_plan.hpp"

#include <fcntl.h>

#include <algorithm>

#include "base/names.hpp"
#include "os/stack/stack_dump.hpp"

namespace holdfast::supervision {
namespace {

// A large pipe, so that a chatty test need not wait for us every 64 KiB. The kernel refuses the
// size if the user already has many large pipes.
constexpr int k_pipe_size = 1024 * 1024;  // no more than Capture::k_most

// A living reader reads at once.
constexpr Milliseconds k_telling_time{200};

class NoCompanion final : public Companion {};

NoCompanion none;

}  // namespace

void Companion::tell(const std::string& text) {
  os::write_within(STDERR_FILENO, text, k_telling_time);
}

Companion& no_companion() { return none; }

std::string marker_directory(const std::string& scratch) {
  return scratch + "/" + std::string(names::k_marker_directory);
}

Result<Capture> Capture::open(bool streams_are_one) {
  Capture capture;
  for (std::size_t i = 0; i < (streams_are_one ? 1U : 2U); ++i) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return os::system_error("make a pipe for a test's output");
    capture.read_[i] = os::UniqueFd(ends[0]);
    capture.write_[i] = os::UniqueFd(ends[1]);
    // O_NONBLOCK holds for our end alone: the test sees an ordinary pipe.
    ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
    ::fcntl(ends[0], F_SETPIPE_SZ, k_pipe_size);
    capture.size_ = static_cast<std::size_t>(std::max(0, ::fcntl(ends[0], F_GETPIPE_SZ)));
  }
  return capture;
}

void Capture::close_writing() {
  write_[0].reset();
  write_[1].reset();
}

void Capture::join(os::Wait& wait) const {
  for (const os::UniqueFd& end : read_) wait.on(end.get());
}

std::string_view Capture::take(std::size_t which) {
  os::UniqueFd& end = read_[which];
  if (!end.valid()) return {};
  // new char[] without () spends no time on zeros.
  if (!part_) part_.reset(new char[part_size_]);
  const ssize_t count = os::retried([&] { return ::read(end.get(), part_.get(), part_size_); });
  // This is the end of the pipe. If it stayed open, poll(2) would report the end again and again.
  if (count == 0) end.reset();
  return {part_.get(), count > 0 ? static_cast<std::size_t>(count) : 0};
}

std::vector<int> AttemptPlan::kept_descriptors() const {
  std::vector<int> kept;
  for (const Need* const need : needs) need->add_descriptors(kept);
  return kept;
}

TestEnvironment attempt_environment(const TestAtHand& test, const std::string& scratch,
                                    AttemptPlan& plan) {
  namespace env = environment;
  const AttemptIdentity& identity = test.grant.identity;
  TestEnvironment told(test.invocation.environment);
  told.set(env::k_test_name, identity.test);
  told.set(env::k_attempt, std::to_string(identity.n));
  told.set(env::k_attempt_id, identity.attempt);
  told.set(env::k_run_id, test.grant.run);
  if (!scratch.empty()) {
    told.set(env::k_tmpdir, scratch);
    told.set(env::k_marker_dir, marker_directory(scratch));
  }
  if (const std::optional<FarSide>& far = test.invocation.far) {
    for (const Variable& variable : far->variables) told.set(variable.name, variable.value);
  }
  for (Need* const need : plan.needs) need->tell(test, told, plan);
  for (const Variable& variable : test.grant.policy.environment) {
    told.set_if_absent(variable.name, variable.value);
  }
  return told;
}

}  // namespace holdfast::supervision
