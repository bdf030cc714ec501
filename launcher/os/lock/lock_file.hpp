// One lock: a file that is taken with flock(2), so that flock(1) in a script interoperates. A queue
// in front of it gives the order, and a counted lock has slots too. The kernel releases locks;
// nothing here looks at age. docs/guide/locks.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "core/lock/held_locks.hpp"
#include "core/lock/lock_place.hpp"
#include "core/lock/lock_spec.hpp"
#include "core/lock/lock_wait.hpp"
#include "os/file/unique_fd.hpp"
#include "os/lock/lock_queue.hpp"
#include "os/lock/lock_turn.hpp"

namespace holdfast::os {

// A lock that was asked for: not taken yet, waited for, or taken. Destroying it releases the lock,
// unless a forked process still has the descriptors.
class LockRequest {
 public:
  // `level`: the attempt below which it is taken, and the slots of that attempt. Fails when the
  // lock is in use with another size.
  static Result<LockRequest> open(const LockSpec& spec, const LockHome& home,
                                  const LockLevel& level = {});

  // The same with the directory of its files given, for a lock with a place of its own. `mode` is
  // for the files that it makes.
  static Result<LockRequest> open_in(UniqueFd directory, const LockSpec& spec, unsigned mode,
                                     const LockLevel& level = {});

  LockRequest(LockRequest&&) = default;
  LockRequest& operator=(LockRequest&&) = delete;
  ~LockRequest() = default;

  const LockSpec& spec() const { return spec_; }

  // Joins the queue, and takes the lock if that needs no waiting. True when it is taken.
  Result<bool> try_take();

  // Whether a caller with nothing else to poll can call wait_here() after try_take() returned
  // false. It hands the lock on with one wake-up instead of two. It cannot wait for slots, because
  // any of them will do.
  bool can_wait_here() const { return spec_.mode != LockMode::counted; }
  enum class Waited : std::uint8_t {
    had,
    interrupted,  // call again, or give up
    replaced      // its file was replaced meanwhile: ask for it again
  };
  Result<Waited> wait_here(const Interruptions& interruptions);

  // Waits in a helper process. ready_fd() becomes readable once.
  Result<void> start_waiting();
  int ready_fd() const { return turn_.ready_fd(); }
  // To be called when ready_fd() is readable. True: the lock is taken. False: its file was replaced
  // meanwhile, and it has to be asked for again.
  Result<bool> finish_waiting();

  // Leaves a record of the holder, or of a waiter. Not being able to is no failure.
  void sign(const LockParty& holder);
  void sign_waiting(const LockParty& waiter);
  // Takes the waiter's record back. finish_waiting() and wait_here() do so themselves.
  void withdraw_waiting();

  // The other holders, and the other waiters in the order of the queue, as far as they left a
  // record that is still theirs.
  std::vector<LockParty> holders() const;
  std::vector<LockParty> waiters() const;
  // All who left a holder's record, whether it is still theirs or not.
  std::vector<LockParty> signatories() const;
  // Our own ticket, as records give it.
  std::int64_t ticket() const { return queue_.ticket(); }
  // How many came before us and still wait, with or without a record.
  std::size_t ahead() const;

  // The numbers of the slots that we hold of a counted lock, ascending.
  std::vector<unsigned> slots() const;

  // The descriptors that must stay open to keep the lock, once it is taken.
  std::vector<int> descriptors() const;
  // The files that others may lock without a record, by flock(1): the lock's own, and those of its
  // slots that exist.
  std::vector<UniqueFd> files() const;

  // Removes what runs inside `attempt` have used. To be called when nothing is left of the attempt
  // but the lock.
  void tidy_below(const std::string& attempt) const;

  // Whether its file was removed while we hold it, so that somebody else could hold it too.
  bool is_lost() const;

 private:
  LockRequest() = default;
  Result<void> open_directory();
  Result<void> open_files();
  Result<void> open_files_once();
  bool is_shared_by_users() const { return home_ && (mode_ & 0077U) != 0; }
  Error located(Error error) const;
  Result<void> declare_size();
  TurnOrder turn_order() const;
  bool still_named() const;
  Result<bool> settle();

  LockSpec spec_;
  LockLevel level_;
  std::optional<LockHome> home_;  // none: open_in() was given the directory
  UniqueFd directory_;
  UniqueFd shelter_;
  unsigned mode_ = 0600;
  UniqueFd lock_;
  LockQueue queue_;
  LockTurn turn_;
  std::vector<LockSlot> slots_;
};

}  // namespace holdfast::os
