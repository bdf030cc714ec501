// A network namespace that several process trees join, one after the other or at once. It is there
// for as long as somebody has its descriptor open or is in it.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "os/file/descriptors.hpp"

namespace holdfast::os {

// A process beside us makes it, and ends when it is there. Nothing here waits.
class SharedNetwork {
 public:
  ~SharedNetwork() { reap(); }
  enum class State : std::uint8_t { not_wanted, in_the_making, there, failed };

  // Begins to make it, if that has not begun yet.
  void want();
  State state() const { return state_; }
  bool is_wanted() const { return state_ != State::not_wanted; }
  bool is_settled() const { return state_ == State::there || state_ == State::failed; }

  // A descriptor that becomes readable when look() has something to do; -1: there is none.
  int news() const { return answer_.get(); }
  void look();

  // For join_network(); -1: it is not there.
  int descriptor() const { return network_.get(); }
  // Why it could not be made.
  const std::string& trouble() const { return trouble_; }

 private:
  void fail(std::string why);
  void reap();

  State state_ = State::not_wanted;
  UniqueFd answer_;
  UniqueFd network_;
  std::string trouble_;
  pid_t maker_ = 0;  // 0: none, or reaped
};

}  // namespace holdfast::os
