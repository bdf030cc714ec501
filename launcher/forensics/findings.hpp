// Shows what the probes found: as a block under the failure, and as a field of the journal. Pure.
#pragma once

#include <string>
#include <vector>

namespace holdfast::forensics {

struct Finding {
  std::string probe;    // `program`, `directory`, `inputs`, `git`, `machine`, `locks`, `services`
  bool failed = false;  // `text` then says why there is nothing else
  std::string text;     // one or more lines, without a line break at the end
};

// Aligned lines, each with `holdfast: ` in front. Control characters are replaced. Empty without
// findings.
std::string to_text(const std::vector<Finding>& findings);

// `{"program":{"text":"…"},"git":{"failed":"…"}}`. Valid JSON, whatever the files are called.
std::string to_json(const std::vector<Finding>& findings);

}  // namespace holdfast::forensics
