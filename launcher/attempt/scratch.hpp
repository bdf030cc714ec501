// The attempt's own directory (HOLDFAST_TMPDIR), from before the test starts until the outcome is
// known.
#pragma once

#include <string>
#include <utility>

#include "attempt/attempt_containment.hpp"
#include "attempt/invocation.hpp"
#include "attempt/keeper_link.hpp"
#include "attempt/records.hpp"
#include "base/result.hpp"
#include "os/file/scratch_directory.hpp"
#include "values/outcome.hpp"
#include "values/policy.hpp"

namespace holdfast::supervision {

// True: the files that the test left in its directory are to be removed.
inline bool goes(Scratch what, Outcome outcome) {
  const bool is_no_failure = is_good(outcome) || outcome == Outcome::no_tests;
  return what == Scratch::remove || (what == Scratch::keep_failed && is_no_failure);
}

class AttemptScratch {
 public:
  // Takes an empty directory that the keeper lends. `lent`: its path; empty: there is none.
  explicit AttemptScratch(std::string lent) : path_(std::move(lent)) {}
  // Makes a directory for a command without a keeper. It is in the user's directory, and its name
  // is that of this process (base/process_name.hpp).
  static Result<AttemptScratch> make_own();

  const std::string& path() const { return path_; }
  bool is_own() const { return claim_.valid(); }

  // Returns what the test left in the directory. To be called when the test is over.
  os::ScratchContent look() const {
    return path_.empty() ? os::ScratchContent{} : os::look_into_scratch(path_);
  }

  // Removes what the test left in its own /tmp if it is not to stay. If it stays, a link in this
  // directory leads there. To be called before settle(), with the same `left`. Returns what is to
  // become of this directory.
  Scratch settle_tmp(const ContainmentNeeds& needs, const Policy& policy,
                     const AttemptResult& result, os::ScratchContent& left);

  // Removes what is not to stay. To be called with the result of look(), when everything in the
  // directory has been read. Returns the path if something in the directory stays, else an empty
  // text. Making and removing a directory costs up to a third of the launcher's time. So a
  // directory that a test left empty goes back to the keeper as it is.
  std::string settle(Scratch what, Outcome outcome, const os::ScratchContent& left);

  // Returns what could not be removed, and why, for the caller to report. Empty: nothing.
  const std::string& trouble() const { return trouble_; }

  // Returns the state in which the keeper gets the directory back. The state can be `reusable` only
  // after settle().
  LentScratch state() const { return is_as_new_ ? LentScratch::reusable : LentScratch::used; }

 private:
  bool succeeded(const Result<void>& removal);
  void point_to(const std::string& tmp, os::ScratchContent& left);

  std::string path_;
  std::string trouble_;
  os::UniqueFd claim_;  // of a directory that we made
  bool is_as_new_ = false;
};

// Whether the user has said when the scratch directory is removed. Only then has a command of
// `holdfast run` a scratch directory.
bool says_scratch(const Invocation& invocation);

}  // namespace holdfast::supervision
