#include "os/lock/lock_directory.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <limits>

#include "base/encoding.hpp"
#include "base/names.hpp"
#include "base/text.hpp"
#include "os/file/clock.hpp"
#include "os/file/removal.hpp"
#include "os/file/trusted_directory.hpp"
#include "os/lock/byte_locks.hpp"

namespace holdfast::os {

namespace {

constexpr off_t k_last_ticket = std::numeric_limits<off_t>::max();

constexpr unsigned k_own = 0700;
constexpr unsigned k_machines = 0755;
constexpr unsigned k_everybody_may_write = 0666;

bool is_owned_by_root(const UniqueFd& file) {
  struct stat info {};
  return ::fstat(file.get(), &info) == 0 && info.st_uid == 0;
}

// The owner of a directory can replace the files in it, and then two processes could hold one lock.
// So only root makes directories in the machine's directory.
Result<UniqueFd> descend_in_machines(UniqueFd directory, const std::string& relative) {
  std::string path(names::k_machine_directory);
  for (std::string_view rest = relative; !rest.empty();) {
    const std::string name(take_part(rest, '/'));
    path += "/" + name;
    Result<UniqueFd> next = ::geteuid() == 0 ? open_below(directory, name, k_machines)
                                             : open_existing_below(directory, name);
    if (!next || !is_owned_by_root(*next)) {
      return Error{"use " + path +
                   ": expected a directory that root made, by taking the lock once"};
    }
    directory = std::move(*next);
  }
  return directory;
}

// Everything below the user's directory is the user's own, even links.
Result<UniqueFd> descend_in_users(const UniqueFd& top, const std::string& relative) {
  UniqueFd directory = open_directory(top.get(), relative.c_str());
  if (directory.valid()) return directory;
  for (std::string_view rest = relative; !rest.empty();) {
    const UniqueFd& parent = directory.valid() ? directory : top;
    Result<UniqueFd> next = open_below(parent, std::string(take_part(rest, '/')), k_own);
    if (!next) {
      Error error = next.error();
      error.message += " (for " + relative + ")";
      return error;
    }
    directory = std::move(*next);
  }
  return directory;
}

std::string spare_of(const std::string& name) { return name + std::string(names::k_spare_suffix); }

enum class Named { this_file, another_file, nothing };

Named compare(const UniqueFd& file, const UniqueFd& directory, const std::string& name) {
  struct stat held {};
  struct stat named {};
  if (::fstat(file.get(), &held) != 0 ||
      ::fstatat(directory.get(), name.c_str(), &named, AT_SYMLINK_NOFOLLOW) != 0) {
    return Named::nothing;
  }
  return id_of(held) == id_of(named) ? Named::this_file : Named::another_file;
}

}  // namespace

Result<void> LockQueue::join() {
  constexpr int k_most_tries = 1000;
  std::int64_t behind_all = 0;
  for (int tries = 0; tries < k_most_tries; ++tries) {
    ticket_ = std::max<std::int64_t>(monotonic_now_ns(), behind_all);
    if (try_byte_lock(file_.get(), ByteLock::exclusive, {ticket_, 1})) return {};
    if (errno != EAGAIN && errno != EACCES) return system_error("draw a ticket");
    // Another process came in the same nanosecond, or the head of the queue has locked every byte
    // below its own, and ours is one of them. The head may have come after we looked at the clock,
    // or may have the clock of another time namespace. All tickets that we see were drawn before
    // ours, so the place behind them is ours.
    const std::vector<std::int64_t> there = tickets();
    if (!there.empty() && there.back() < k_last_ticket) behind_all = there.back() + 1;
  }
  return Error{"draw a ticket: the queue is too busy"};
}

bool LockQueue::is_head() const {
  return try_byte_lock(file_.get(), ByteLock::shared, {0, ticket_});
}

bool LockQueue::wait_for_head() const {
  return wait_for_byte_lock(file_.get(), ByteLock::shared, {0, ticket_});
}

void LockQueue::leave() const { release_byte_lock(file_.get(), {0, 0}); }

std::vector<std::int64_t> LockQueue::tickets() const {
  // We look for locks that conflict with a read lock. The tickets conflict with it. The head's read
  // lock on the bytes before its own byte does not.
  return collected(byte_locks_in_the_way(file_.get(), ByteLock::shared, {0, k_last_ticket}),
                   [](const ByteRange& lock) -> std::int64_t { return lock.start; });
}

Result<LockDirectory> open_lock_directory(const LockSpec& spec, const LockHome& home,
                                          const std::string& attempt) {
  std::string relative = std::string(names::k_user_locks_directory) + "/" + place_of(spec, home);
  // The directory for runs inside an attempt is in the user's directory, even for a lock of the
  // machine: in the machine's directory only root could make it.
  const bool of_machine = spec.scope == LockScope::machine && attempt.empty();
  if (!attempt.empty()) relative += "/" + level_directory(attempt);
  HOLDFAST_TRY(UniqueFd top, of_machine ? open_machine_directory() : open_user_directory());
  LockDirectory lock;
  HOLDFAST_TRY(lock.directory, of_machine ? descend_in_machines(std::move(top), relative)
                                          : descend_in_users(top, relative));
  if (of_machine) {
    lock.file_mode = k_everybody_may_write;
    return lock;
  }
  // This call fails while a cleaner has the directory locked exclusively, for a moment. That does
  // no harm, because the cleaner removes nothing new.
  (void)::flock(top.get(), LOCK_SH | LOCK_NB);
  lock.shelter = std::move(top);
  return lock;
}

std::string level_directory(const std::string& attempt) {
  return "below-" + encode_file_name(attempt);
}

void remove_level(const UniqueFd& parent, const std::string& name) {
  const UniqueFd level = open_unmounted(parent, name);
  if (!level.valid()) return;
  // A process may have opened the lock's file and may be waiting for the lock. It finds later that
  // the file has no name any more, and starts again.
  const Result<UniqueFd> lock = open_existing_regular(level, std::string(names::k_lock_file));
  if (lock && ::flock(lock->get(), LOCK_EX | LOCK_NB) != 0) return;
  Result<UniqueFd> queue = open_existing_regular(level, std::string(names::k_queue_file));
  if (queue && !LockQueue(std::move(*queue)).tickets().empty()) return;
  for (const std::string& entry : names_in(level)) {
    (void)::unlinkat(level.get(), entry.c_str(), 0);
  }
  (void)::unlinkat(parent.get(), name.c_str(), AT_REMOVEDIR);
}

Result<UniqueFd> open_lock_file(const UniqueFd& directory, const std::string& name, unsigned mode) {
  const std::string spare = spare_of(name);
  const auto link = [&](const std::string& from, const std::string& to) {
    return ::linkat(directory.get(), from.c_str(), directory.get(), to.c_str(), 0) == 0;
  };
  if (::faccessat(directory.get(), name.c_str(), F_OK, AT_SYMLINK_NOFOLLOW) != 0 &&
      errno == ENOENT) {
    (void)link(spare, name);
  }
  Result<UniqueFd> file = open_regular(directory, name, mode);
  struct stat info {};
  // If hard links are not possible, the file has only one name.
  if (file && ::fstat(file->get(), &info) == 0 && info.st_nlink == 1) (void)link(name, spare);
  return file;
}

bool has_name(const UniqueFd& file, const UniqueFd& directory, const std::string& name) {
  return compare(file, directory, name) == Named::this_file;
}

bool is_found_by(const UniqueFd& file, const UniqueFd& directory, const std::string& name) {
  const Named named = compare(file, directory, name);
  if (named != Named::nothing) return named == Named::this_file;
  return has_name(file, directory, spare_of(name));
}

}  // namespace holdfast::os
