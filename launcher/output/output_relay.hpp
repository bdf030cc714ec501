// Takes what a test prints. Writes the output to a file of the run, in which the part of each case
// can be found. Also passes the output on to ctest, byte for byte and in order: at once, or only
// when the attempt is known to be the last. While the test runs, the relay never blocks on ctest,
// so that signals and ends of processes are noticed.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "attempt/attempt_plan.hpp"
#include "attempt/invocation.hpp"
#include "attempt/records.hpp"
#include "ctest/ctest_verdict.hpp"
#include "os/file/descriptors.hpp"
#include "os/process/bounded_work.hpp"

namespace holdfast::exec {

using supervision::Stream;

// Returns the file for the output of an attempt, beside its journal; empty: there is none.
std::string log_of(const supervision::AttemptIdentity& identity);

// Opens the pipe again, non-blocking: whoever shares the descriptor shares its flags. Invalid: it
// is no pipe.
os::UniqueFd without_blocking(int fd);

// How much of the output of attempts a run keeps. All attempts of the run share a number of bytes,
// and the last one that it is enough for keeps the beginning of its output.

// Takes `wanted` bytes for the file `log`, or what is left of `limit`; returns how many. Takes all
// of them if that cannot be counted, because an output that is kept does less harm than one that is
// lost.
std::uint64_t take_room(const std::string& log, std::uint64_t wanted, std::uint64_t limit);

// Adds to a text of which only the last `most` bytes matter. It may keep twice as many.
void add_to_tail(std::string& tail, std::string_view bytes, std::size_t most);

class OutputRelay {
 public:
  enum class Passing : std::uint8_t { at_once, when_released };

  // `log` is the path of the file, which is made together with its directory. If `log` is empty,
  // there is no file, and output that is passed on later is kept in memory.
  explicit OutputRelay(const std::string& log, Passing passing = Passing::at_once);

  // Passes the output on at once and keeps none. Who reads it writes it to the file `log`, from its
  // beginning. So position() is a place in that file.
  static OutputRelay for_log_of_reader(std::string log);

  // True: ctest has one pipe for both streams.
  bool streams_are_one() const { return one_; }
  // Returns how many bytes are in the log so far.
  std::uint64_t position() const { return position_; }
  // Returns the path of the file; empty: there is none.
  const std::string& log() const { return log_path_; }
  // Returns why the log ends early or is missing. Only the first call after the trouble says it.
  // Empty: no trouble.
  std::string take_trouble();

  void write(Stream stream, std::string_view bytes);
  // True: so much output waits for ctest that the test's pipes should not be read now.
  bool is_full() const { return !held_back_ && waiting_ > k_most_waiting; }

  void join(os::Wait& wait) const;
  // Passes on as much as ctest takes now.
  void pass_on();
  // Passes on the rest, and waits for ctest as long as that takes. What is held back stays held
  // back.
  void finish();

  // To be called when the attempt has ended and nothing is written any more. The log goes, or is
  // cut to the room that it gets of `limit` bytes. What is held back is not passed on after that.
  void remove_log();
  void cut_log(std::uint64_t limit);

  // Passes on what was held back, and waits like finish(). Nothing is held back any more.
  void release();
  bool holds_back() const { return held_back_; }
  // Sets a line that ctest gets before the output that is held back. The line is not in the log.
  void put_first(std::string line) { first_ = std::move(line); }
  // Returns the last `most` bytes of the output so far. If there is no log and output is passed on
  // at once, returns at most the last mebibyte.
  std::string text(std::size_t most) const;
  // Returns that part of the log, its last 64 KiB at most; empty: there is no log.
  std::string part(std::uint64_t begin, std::uint64_t end) const;

 private:
  static constexpr std::size_t k_most_waiting = 1024 * 1024;
  static constexpr std::size_t k_tail = 1024 * 1024;

  struct Piece {
    Stream stream;
    std::string bytes;
  };

  void open_log();
  std::string read_log(std::uint64_t from, std::size_t length) const;
  // Returns the descriptor to which the stream is passed on.
  int target(Stream stream) const;
  // Passes on what is taken now; returns how many bytes.
  static std::size_t pass(int to, std::string_view bytes);
  // Passes on the line of put_first(). False: ctest takes no more now.
  bool pass_first();
  // Returns how many bytes the log has taken.
  std::uint64_t keep(std::string_view bytes);

  bool one_ = true;
  // Do not block. Invalid: our stdout or stderr itself is used, which may block.
  std::array<os::UniqueFd, 2> targets_;
  std::deque<Piece> pieces_;
  std::size_t passed_ = 0;  // how much of the first piece was passed on
  std::size_t waiting_ = 0;
  std::string log_path_;
  os::UniqueFd log_;
  std::uint64_t position_ = 0;
  std::string tail_;  // without a log
  std::string trouble_;
  bool is_full_ = false;  // the disk is full: the log ends here
  bool held_back_ = false;
  std::string first_;
  // For output that is held back: the stretches of the log in their order, each with its stream and
  // its length in bytes. Output for which the disk had no room is in pieces_.
  std::vector<std::pair<Stream, std::uint64_t>> held_;
};

// Follows a process by its output alone, which it passes on as it comes.
class CapturedOutput : public supervision::Companion {
 public:
  // Both must outlive this object.
  CapturedOutput(supervision::Capture& capture, OutputRelay& relay)
      : capture_(capture), relay_(relay) {}
  virtual ~CapturedOutput() = default;

