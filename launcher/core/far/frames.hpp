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

}  // namespace holdfast
