#include "attempt/attempt_containment.hpp"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

#include "attempt/programs.hpp"
#include "base/environment.hpp"
#include "base/names.hpp"
#include "base/process_name.hpp"
#include "base/text.hpp"
#include "os/file/program_identity.hpp"
#include "os/file/trusted_directory.hpp"
#include "os/process/packet_socket.hpp"
#include "os/process/process.hpp"
#include "os/process/process_tree.hpp"
#include "values/outcome.hpp"

namespace holdfast::supervision {

Warden start_warden(std::vector<int> kept) {
  Result<os::Pipe> life = os::make_pipe();
  if (!life) return {};
  const int watched = life->read.get();
  Warden warden;
  warden.life = std::move(life->write);
  warden.pid = ::fork();
  if (warden.pid != 0) return warden;
  ::prctl(PR_SET_NAME, "holdfast-warden", 0, 0, 0);
  // Signals to the launcher's process group are not meant for the warden.
  ::setpgid(0, 0);
  (void)::chdir("/");
  os::leave_standard_streams();
  kept.insert(kept.end(), {0, 1, 2, watched});
  (void)warden.life.release();
  os::close_all_but(std::move(kept));
  char byte = 0;
  (void)os::retried([&] { return ::read(watched, &byte, sizeof byte); });
  return warden;
}

void dismiss_warden(Warden& warden) {
  if (warden.pid <= 0) return;
  ::kill(warden.pid, SIGKILL);
  (void)os::retried([&] { return ::waitpid(warden.pid, nullptr, 0); });
  warden = {};
}

namespace {

constexpr const char* k_display_sockets = "/tmp/.X11-unix";

bool is_absolute(const std::string& path) { return path.starts_with('/'); }

std::string path_of_program(const char* word) {
  const std::string program = word;
  if (program.find('/') == std::string::npos) return os::find_program(program);
  const std::string here = is_absolute(program) ? std::string() : os::working_directory();
  return here.empty() ? program : text_of({here, "/", program});
}

// As the test will have it.
std::string temporary_directory(const Policy& policy) {
  std::string set(variable_in(::environ, "TMPDIR"));
  const auto given = std::ranges::find(policy.environment, "TMPDIR", &Variable::name);
  return set.empty() && given != policy.environment.end() ? given->value : set;
}

std::vector<os::PrivateTmp::Passed> paths_to_pass(const Grant& grant, const Invocation& invocation,
                                                  const std::string& scratch,
                                                  const std::string& source) {
  std::vector<os::PrivateTmp::Passed> paths;
  for (const std::string& path : grant.policy.passthrough) paths.push_back({path});
  // Locks and sockets of Holdfast: a ctest inside meets those outside. So it must be there already.
  (void)os::open_user_directory();
  paths.push_back({os::user_directory_path()});
  const std::string& tree = grant.home.tree;
  paths.push_back({tree});
  paths.push_back({source});
  if (tree.empty() || !scratch.starts_with(tree + "/")) paths.push_back({scratch});
  // A ctest inside needs Holdfast.
  if (Result<std::string> prefix = installation(); prefix) paths.push_back({std::move(*prefix)});
  paths.push_back({temporary_directory(grant.policy)});
  paths.push_back({k_display_sockets});
  paths.push_back({std::string(variable_in(::environ, "SSH_AUTH_SOCK")), true});
  // A program may need what lies beside it.
  paths.push_back({path_of_program(invocation.command[0]), true});
  std::erase_if(paths, [](const auto& passed) { return !is_absolute(passed.path); });
  return paths;
}

}  // namespace

bool must_be_contained(const Invocation& invocation) {
  const Result<ResolvedPolicy> resolved =
      resolve(invocation.said, invocation.properties, invocation.line.options);
  return resolved && resolved->policy.containment.has_any() &&
         resolved->policy.containment_missing == ContainmentMissing::fail;
}

std::string_view needs_keeper(const Grant& grant, const Invocation& invocation) {
  const TestProperties& properties = invocation.properties;
  if (properties.file_must_contain) {
    return "containment-missing = \"fail\", and nobody knows what holdfast.toml says: there is no "
           "keeper";
  }
  const bool has_fixtures = !properties.fixtures_setup.empty() ||
                            !properties.fixtures_required.empty() ||
                            !properties.fixtures_cleanup.empty();
  const bool shares = properties.file_shares_containment ||
                      grant.policy.containment.among({Boundary::netns, Boundary::tmp}).has_any();
  return has_fixtures && shares ? "the containment of its fixtures is lost: there is no keeper"
                                : std::string_view();
}

ContainmentNeeds containment_needs(const Grant& grant, const Invocation& invocation,
                                   const std::string& scratch) {
  ContainmentNeeds needs;
  const Containment wanted = grant.policy.containment;
  if (wanted.has(Boundary::cgroup)) {
    needs.cgroup = cgroup_name(grant.home.tree, grant.identity.attempt);
  }
  if (!wanted.has(Boundary::tmp)) return needs;
  needs.tmp_is_shared = !grant.shared_tmp.empty();
  if (!needs.tmp_is_shared && scratch.empty()) {
    needs.tmp = ErrorInWords{"it has no scratch directory"};
    return needs;
  }
  const std::string directory =
      needs.tmp_is_shared ? grant.shared_tmp : scratch + std::string(names::k_private_tmp_suffix);
  // Empty: it is not known.
  const std::string source = os::source_of_tree(grant.home.tree).value_or(std::string());
  needs.tmp = os::PrivateTmp::prepare(directory, paths_to_pass(grant, invocation, scratch, source));
  if (!needs.tmp) return needs;
  if (needs.tmp_is_shared) {
    needs.refusal = needs.tmp->conflict();
  } else {
    needs.tmp->forget_other_passages();
  }
  for (const std::string& tree : {grant.home.tree, source}) {
    if (!tree.empty() && needs.tmp->is_place(tree)) {
      needs.refusal = "containment = \"tmp\" would hide the tree of the project, which is " + tree;
    }
  }
  return needs;
}

AttemptContainment::AttemptContainment(Containment wanted, const ContainmentNeeds& needs)
    : had_(wanted), needs_(needs) {
  if (!has(Boundary::cgroup)) return;
  if (Result<void> made = make_cgroup(needs.cgroup); !made) {
    give_up({Boundary::cgroup}, made.error());
  }
}

Result<void> AttemptContainment::make_cgroup(const std::string& name) {
  HOLDFAST_TRY(os::Cgroup made, os::Cgroup::make(name));
  HOLDFAST_TRY(entrance_, made.open_entrance());
  cgroup_.emplace(std::move(made));
  return {};
}

void AttemptContainment::give_up(Containment what, const Error& why) {
  troubles_.push_back("containment = \"" + to_text(what) + "\": " + to_text(why));
  had_ = had_.without(what);
}

// If these lines cannot be made, the launcher does not stop with the test.
void AttemptContainment::make_lines() {
  Result<os::SignalLine> stop = os::SignalLine::to_this_process(SIGSTOP);
  Result<os::SignalLine> go_on = os::SignalLine::to_this_process(SIGCONT);
  if (!stop || !go_on) return;
  stop_line_.emplace(std::move(*stop));
  continue_line_.emplace(std::move(*go_on));
}

void AttemptContainment::signal_launcher(int signal) const {
  if (signal == SIGSTOP && stop_line_) stop_line_->pull();
  if (signal == SIGCONT && continue_line_) continue_line_->pull();
}

Result<pid_t> AttemptContainment::fork_guard(ContainmentMissing missing) {
  const auto may_go_on = [&] { return missing == ContainmentMissing::warn || troubles_.empty(); };
  if (may_go_on() && had_.among(k_namespaces).has_any()) {
    const Result<pid_t> guard = fork_into_namespaces();
    if (guard) return *guard;
    give_up(had_.among(k_namespaces), guard.error());
  }
  if (may_go_on()) {
    const pid_t guard = ::fork();
    if (guard < 0) return os::system_error("start the guard");
    return guard;
  }
  dismiss_warden();
  remove();
  return ErrorInWords{"not allowed here: " + troubles_.front()};
}

Result<pid_t> AttemptContainment::fork_into_namespaces() {
  if (has(Boundary::tmp) && !needs_.tmp) return needs_.tmp.error();
  if (has(Boundary::pidns)) make_lines();
  namespaces_.emplace(had_, has(Boundary::tmp) ? *needs_.tmp : os::PrivateTmp(), needs_.network);
  return namespaces_->fork();
}

pid_t AttemptContainment::post_warden(std::vector<int> locks, Milliseconds grace, pid_t guard) {
  const bool is_cgroup = cgroup_.has_value();
  const os::UniqueFd first = is_cgroup ? os::UniqueFd() : os::watch_living(guard);
  locks.insert(locks.end(), {descriptor(), first.get()});
  warden_ = start_warden(std::move(locks));
  if (warden_.pid != 0) return warden_.pid;
  if (!is_cgroup) {
    // A living guard may still be ending the tree gently. When the guard dies, the kernel ends the
    // tree. Until then the warden holds the locks.
    (void)os::wait_for(first.get(), k_longest);
  } else {
    (void)os::end_processes(*processes(), {SIGTERM, grace, {}});
    remove();
  }
  ::_exit(0);
}

void AttemptContainment::dismiss_warden() { supervision::dismiss_warden(warden_); }

void AttemptContainment::enter(os::Command& command, int keeper, ContainmentMissing missing) const {
  entrust(keeper);
  command.must_enter = missing == ContainmentMissing::fail;
  command.cgroup = descriptor();
  command.entrance = entrance_.get();
  // The launcher's number means nothing inside the namespace. From outside, the launcher may trace
  // without this permission.
  if (has(Boundary::pidns)) command.debugger = 0;
}

void AttemptContainment::entrust(int keeper) const {
  if (keeper < 0) return;
  wire::Message message(wire::k_contain);
  if (cgroup_) {
    message.add("cgroup", cgroup_->name());
    (void)os::send_message(keeper, message, {cgroup_->directory()});
  } else if (has(Boundary::pidns)) {
    const os::UniqueFd self = os::watch_living(::getpid());
    (void)os::send_message(keeper, message, {self.get()});
  }
}

os::ProcessSet* AttemptContainment::processes() {
  if (!cgroup_) return nullptr;
  return &processes_.emplace(cgroup_->directory());
}

std::int64_t AttemptContainment::memory_peak_kb() const {
  return cgroup_ ? os::memory_peak_kb(cgroup_->directory()) : 0;
}

std::uint64_t AttemptContainment::oom_kills() const {
  if (!cgroup_) return 0;
  return oom_kills_in(os::read_cgroup_file(cgroup_->directory(), "memory.events")).value_or(0);
}

std::vector<os::NamedProcess> AttemptContainment::named_outside(
    std::vector<os::NamedProcess> processes) const {
  for (os::NamedProcess& one : processes) one.pid = namespaces_->number_outside(one.pid);
  return processes;
}

void AttemptContainment::remove() {
  // If this fails, the cgroup is empty or holds only reported survivors. `holdfast reap` removes
  // it.
  if (cgroup_) (void)cgroup_->remove();
}

void AttemptContainment::let_go() {
  if (!cgroup_) return;
  cgroup_->let_go();
  remove();
}

}  // namespace holdfast::supervision
