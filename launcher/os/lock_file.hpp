// One lock: a file that is taken with flock(2), so that flock(1) in a script interoperates, behind
// a queue that gives the order. The kernel releases; nothing here looks at age. docs/locks.md.
//
// The order: who comes write-locks one byte of the queue file (F_OFD_SETLK), the byte being the
// time of arrival in nanoseconds, and waits until nobody has a lower one. Only the head of the
// queue waits in flock. A stopped waiter keeps its place, a killed one vanishes. The byte needs no
// disk.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "core/lock_place.hpp"
#include "core/lock_spec.hpp"
#include "core/lock_wait.hpp"
#include "core/result.hpp"
#include "os/unique_fd.hpp"

namespace holdfast::os {

// A lock that was asked for: not had, being waited for, or had. Destroying it lets the lock go,
// unless a forked process still has the descriptors.
class LockRequest {
 public:
  // `level`: the attempt of an ancestor that holds the lock, below which it is taken; empty when
  // nobody above us does.
  static Result<LockRequest> open(const LockSpec& spec, const LockHome& home,
                                  const std::string& level = {});

  // The lock whose files are in `directory`, for what has a place of its own. `mode` is that of
  // files it makes.
  static Result<LockRequest> open_in(UniqueFd directory, const LockSpec& spec, unsigned mode,
                                     const std::string& level = {});

  LockRequest(LockRequest&&) = default;
  LockRequest& operator=(LockRequest&&) = delete;
  ~LockRequest();

  const LockSpec& spec() const { return spec_; }

  // Joins the queue, and takes the lock if that needs no waiting. True when had.
  Result<bool> try_take();

  // After try_take said false: waits in a helper process. ready_fd() becomes readable once.
  Result<void> start_waiting();
  int ready_fd() const { return ready_.get(); }
  // When ready_fd() is readable: the lock is had. False when it has to be asked for again (its
  // file was replaced meanwhile).
  Result<bool> finish_waiting();

  // Leaves a record of the holder for those who wait. Failing to is no failure.
  void sign(const LockParty& holder);

  // Who holds it now, as far as they left a record that is still theirs.
  std::vector<LockParty> holders() const;
  // Everybody who left a record, whether it is still theirs or not.
  std::vector<LockParty> signatories() const;

  // What has to stay open for the lock to be kept. Another one after the file was replaced.
  int descriptor() const { return lock_.get(); }
  // How often the file was replaced while we waited for it.
  unsigned renewals() const { return renewals_; }

 private:
  LockRequest() = default;
  Result<void> open_files();
  enum class Records : std::uint8_t { living, all };
  std::vector<LockParty> parties(Records which) const;
  bool join_queue();
  bool at_head(int command) const;
  bool still_named() const;
  void leave_queue();
  int flock_mode() const;

  LockSpec spec_;
  UniqueFd directory_;
  unsigned mode_ = 0600;
  UniqueFd lock_;
  UniqueFd queue_;
  UniqueFd ready_;
  unsigned renewals_ = 0;
  off_t ticket_ = 0;
  pid_t helper_ = -1;
};

}  // namespace holdfast::os
