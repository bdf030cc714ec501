// The attempts of all workers of a batch, added up to one.
#pragma once

#include "core/batch/case_result.hpp"
#include "supervision/base/records.hpp"

namespace holdfast::exec {

EndedBy who_ended(const supervision::AttemptResult& result);

// Puts the end of the main process into the fields from which the journal's record takes it.
void note_end(const ProcessEnd& main, supervision::AttemptResult& result);

struct BatchTotal {
  supervision::AttemptResult result = {};
  EndedBy last_by = EndedBy::itself;  // who ended the last worker

  void add(const supervision::AttemptResult& one);
  void add_leftovers(const supervision::GuardReport& one);
};

}  // namespace holdfast::exec
