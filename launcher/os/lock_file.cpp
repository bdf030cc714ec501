#include "os/lock_file.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <utility>

#include "core/names.hpp"
#include "os/clock.hpp"
#include "os/system_call.hpp"
#include "os/trusted_directory.hpp"

namespace holdfast::os {
namespace {

// More shared holders than this go without a record.
constexpr off_t k_most_records = 256;
constexpr auto k_record_size = static_cast<off_t>(k_party_size);

struct flock range(short type, off_t start, off_t length) {
  struct flock lock {};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  lock.l_start = start;
  lock.l_len = length;
  return lock;
}

bool is_owned_by_root(const UniqueFd& file) {
  struct stat info {};
  return ::fstat(file.get(), &info) == 0 && info.st_uid == 0;
}

// The helper's life: it has copies of our descriptors, so the lock it takes is ours too.
[[noreturn]] void wait_for_turn(int queue, off_t ticket, int lock, int mode, int ready,
                                pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  if (::getppid() != parent) ::_exit(1);
  struct flock before = range(F_RDLCK, 0, ticket);
  if (retried([&] { return ::fcntl(queue, F_OFD_SETLKW, &before); }) != 0) ::_exit(1);
  if (retried([&] { return ::flock(lock, mode); }) != 0) ::_exit(1);
  // The next in the queue may come forward: explicitly, since our parent has a copy too.
  struct flock all = range(F_UNLCK, 0, 0);
  ::fcntl(queue, F_OFD_SETLK, &all);
  const char had = 1;
  (void)::write(ready, &had, 1);
  ::_exit(0);
}

}  // namespace

Result<LockRequest> LockRequest::open(const LockSpec& spec, const LockHome& home,
                                      const std::string& level) {
  const bool of_machine = spec.scope == LockScope::machine;
  const unsigned directory_mode = of_machine ? 0755 : 0700;
  Result<UniqueFd> directory = of_machine ? open_machine_directory() : open_user_directory();
  std::string path = of_machine ? std::string(names::k_machine_directory) : user_directory_path();
  for (const std::string& name : {std::string(names::k_user_locks_directory),
                                  scope_directory(spec.scope, home), encode_file_name(spec.name)}) {
    if (!directory) return directory.error();
    // Whoever owns a directory can replace what is in it, and two would hold one lock: in the
    // machine's only root makes any.
    directory = of_machine && ::geteuid() != 0 ? open_existing_below(*directory, name)
                                               : open_below(*directory, name, directory_mode);
    path += "/" + name;
    if (of_machine && (!directory || !is_owned_by_root(*directory))) {
      return Error{"use " + path +
                   ": expected a directory that root made, by taking the lock once"};
    }
  }
  if (!directory) return Error{directory.error().message + " (for " + path + ")"};
  UniqueFd own_directory = std::move(*directory);
  return open_in(std::move(own_directory), spec, of_machine ? 0666 : 0600, level);
}

Result<LockRequest> LockRequest::open_in(UniqueFd directory, const LockSpec& spec, unsigned mode,
                                         const std::string& level) {
  LockRequest request;
  request.spec_ = spec;
  request.directory_ = std::move(directory);
  request.mode_ = mode;
  if (!level.empty()) {
    const unsigned directory_mode = (mode & 0077U) != 0 ? 0755 : 0700;
    Result<UniqueFd> below =
        open_below(request.directory_, "below-" + encode_file_name(level), directory_mode);
    if (!below) return below.error();
    request.directory_ = std::move(*below);
  }
  if (Result<void> opened = request.open_files(); !opened) return opened.error();
  return request;
}

LockRequest::~LockRequest() {
  if (helper_ <= 0) return;
  ::kill(helper_, SIGKILL);
  retried([&] { return ::waitpid(helper_, nullptr, 0); });
}

Result<void> LockRequest::open_files() {
  Result<UniqueFd> lock = open_regular(directory_, std::string(names::k_lock_file), mode_);
  if (!lock) return lock.error();
  Result<UniqueFd> queue = open_regular(directory_, std::string(names::k_queue_file), mode_);
  if (!queue) return queue.error();
  if (lock_.valid()) ++renewals_;
  lock_ = std::move(*lock);
  queue_ = std::move(*queue);
  return {};
}

int LockRequest::flock_mode() const { return spec_.mode == LockMode::shared ? LOCK_SH : LOCK_EX; }

bool LockRequest::join_queue() {
  // Refused when two come in the same nanosecond, or when one that came later has gone to the head
  // between our look at the clock and this lock: it bars every byte below its own. So look again.
  for (int tries = 0; tries < 1000; ++tries) {
    ticket_ = monotonic_now_ns();
    struct flock mine = range(F_WRLCK, ticket_, 1);
    if (::fcntl(queue_.get(), F_OFD_SETLK, &mine) == 0) return true;
    if (errno != EAGAIN && errno != EACCES) return false;
  }
  return false;
}

bool LockRequest::at_head(int command) const {
  struct flock before = range(F_RDLCK, 0, ticket_);
  return retried([&] { return ::fcntl(queue_.get(), command, &before); }) == 0;
}

void LockRequest::leave_queue() {
  struct flock all = range(F_UNLCK, 0, 0);
  ::fcntl(queue_.get(), F_OFD_SETLK, &all);
}

bool LockRequest::still_named() const {
  struct stat held {};
  struct stat named {};
  return ::fstat(lock_.get(), &held) == 0 &&
         ::fstatat(directory_.get(), std::string(names::k_lock_file).c_str(), &named,
                   AT_SYMLINK_NOFOLLOW) == 0 &&
         held.st_ino == named.st_ino && held.st_dev == named.st_dev;
}

Result<bool> LockRequest::try_take() {
  if (!join_queue()) return system_error("join the queue of lock " + to_text(spec_));
  if (!at_head(F_OFD_SETLK)) return false;
  if (retried([&] { return ::flock(lock_.get(), flock_mode() | LOCK_NB); }) != 0) {
    if (errno == EWOULDBLOCK) return false;
    return system_error("lock " + to_text(spec_));
  }
  leave_queue();
  if (still_named()) return true;
  // Somebody removed the file: what we hold is a lock nobody else can see.
  if (Result<void> opened = open_files(); !opened) return opened.error();
  return try_take();
}

Result<void> LockRequest::start_waiting() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return system_error("make a pipe");
  ready_ = UniqueFd(ends[0]);
  const UniqueFd tell(ends[1]);
  const pid_t self = ::getpid();
  helper_ = ::fork();
  if (helper_ < 0) return system_error("start a process that waits for a lock");
  if (helper_ == 0) {
    wait_for_turn(queue_.get(), ticket_, lock_.get(), flock_mode(), tell.get(), self);
  }
  return {};
}

