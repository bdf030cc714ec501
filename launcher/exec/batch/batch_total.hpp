// The attempts of all workers of a batch, added up to one.
#pragma once

#include <string>
#include <vector>

#include "core/batch/batch_event.hpp"
#include "core/batch/case_result.hpp"
#include "supervision/base/records.hpp"

namespace holdfast::exec {

EndedBy who_ended(const supervision::AttemptResult& result);

// Puts the end of the main process into the fields from which the journal's record takes it.
void note_end(const ProcessEnd& main, supervision::AttemptResult& result);

// A worker did not begin. `by`: who ended the batch for that.
BatchEvent not_begun(EndedBy by, std::string why);

struct BatchTotal {
  supervision::AttemptResult result = {};
  EndedBy last_by = EndedBy::itself;  // who ended the last worker

  // Something else than a worker ends the batch.
  void end_by(EndReason reason, int signal);
  void add(const supervision::AttemptResult& one);
  void add_leftovers(const supervision::GuardReport& one);
};

}  // namespace holdfast::exec