  void join(os::Wait& wait) override;
  void look() override;
  void tell(const std::string& text) override;
  Milliseconds deadline() override { return until_; }
  Verdict on_deadline() override { return Verdict::end_tree; }
  void on_pause(Milliseconds length) override {
    if (until_ != k_longest) until_ += length;
  }
  // To be called when the process is gone: takes the output that is left, and passes it on. Waits
  // for ctest.
  void take_rest();

 protected:
  // Reads nothing while too much waits for ctest.
  virtual void read_output();
  // What was read of a stream.
  virtual void take(Stream stream, std::string_view bytes) { relay_.write(stream, bytes); }

  Milliseconds until_ = k_longest;  // when the process is ended; k_longest: never

 private:
  supervision::Capture& capture_;
  OutputRelay& relay_;
};

// The output of one of several processes that run at once. One of them has its output passed on;
// the others keep theirs until it is their turn.
class OutputTurn {
 public:
  supervision::Capture capture;  // of the process

  // Takes what the process has printed. `relay`: where it goes; null: it is not yet its turn.
  void read(OutputRelay* relay);
  // `relay`: where the output goes; null: it is not yet the turn of this process.
  void write(OutputRelay* relay, Stream stream, std::string_view bytes);
  // Its turn has come: passes on what was kept.
  void begin(OutputRelay& relay);

 private:
  std::vector<std::pair<Stream, std::string>> kept_;
};

// Runs the user's hook before-kill, around the companion of an attempt. When the time of the test
// or of a case of its batch is over, the hook runs first. Then the test or case is ended as usual.
class BeforeKill final : public supervision::Companion {
 public:
  // The processes whose cases have reached the limit of a case.
  using Overdue = std::function<std::vector<pid_t>()>;

  // All arguments must outlive this object. If the user has no hook, this object does nothing.
  // Without `overdue`, the hook runs for the main process, at each deadline of `inner`.
  BeforeKill(supervision::Companion& inner, const supervision::AttemptPlan& plan,
             const OutputRelay& relay, Overdue overdue = {});

  // Returns the plan to run in place of the given one. It has no time limit, because this object
  // keeps the time of the test.
  supervision::AttemptPlan plan();
  // True: the tree was ended because the time of the whole test was over. The result itself says
  // only that a companion ended it.
  bool ended_for_whole() const { return ends_for_whole_; }

  void join(os::Wait& wait) override;
  void look() override;
  bool wants_start() const override { return true; }
  void on_main_started(pid_t main) override;
  Milliseconds deadline() override;
  std::chrono::nanoseconds rest() const override { return inner_.rest(); }
  Verdict on_deadline() override;
  void on_tree_ends() override;
  void on_tree_gone() override { inner_.on_tree_gone(); }
  void on_pause(Milliseconds length) override;
  void tell(const std::string& text) override { inner_.tell(text); }

 private:
  // Returns a process whose time is over and for which the hook has not run; 0: none.
  pid_t next_overdue();
  void start(pid_t process);
  // False: the hook still runs.
  bool is_done();

  supervision::Companion& inner_;
  const supervision::AttemptPlan& plan_;
  const OutputRelay& relay_;
  Overdue overdue_;
  pid_t main_ = 0;
  Milliseconds until_ = k_longest;       // of the whole test
  std::optional<os::BoundedWork> hook_;  // while it runs
  Milliseconds hook_time_{0};
  bool hook_is_for_whole_ = false;
  bool ends_for_whole_ = false;
  std::vector<pid_t> seen_;  // overdue processes for which the hook has run
};

// Runs one attempt of a test in one process tree, with its output in `relay`.
supervision::AttemptResult run_captured(const supervision::AttemptPlan& plan,
                                        supervision::Surroundings& around, OutputRelay& relay);

// The mirror: what ctest will say of an attempt of this test.

// How ctest judges it. Leaves out properties that are not understood: ctest stays the judge.
CTestVerdict mirror_of(const supervision::Invocation& invocation);

// `output`: the attempt's output; null: it was not captured.
MirroredVerdict mirrored(const CTestVerdict& mirror, const supervision::AttemptResult& result,
                         ExitMode mode, const OutputRelay* output);

// True: ctest would say the same if the attempt's output ended with `more`.
bool is_same_with(const CTestVerdict& mirror, const supervision::AttemptResult& result,
                  ExitMode mode, const OutputRelay& output, std::string_view more);

}  // namespace holdfast::exec
