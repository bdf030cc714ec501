// What the far side of an attempt writes to its stdout, which srun carries to the near side: the
// test's output and news, told apart from whatever Slurm or a site's scripts print there.
//
// A frame is `HF`, a letter for its channel, eight hexadecimal digits for its length, that many
// bytes, and a newline: Slurm passes on whole lines at once, and holds back a line that has no end.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"

namespace holdfast {

enum class FarChannel : char {
  output = 'o',
  errors = 'e',
  said = 's',     // a line of ours for people, without its newline
  started = 'b',  // the record of the start is there
  ended = 'x',    // the record of the end; an empty frame follows it
};

// No frame is longer than this, so that nobody waits forever for the rest of a frame that is cut
// off.
inline constexpr std::size_t k_longest_frame = 64UL * 1024;

// Appends frames for all of `bytes`, at least one.
void add_frames(FarChannel channel, std::string_view bytes, std::string& to);

// Takes apart what comes from srun. Bytes that belong to no frame are not the test's.
class FrameReader {
 public:
  struct Frame {
    FarChannel channel;
    std::string bytes;
  };

  // Returns the frames that are complete with these bytes.
  std::vector<Frame> read(std::string_view bytes);

 private:
  std::string rest_;
};

// The command that starts a far attempt: srun, and what a user may add to it.

// Splits a user's options for srun at blanks. A word with blanks stands in quotes ('…' or "…"),
// inside of which nothing is special. Refuses a quote that is not closed, a word that is no option
// or the value of one, and options that would change what Holdfast sets or reads: how many tasks
// and nodes there are, where the output goes, which job it is.
Result<std::vector<std::string>> srun_words(std::string_view options);

struct FarStep {
  unsigned processors = 1;
  std::vector<std::string> options;  // the user's, from srun_words()
  std::vector<std::string> left_out_nodes;
  std::vector<std::string> command;  // what the step runs
};

// The words of the whole command.
std::vector<std::string> srun_command(const FarStep& step);

// Whether a variable (`NAME=VALUE`) is kept from srun itself, because it would change what srun
// prints, is for the test's dynamic linker, or is secret.
bool is_kept_from_srun(std::string_view entry);

// Whether a variable of the step wins over that of the same name on this side: Slurm, or what a
// site has set up around its steps, sets it anew for each step.
bool is_of_step(std::string_view entry);

// What Slurm says of an allocation and its nodes, and what follows for a step that never began.
// srun's exit code says nothing: it is 1 for a step that can never fit, for a job that is over and
// for a controller that is gone.
enum class JobState : std::uint8_t {
  running,
  over,     // it has ended, or is just ending
  unknown,  // Slurm does not answer
};

// From the answer to `squeue --noheader --jobs=ID --format=%T`.
JobState job_state_in(bool succeeded, std::string_view output, std::string_view errors);

// The nodes that can run nothing now, from `sinfo --noheader --Node --format="%N %T"`.
std::vector<std::string> lost_nodes_in(std::string_view output);

// What srun has said on stderr, --verbose.
struct SrunWords {
  bool launches = false;       // the step exists, and srun asks the node to start it
  std::string node;            // the step's node, if it is known
  std::string refusal;         // why Slurm has made no step, in its own words; empty: not said
  std::string last;            // the last error, for people; empty: none
  std::string trouble;         // why Holdfast cannot run on the node; empty: not said
  bool out_of_memory = false;  // something of the step was killed because memory ran out
};
SrunWords words_of_srun(std::string_view errors);

struct LostStart {
  enum class Kind : std::uint8_t {
    refused,          // no node of the allocation can ever run it
    allocation_over,  // no later test can run on it either
    no_node_left,     // only nodes that are left out could run it
    node_lost,
  };
  Kind kind = Kind::node_lost;
  std::string why;   // a clause for people
  std::string node;  // the node that was lost; empty: not known
};

// Returns why a step has ended without a record of its start. `left_out` are the nodes that it was
// told to avoid.
LostStart lost_start(JobState job, const std::vector<std::string>& lost_nodes,
                     const std::vector<std::string>& left_out, const SrunWords& said);

// Returns why no task of a job runs, in Slurm's own word, from
// `squeue --noheader --format="%T %r"`. `None`: Slurm has given no reason yet. Empty: a task runs.
std::string reason_to_wait(std::string_view output);

// Returns the names in a list of nodes that scontrol(1) has written, one in each line.
std::vector<std::string> names_in_lines(std::string_view text);

}  // namespace holdfast
