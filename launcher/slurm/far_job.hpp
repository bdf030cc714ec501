// The files by which the two sides of a far attempt speak to each other. They are in the run's
// directory, which both machines see. Each file has one writer. A record appears as a whole, by
// rename; signals, and the records of a batch's cases, are added to their file line by line.
//
// A look at a directory on a network file system goes to the cache of this machine. Opening the
// directory makes the cache look anew, so a record is found as soon as it is there (close-to-open,
// nfs(5)).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "attempt/records.hpp"
#include "base/environment.hpp"
#include "base/result.hpp"
#include "settings/wire.hpp"

namespace holdfast::exec {

class FarFiles {
 public:
  // `directory` is <run>/far, and `attempt` is the attempt's id.
  FarFiles(std::string directory, std::string attempt);
  // For the far side, which is told the path of its job.
  static FarFiles of_job(const std::string& job);

  // The path of one of the attempt's files, by the suffix of its name.
  std::string path(std::string_view suffix) const;

  // Makes the directory if it is not there, then the control file, and last the job.
  Result<void> begin(std::string_view job) const;
  // Removes the files that only the two sides need.
  void remove() const;

  // The near side adds a signal; the far side reads all signals so far.
  void tell(int signal) const;
  std::vector<int> told() const;

  // What the far side says when it has begun and when all is over. record() returns an empty text
  // if it is not there.
  Result<void> put(std::string_view suffix, std::string_view record) const;
  std::string record(std::string_view suffix) const;

  // The whole lines after the first `done` bytes of a file, which the near side has already. The
  // far side of a batch adds records of its cases, which are lines of the journal. It also logs.
  // Two machines cannot append to one file on NFS (open(2), O_APPEND), so the near side adds these
  // lines to the run's journal and log.
  std::string lines(std::string_view suffix, std::uint64_t done = 0) const;

  // What all tests of a run know about their allocation: that it is over, and the nodes that are
  // left out.
  bool is_over() const;
  void note_over() const;
  std::vector<std::string> left_out() const;
  void leave_out(const std::string& node) const;

 private:
  std::string directory_;
  std::string attempt_;
};

// What the far side of an attempt is to do, and what it says when it has begun. Both are messages
// as between launcher and keeper (settings/wire.hpp), in files.

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
