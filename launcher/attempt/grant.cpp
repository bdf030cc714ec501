#include "attempt/grant.hpp"

#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

#include "base/encoding.hpp"
#include "base/names.hpp"
#include "base/process_name.hpp"
#include "base/text.hpp"
#include "journal/records.hpp"
#include "os/file/clock.hpp"
#include "os/file/descriptors.hpp"
#include "os/file/own_files.hpp"
#include "os/file/trusted_directory.hpp"
#include "os/process/process.hpp"
#include "os/stack/program_reader.hpp"

namespace holdfast::supervision {
namespace {

// A run's id begins with its number (journal/run_directory.hpp).
std::uint64_t number_of(std::string_view run) {
  return leading_number<std::uint64_t>(run).value_or(0);
}

// A script goes on after a run, and the keeper of its next run may have been killed before it
// began.
bool has_ended(const std::string& journal) {
  // It is the last record, but for attempts whose guards ended later.
  constexpr off_t k_tail = off_t{64} << 10U;
  const Result<os::UniqueFd> file = os::open_own(journal, O_RDONLY);
  if (!file) return false;
  const off_t size = ::lseek(file->get(), 0, SEEK_END);
  (void)::lseek(file->get(), std::max<off_t>(0, size - k_tail), SEEK_SET);
  std::string text;
  (void)os::read_all(file->get(), text, k_tail);
  return text.find("{\"v\":1,\"type\":\"run_ended\"") != std::string::npos;
}

// Says that there is no keeper. Only the first test of the run says it, because every later one
// finds the same. The flag is removed with the sockets of dead keepers. False: it has been said.
bool say_keeperless(const Attach& attach, const std::string& why, const std::string& journal) {
  const std::string flag = keeperless_flag(
      keeper_socket_path(os::user_directory_path(), attach.ctest, attach.pid_namespace));
  const Result<os::UniqueFd> first = os::open_own(flag, O_WRONLY | O_CREAT | O_EXCL, 0600);
  if (!first && errno == EEXIST) return false;
  write_line("no keeper (" + why + "): tests run by their own properties" +
             (journal.empty() ? ", nothing is recorded" : ""));
  return true;
}

// If the keeper has begun the run, its journal is there.
void go_on_without(const Invocation& invocation, const std::string& why, Grant& grant) {
  grant.journal = grant.identity.journal = journal_of_left_run(*invocation.attach);
  const std::string& word = invocation.line.word;
  if (!say_keeperless(*invocation.attach, why, grant.journal) || word.empty()) return;
  // Perhaps the keeper has not seen the word. Without it, ctest's log would not tell verdicts from
  // what tests print. Who else may be at work in the tree is not known here.
  if (!grant.journal.empty()) {
    (void)os::append_line(grant.journal, line_of(LogWordRecord{os::unix_now(), word, true}));
  }
}

std::uint64_t sum_of_command(const Invocation& invocation) {
  Fnv1a sum;
  for (char* const* word = invocation.command; *word != nullptr; ++word) sum.add(*word).end();
  if (const char* const libraries = std::getenv("LD_LIBRARY_PATH")) sum.add(libraries);
  return sum.value();
}

wire::AttemptRequest request_of(const Invocation& invocation, const Grant& grant) {
  const AttemptIdentity& identity = grant.identity;
  const std::string program = invocation.command[0];
  return {.test = identity.test,
          .key = identity.key,
          .include_count = invocation.attach->include_count,
          .word = invocation.line.word,
          .launcher = identity.launcher,
          .soonest_end = soonest_end(invocation.limits, Milliseconds{os::unix_now_ms()}),
          .program = program.starts_with('/') ? program : std::string(),
          .inputs = inputs_of(invocation.command, invocation.properties.required_files),
          .command_sum = sum_of_command(invocation),
          .properties = invocation.properties,
          .said = invocation.said};
}

// False: there is no keeper to ask.
bool ask_keeper(TestAtHand& test) {
  const Invocation& invocation = test.invocation;
  KeeperLink& keeper = test.held.keeper;
  Grant& grant = test.grant;
  keeper = KeeperLink::find(*invocation.attach, test.around.callers);
  if (!keeper.connected()) {
    go_on_without(invocation, keeper.trouble(), grant);
    return false;
  }
  Result<wire::AttemptGrant> answer = keeper.ask(request_of(invocation, grant));
  if (!answer) {
    // The keeper was killed or stopped after we connected.
    go_on_without(invocation, to_text(answer.error()), grant);
    // If the keeper wakes up and finds the request, this message tells it that the attempt is over.
    bid_farewell(keeper.fd(), LentScratch::used);
    keeper = KeeperLink{};
    return false;
  }
  if (answer->attempt.empty()) {
    grant.refusal = std::move(answer->refusal);
    grant.journal = grant.identity.journal = journal_of_left_run(*invocation.attach);
    bid_farewell(keeper.fd(), LentScratch::reusable);  // nothing has run
    keeper = KeeperLink{};
    return true;
  }
  Result<Policy> policy = with_options(std::move(answer->policy), invocation.line.options);
  static_cast<wire::AttemptGrant&>(grant) = std::move(*answer);
  grant.identity.attempt = grant.attempt;
  grant.identity.journal = grant.journal;
  if (policy) {
    grant.policy = std::move(*policy);
  } else {
    grant.refusal = to_text(policy.error());
  }
  return true;
}

// Returns the build tree around `from`, or around the working directory if that is empty, for a
// command that ctest did not start. Empty: there is none, and the scopes `build` and `project` mean
// the user's scope.
LockHome enclosing_tree(const std::string& from) {
  char real[PATH_MAX];
  std::string directory = from.empty() ? os::working_directory() : std::string();
  if (::realpath(from.c_str(), real) != nullptr) directory = real;
  for (; !directory.empty(); directory.erase(directory.rfind('/'))) {
    const std::string file = directory + "/" + std::string(names::k_project_file);
    // Anybody can leave a file in /tmp; only files of this user and of root count.
    struct stat info {};
    const bool is_there = ::lstat(file.c_str(), &info) == 0;
    if (!is_there || !os::is_trusted_owner(info.st_uid)) continue;
    const Result<std::string> project = os::read_own(file, 4096);
    if (project) return {project->substr(0, project->find('\n')), directory};
  }
  return {};
}

void resolve_here(const Invocation& invocation, Grant& grant) {
  Result<ResolvedPolicy> resolved =
      resolve(invocation.said, invocation.properties, invocation.line.options);
  if (!resolved) {
    grant.refusal = to_text(resolved.error());
    return;
  }
  for (const std::string& warning : resolved->warnings) write_line(warning);
  grant.policy = std::move(resolved->policy);
}

}  // namespace

std::string journal_of_left_run(const Attach& attach) {
  const std::string ctest = text_of({"\"ctest\":{\"pid\":", std::to_string(attach.ctest.pid),
                                     ",\"start\":", std::to_string(attach.ctest.start), "}"});
  const std::string pid = text_of({"-", std::to_string(attach.ctest.pid)});
  const std::string runs = text_of({attach.tree, "/", names::k_runs_directory});
  std::vector<std::string> names = os::names_in_own(runs);
  std::ranges::sort(names, std::ranges::greater(), number_of);
  for (const std::string& name : names) {
    if (name.find(pid) == std::string::npos) continue;
    // An earlier ctest may have had the same pid.
    constexpr std::size_t k_first_record = 64U << 10U;
    std::string journal = text_of({runs, "/", name, "/", names::k_journal_file});
    const Result<std::string> text = os::read_own(journal, k_first_record);
    if (!text || text->substr(0, text->find('\n')).find(ctest) == std::string::npos) continue;
    return has_ended(journal) ? std::string() : journal;
  }
  return {};
}

Grant complete(wire::AttemptGrant granted, const Invocation& invocation, const ProcessName& own) {
  Grant grant{std::move(granted), {}, {}};
  AttemptIdentity& identity = grant.identity;
  identity.test = invocation.test;
  identity.key = key_of(invocation.test, invocation.line.place);
  identity.launcher = own;
  identity.attempt = grant.attempt;
  identity.journal = grant.journal;
  grant.home = invocation.attach ? LockHome{invocation.attach->project, invocation.attach->tree}
                                 : enclosing_tree(invocation.line.tree);
  return grant;
}

// It stays here without a build tree, which both sides must see. It also stays here if its fixtures
// share a /tmp or a network on this machine, or if its limit begins when ctest reads a line of its
// output (TIMEOUT_AFTER_MATCH).
bool TestAtHand::is_for_node() const {
  return grant.policy.engine.kind != Engine::local && invocation.attach &&
         grant.shared_tmp.empty() && !grant.shares_network && !invocation.limits.kept;
}

bool TestAtHand::needs_exec() const {
  const Policy& policy = grant.policy;
  return grant.refusal.empty() &&
         (is_batch() || policy.retry.may_retry() || policy.hooks.any() || is_for_node());
}

Teller TestAtHand::teller() {
  return {held.keeper.connected() ? &held.keeper : nullptr, invocation.line.loudness,
          held.lines.get()};
}

std::string TestAtHand::in_words(std::string_view trouble) const {
  return text_of({"\"", grant.identity.test, "\": ", trouble});
}

void seek_grant(TestAtHand& test) {
  const Invocation& invocation = test.invocation;
  Grant& grant = test.grant;
  // Without a keeper the launcher's own name is that of its attempt.
  const ProcessName own = os::own_name();
  wire::AttemptGrant granted;
  granted.attempt = std::to_string(own.pid) + "-" + std::to_string(own.start);
  granted.run = "run-" + granted.attempt;
  grant = complete(std::move(granted), invocation, own);
  if (invocation.attach && ask_keeper(test)) return;
  // Without a keeper, which remembers what it has seen, only a program is looked at that is most
  // likely one with GoogleTest.
  const std::string_view program = invocation.command[0];
  if (has_googletest_argument(invocation.command) && program.find('/') != std::string_view::npos) {
    grant.program = os::ProgramReader().read(std::string(program));
  }
  resolve_here(invocation, grant);
}

}  // namespace holdfast::supervision