Result<bool> LockRequest::finish_waiting() {
  char had = 0;
  const ssize_t got = retried([&] { return ::read(ready_.get(), &had, 1); });
  retried([&] { return ::waitpid(std::exchange(helper_, -1), nullptr, 0); });
  ready_.reset();
  if (got != 1)
    return Error{"wait for lock " + to_text(spec_) + ": the waiting process was killed"};
  if (still_named()) return true;
  if (Result<void> opened = open_files(); !opened) return opened.error();
  return false;
}

void LockRequest::sign(const LockParty& holder) {
  const std::string record = to_record(holder);
  for (off_t i = 0; i < k_most_records; ++i) {
    struct flock mine = range(F_WRLCK, i * k_record_size, k_record_size);
    if (::fcntl(lock_.get(), F_OFD_SETLK, &mine) != 0) continue;
    (void)retried(
        [&] { return ::pwrite(lock_.get(), record.data(), record.size(), i * k_record_size); });
    return;
  }
}

std::vector<LockParty> LockRequest::holders() const { return parties(Records::living); }

std::vector<LockParty> LockRequest::signatories() const { return parties(Records::all); }

std::vector<LockParty> LockRequest::parties(Records which) const {
  std::vector<LockParty> found;
  struct stat info {};
  if (::fstat(lock_.get(), &info) != 0) return found;
  for (off_t i = 0; i < k_most_records && i * k_record_size < info.st_size; ++i) {
    struct flock theirs = range(F_WRLCK, i * k_record_size, k_record_size);
    // A record is somebody's only while its bytes are locked: no pid is ever believed by itself.
    const bool locked = ::fcntl(lock_.get(), F_OFD_GETLK, &theirs) == 0 && theirs.l_type != F_UNLCK;
    if (which == Records::living && !locked) continue;
    std::string record(k_party_size, '\0');
    const ssize_t got = retried(
        [&] { return ::pread(lock_.get(), record.data(), record.size(), i * k_record_size); });
    if (got <= 0) continue;
    record.resize(static_cast<std::size_t>(got));
    if (std::optional<LockParty> party = parse_party(record)) found.push_back(std::move(*party));
  }
  return found;
}

}  // namespace holdfast::os
