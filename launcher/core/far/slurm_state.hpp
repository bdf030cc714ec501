// What Slurm says of an allocation and its nodes, and what follows for a step that never began.
// srun's exit code says nothing: it is 1 for a step that can never fit, for a job that is over and
// for a controller that is gone.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast {

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
