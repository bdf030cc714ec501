// One lock: a file that is taken with flock(2), so that flock(1) in a script interoperates. A queue
// in front of it gives the order. A counted lock has slots too, and a lock with an amount has
// bytes. The kernel releases locks, and no lock expires by age. See docs/reference/locks.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "os/file/descriptors.hpp"
#include "os/lock/lock_directory.hpp"
#include "os/lock/lock_turn.hpp"
#include "values/held_locks.hpp"
#include "values/lock_spec.hpp"

namespace holdfast::os {

// A lock that was asked for: not taken yet, waited for, or taken. Destroying it releases the lock,
// unless a forked process still has the descriptors.
class LockRequest {
 public:
  // `level`: the attempt below which the lock is taken, and the slots of that attempt. Fails if the
  // lock is in use with another size.
  static Result<LockRequest> open(const LockSpec& spec, const LockHome& home,
                                  const LockLevel& level = {});

  // Does the same in the open `directory`, for a lock outside the common lock directories (the lock
  // of a build tree). `mode`: for the files that this function makes.
  static Result<LockRequest> open_in(UniqueFd directory, const LockSpec& spec, unsigned mode,
                                     const LockLevel& level = {});

  const LockSpec& spec() const { return spec_; }

  // Joins the queue, and takes the lock if that needs no waiting. True: the lock is taken.
  Result<bool> try_take();

  // Waits in a helper process. ready_fd() becomes readable once, when the wait is over.
  Result<void> start_waiting();
  int ready_fd() const { return turn_.ready_fd(); }
  // To be called when ready_fd() is readable. True: the lock is taken. False: the lock's file was
  // replaced meanwhile, and the lock has to be asked for again.
  Result<bool> finish_waiting();

  // Leave a record of the holder, or of a waiter. If no record can be left, that is not an error.
  void sign(const LockParty& holder);
  void sign_waiting(const LockParty& waiter);
  // Takes the waiter's record back. finish_waiting() does so itself.
  void withdraw_waiting();

  // Return the other holders, and the other waiters in the order of the queue. Only those count
  // that have left a record and still lock its bytes.
  std::vector<LockParty> holders() const;
  std::vector<LockParty> waiters() const;
  // Returns everybody whom a holder's record names, even if the owner no longer locks the record.
  std::vector<LockParty> signatories() const;
  // Returns what stands between us and the lock, and which of it is stopped; holders without a
  // record are left out.
  LockObstacles obstacles() const;
  // Returns our own ticket, as records give it.
  std::int64_t ticket() const { return queue_.ticket(); }
  // Returns how many came before us and still wait, with or without a record.
  std::size_t ahead() const;

  // Returns the numbers of the slots that we hold of a counted lock, ascending.
  std::vector<unsigned> slots() const;

  // Returns the descriptors that must stay open to keep the lock, once it is taken.
  std::vector<int> descriptors() const;
  // Returns the files that others may lock without a record (flock(1)): the lock's own file, and
  // the files of its slots if they exist.
  std::vector<UniqueFd> files() const;

  // Removes the lock files that nested runs inside `attempt` used. To be called when the lock is
  // all that is left of the attempt.
  void tidy_below(const std::string& attempt) const;

  // True: a file of the lock was removed while we hold the lock, so somebody else could hold the
  // lock too.
  bool is_lost() const;

 private:
  LockRequest() = default;
  void ask_for(const LockSpec& spec, const LockLevel& level);
  void say_how(LockParty& party) const;
  Result<void> open_files();
  Result<void> open_files_once();
  bool is_shared_by_users() const { return home_ && (place_.file_mode & 0077U) != 0; }
  // All locks use the same file names, so an error needs the directory too.
  template <typename T>
  Result<T> located(Result<T> result) const;
  Result<void> declare_size();
  TurnOrder turn_order() const;
  bool still_named() const;

  LockSpec spec_;
  LockLevel level_;
  std::uint64_t whole_ = 0;       // of a lock with an amount: the KiB of all its users
  std::optional<LockHome> home_;  // none: open_in() was given the directory
  LockDirectory place_;
  UniqueFd lock_;
  LockQueue queue_;
  LockTurn turn_;
  std::vector<LockSlot> slots_;
};

}  // namespace holdfast::os
