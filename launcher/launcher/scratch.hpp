// HOLDFAST_TMPDIR: the attempt's own directory, from before its test starts until its outcome is
// known.
#pragma once

#include <string>

#include "core/outcome.hpp"
#include "core/policy.hpp"

namespace holdfast::launcher {

class AttemptScratch {
 public:
  // Below the directory of the run, `<run>/scratch/<attempt>`. Without a run (no journal) there is
  // none; a failure to make it is one sentence in trouble().
  AttemptScratch(const std::string& journal, const std::string& attempt);

  const std::string& path() const { return path_; }  // empty: there is none
  const std::string& trouble() const { return trouble_; }

  // Removes it or not, as the policy says. Returns its path if it stays and holds something.
  std::string settle(Scratch what, Outcome outcome);

 private:
  std::string path_;
  std::string trouble_;
};

}  // namespace holdfast::launcher
