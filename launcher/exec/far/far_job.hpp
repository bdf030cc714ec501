// What the far side of an attempt is to do, and what it says when it has begun. Both are messages
// as between launcher and keeper (core/settings/wire.hpp), in files.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/environment.hpp"
#include "core/base/result.hpp"
#include "core/settings/wire.hpp"
#include "supervision/base/records.hpp"

namespace holdfast::exec {

// The option of holdfast-exec that makes it the far side of an attempt. The path of the job
// follows.
inline constexpr std::string_view k_far_option = "--far";

struct FarJob {
  std::string version;                   // Holdfast's: both sides must have the same
  std::vector<std::string> arguments;    // those of the near launcher
  std::vector<std::string> environment;  // that of the near launcher
  std::string directory;                 // the working directory
  std::vector<Variable> variables;       // what the near side tells the test
  bool one_stream = true;                // the test's stdout and stderr are one
  unsigned n = 1;                        // which attempt of the test it is
  std::vector<std::string> cases;        // those that a batch has to run; empty: all
  std::string log;                       // the file to which the near side writes all output
  wire::AttemptGrant grant;              // with the far side's policy
};

std::string to_text(const FarJob& job);
Result<FarJob> far_job_in(std::string_view text);

struct FarStart {
  std::string node;
  std::string version;
  std::string architecture;
};

std::string to_text(const FarStart& start);
Result<FarStart> far_start_in(std::string_view text);

// The result of an attempt, as the far side tells it to the near one: a message with one field for
// each member of AttemptResult that the far side knows.
std::string to_text(const supervision::AttemptResult& result);

// Reads that message. The outcome is the far side's: a batch is judged by its cases.
Result<supervision::AttemptResult> far_result_in(std::string_view text);

}  // namespace holdfast::exec
