// What the probes found, as a block under the failure and as a field of the journal. Pure.
#pragma once

#include <string>
#include <vector>

namespace holdfast::forensics {

struct Finding {
  std::string probe;    // `program`, `directory`, `inputs`, `git`, `machine`, `locks`
  bool failed = false;  // then `text` says why there is nothing else
  std::string text;     // one line or more, without a line break at the end
};

// Lines that each begin with `holdfast: `, aligned; control characters of names are taken out.
// Empty without findings.
std::string to_text(const std::vector<Finding>& findings);

// `{"program":{"text":"…"},"git":{"failed":"…"}}`, valid whatever files are called.
std::string to_json(const std::vector<Finding>& findings);

}  // namespace holdfast::forensics
