// HOLDFAST_TMPDIR: the attempt's own directory, from before its test starts until its outcome is
// known.
#pragma once

#include <string>
#include <utility>

#include "core/base/result.hpp"
#include "core/outcome/outcome.hpp"
#include "core/settings/policy.hpp"
#include "os/file/scratch_directory.hpp"
#include "supervision/base/keeper_link.hpp"

namespace holdfast::supervision {

class AttemptScratch {
 public:
  // As the keeper lends it, empty; no path: there is none.
  explicit AttemptScratch(std::string lent) : path_(std::move(lent)) {}
  // For a command that no keeper looks after: made in the user's own directory, by the id of the
  // attempt.
  static Result<AttemptScratch> make_own(const std::string& attempt);

  const std::string& path() const { return path_; }
  bool is_own() const { return is_own_; }

  // What the test left in it. To be called when the test is over.
  os::ScratchContent look() const {
    return path_.empty() ? os::ScratchContent{} : os::look_into_scratch(path_);
  }

  // To be called with that when everything in it has been read. Returns the path where it holds
  // something that stays, else nothing. Making and removing a directory costs as much as a third of
  // the launcher, so one that a test left empty goes back to the keeper as it is.
  std::string settle(Scratch what, Outcome outcome, const os::ScratchContent& left);

  // What of it could not be removed although it was to go, and why; empty: nothing. To be said.
  const std::string& trouble() const { return trouble_; }

  // What the keeper gets back: as new only once it is settled.
  LentScratch state() const { return is_as_new_ ? LentScratch::reusable : LentScratch::used; }

 private:
  bool succeeded(const Result<void>& removal);

  std::string path_;
  std::string trouble_;
  os::UniqueFd claim_;  // on one of our own
  bool is_own_ = false;
  bool is_as_new_ = false;
};

}  // namespace holdfast::supervision
