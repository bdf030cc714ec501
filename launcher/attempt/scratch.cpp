#include "attempt/scratch.hpp"

#include "base/names.hpp"
#include "os/file/descriptors.hpp"
#include "os/file/own_files.hpp"
#include "os/file/trusted_directory.hpp"
#include "os/process/process.hpp"

namespace holdfast::supervision {

Result<AttemptScratch> AttemptScratch::make_own() {
  HOLDFAST_TRY(const os::UniqueFd user, os::open_user_directory());
  const std::string above(names::k_user_scratch_directory);
  if (Result<os::UniqueFd> made = os::open_below(user, above, 0700); !made) return made.error();
  AttemptScratch own(os::user_directory_path() + "/" + above + "/" +
                     file_name_of(os::own_name(), os::own_pid_namespace()));
  HOLDFAST_TRY(own.claim_, os::make_claimed_scratch(own.path_));
  return own;
}

// Only the first trouble is kept.
bool AttemptScratch::succeeded(const Result<void>& removal) {
  if (!removal && trouble_.empty()) trouble_ = to_text(removal.error());
  return static_cast<bool>(removal);
}

Scratch AttemptScratch::settle_tmp(const ContainmentNeeds& needs, const Policy& policy,
                                   const AttemptResult& result, os::ScratchContent& left) {
  const os::PrivateTmp& tmp = *needs.tmp;
  const Scratch what = policy.scratch;
  const bool is_in_use = result.report.kept || result.report.survivors > 0;
  if (needs.tmp_is_shared) {
    // The keeper removes it if no link leads there, when the run is over. What later tests need has
    // ended by then.
    const bool may_outlive_run = is_in_use && policy.on_leak == OnLeak::ignore;
    if (!may_outlive_run && goes(what, result.outcome)) return what;
    point_to(tmp.directory(), left);
    return Scratch::keep;
  }
  const bool is_bare = !is_in_use && tmp.is_bare();
  if (is_bare && !is_own()) return what;  // for the next attempt with this scratch directory
  const bool goes_now = !is_in_use && (is_bare || goes(what, result.outcome));
  if (goes_now && succeeded(tmp.remove())) return what;
  // What could not be removed must not meet the next test.
  point_to(tmp.directory(), left);
  return Scratch::keep;
}

void AttemptScratch::point_to(const std::string& tmp, os::ScratchContent& left) {
  if (path_.empty()) return;
  // The directory must not be reused even if the link cannot be made.
  left.holds_files = true;
  left.is_as_made = false;
  const std::string link = path_ + "/" + std::string(names::k_private_tmp_link);
  const Result<os::OwnPlace> place = os::own_place(link);
  const bool is_made =
      place && ::symlinkat(tmp.c_str(), place->directory.get(), place->name.c_str()) == 0;
  if (is_made) return;
  (void)succeeded(os::system_error("make " + link + ", a link to " + tmp));
}

std::string AttemptScratch::settle(Scratch what, Outcome outcome, const os::ScratchContent& left) {
  if (path_.empty()) return {};
  is_as_new_ = left.is_as_made;
  // An empty directory tells nobody anything, whatever the outcome.
  if (!is_as_new_ && (!left.holds_files || goes(what, outcome))) {
    is_as_new_ = succeeded(os::renew_scratch_directory(path_));
  }
  if (!is_as_new_) {
    (void)succeeded(os::remove_marker_directory(path_));
    return path_;
  }
  if (is_own()) os::remove_empty_scratch(path_);
  return {};
}

bool says_scratch(const Invocation& invocation) {
  return last_of(invocation.said, Setting::scratch) != nullptr ||
         last_of(invocation.line.options.said, Setting::scratch) != nullptr;
}

}  // namespace holdfast::supervision
