#include "launcher/scratch.hpp"

#include "core/names.hpp"
#include "os/scratch_directory.hpp"

namespace holdfast::launcher {
namespace {

bool goes(Scratch what, Outcome outcome) {
  switch (what) {
    case Scratch::keep_failed:
      return outcome == Outcome::passed || outcome == Outcome::skipped;
    case Scratch::keep:
      return false;
    case Scratch::remove:
      return true;
  }
  return true;
}

}  // namespace

AttemptScratch::AttemptScratch(const std::string& journal, const std::string& attempt) {
  if (journal.empty()) return;
  std::string path = journal.substr(0, journal.rfind('/') + 1);
  path += names::k_scratch_directory;
  path += '/';
  path += attempt;
  if (Result<void> made = os::make_scratch_directory(path); made) {
    path_ = std::move(path);
  } else {
    trouble_ = "ignoring that a test has no scratch directory: failed to " + made.error().message;
  }
}

std::string AttemptScratch::settle(Scratch what, Outcome outcome) {
  if (path_.empty()) return {};
  // An empty one tells nobody anything, whatever the outcome.
  if (os::remove_if_empty(path_)) return {};
  if (goes(what, outcome) && os::remove_scratch_directory(path_)) return {};
  return path_;
}

}  // namespace holdfast::launcher
