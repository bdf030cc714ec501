// One lock: a file that is taken with flock(2), so that flock(1) in a script interoperates, behind
// a queue that gives the order; of a counted one slots besides. The kernel releases; nothing here
// looks at age. docs/guide/locks.md.
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
#include "os/lock/lock_directory.hpp"
#include "os/lock/lock_queue.hpp"
#include "os/lock/lock_turn.hpp"

namespace holdfast::os {

// A lock that was asked for: not had, being waited for, or had. Destroying it lets the lock go,
// unless a forked process still has the descriptors.
class LockRequest {
 public:
  // `level`: below which attempt it is taken, and which slots that one has. Fails when the lock is
  // in use with another size.
  static Result<LockRequest> open(const LockSpec& spec, const LockHome& home,
                                  const LockLevel& level = {});

  // The lock whose files are in `directory`, for what has a place of its own. `mode` is that of
  // files it makes.
  static Result<LockRequest> open_in(UniqueFd directory, const LockSpec& spec, unsigned mode,
                                     const LockLevel& level = {});

  LockRequest(LockRequest&&) = default;
  LockRequest& operator=(LockRequest&&) = delete;
  ~LockRequest() = default;

  const LockSpec& spec() const { return spec_; }

  // Joins the queue, and takes the lock if that needs no waiting. True when had.
  Result<bool> try_take();

  // After try_take said false. Whether one who has nothing to poll meanwhile can wait for it here,
  // which hands it on with one wake-up instead of two. Not for slots, of which any will do.
  bool can_wait_here() const { return spec_.mode != LockMode::counted; }
  enum class Waited : std::uint8_t {
    had,
    interrupted,  // to be called again, or given up
    replaced      // it has to be asked for again: its file was replaced meanwhile
  };
  Result<Waited> wait_here(const Interruptions& interruptions);

  // The same in a helper process. ready_fd() becomes readable once.
  Result<void> start_waiting();
  int ready_fd() const { return turn_.ready_fd(); }
  // When ready_fd() is readable: the lock is had. False when it has to be asked for again (its
  // file was replaced meanwhile).
  Result<bool> finish_waiting();

  // Leaves a record of the holder, or of who waits. Failing to is no failure.
  void sign(const LockParty& holder);
  void sign_waiting(const LockParty& waiter);
  // Takes the record of who waits back. finish_waiting() and wait_here() do so themselves.
  void withdraw_waiting();

  // Who else holds it now, and who else waits (in the order of the queue), as far as they left a
  // record that is still theirs.
  std::vector<LockParty> holders() const;
  std::vector<LockParty> waiters() const;
  // Everybody who left a holder's record, whether it is still theirs or not.
  std::vector<LockParty> signatories() const;
  // Our own place in the queue, as it stands in records.
  std::int64_t ticket() const { return queue_.ticket(); }
  // How many came before us and still wait, with or without a record.
  std::size_t ahead() const;

  // Of a counted lock that is had: their numbers, ascending.
  std::vector<unsigned> slots() const;

  // What has to stay open for the lock to be kept, once it is had.
  std::vector<int> descriptors() const;
  // Of its files those that others may lock without a record, by flock(1): the lock's and those of
  // its slots, as far as they exist.
  std::vector<UniqueFd> files() const;

  // While it is had by `attempt`, of which nothing is left: removes what runs inside it have used.
  void tidy_below(const std::string& attempt) const;

  // While it is had: whether somebody else could have come to hold it too, because its file was
  // removed.
  bool is_lost() const;

 private:
  LockRequest() = default;
  Result<void> open_directory();
  Result<void> open_files();
  Result<void> open_files_once();
  bool is_shared_by_users() const { return home_ && (mode_ & 0077U) != 0; }
  Error located(const Error& error) const;
  Result<void> declare_size();
  TurnOrder turn_order() const;
  bool still_named() const;
  Result<bool> settle();

  LockSpec spec_;
  LockLevel level_;
  std::optional<LockHome> home_;  // none: the directory was given
  UniqueFd directory_;
  UniqueFd shelter_;
  unsigned mode_ = 0600;
  UniqueFd lock_;
  LockQueue queue_;
  LockTurn turn_;
  std::vector<LockSlot> slots_;
};

}  // namespace holdfast::os
