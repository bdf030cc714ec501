#include "hunting/stress_hunt.hpp"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <list>
#include <utility>

#include "base/names.hpp"
#include "base/text.hpp"
#include "os/file/clock.hpp"
#include "os/file/own_files.hpp"
#include "os/file/removal.hpp"
#include "os/machine/limits.hpp"
#include "os/process/process.hpp"
#include "os/process/process_tree.hpp"

namespace holdfast::cli {
namespace {

// A ctest takes some tenths of a second to start and to end. Rounds of this length keep that small.
constexpr Milliseconds k_round{5'000};
// A lane that ends before this much of a round is left starts once more.
constexpr Milliseconds k_worth_a_start{1'000};
constexpr Milliseconds k_look{200};
constexpr double k_cost_of_run = 0.005;  // seconds: ctest and launcher
constexpr std::uint64_t k_first_runs = 2;
constexpr std::uint64_t k_most_runs = 20'000;  // in one start of ctest
constexpr std::size_t k_burners_per_processor = 2;
constexpr std::size_t k_most_signatures = 100;
constexpr std::size_t k_hunts_kept = 20;

// Keeps the processors busy, and what they share: caches and memory.
class Load {
 public:
  void begin() {
    os::BoundedOrder order;
    order.time = k_longest / 2;
    order.work = []() -> Result<std::string> {
      std::vector<char> memory(std::size_t{1} << 20U);
      for (std::size_t at = 0;; at = (at + 4099) % memory.size()) {
        static_cast<volatile char&>(memory[at]) = 1;
      }
    };
    for (std::size_t i = 0; i < k_burners_per_processor * os::processors(); ++i) {
      burners_.emplace_back(order);
    }
  }
  void end() { burners_.clear(); }

 private:
  std::list<os::BoundedWork> burners_;
};

// Stops one process of a test after the other, each for some milliseconds.
class Delays {
 public:
  ~Delays() { go_on(); }

  // Returns when it is to be called again.
  Milliseconds turn(std::uint64_t seed) {
    const std::uint64_t number = random_of(seed, ++turns_);
    if (stopped_.valid()) {
      go_on();
    } else {
      const std::vector<os::NamedProcess> all = tests();
      if (!all.empty()) {
        stopped_ = os::watch_living(all[number % all.size()].pid);
        if (stopped_.valid()) (void)os::send_signal(stopped_.get(), SIGSTOP);
      }
    }
    constexpr std::uint64_t k_most_ms = 20;
    return os::monotonic_now() + Milliseconds{1 + static_cast<long>((number >> 32U) % k_most_ms)};
  }

 private:
  void go_on() {
    if (stopped_.valid()) (void)os::send_signal(stopped_.get(), SIGCONT);
    stopped_.reset();
  }

  // What is neither ctest nor ours.
  static std::vector<os::NamedProcess> tests() {
    std::vector<os::NamedProcess> all = os::living_descendants({});
    std::erase_if(all, [](const os::NamedProcess& one) {
      return one.name.starts_with("holdfast") || one.name == "ctest";
    });
    return all;
  }

  os::UniqueFd stopped_;
  std::uint64_t turns_ = 0;
};

class StressHunt {
 public:
  StressHunt(const StressOrder& order, const os::HeldSignals& signals)
      : order_(order),
        signals_(signals),
        end_(os::monotonic_now() + std::min(order.time, k_longest / 2)) {
    result_.test = order.quarry.test;
    result_.seed = order.seed;
    result_.directory = order.directory;
  }

  Result<StressResult> run() {
    for (std::size_t i = 1; i <= order_.jobs; ++i) {
      HOLDFAST_TRY(Lane lane, Lane::make(lane_directory(i), order_.quarry));
      lanes_.push_back(std::move(lane));
    }
    const Milliseconds begin = os::monotonic_now();
    for (std::uint64_t number = 0; !is_over(); ++number) run_round(choose(number));
    result_.seconds = static_cast<double>((os::monotonic_now() - begin).count()) / 1000;
    result_.was_interrupted = signals_.came();
    lanes_.clear();
    for (std::size_t i = 1; i <= order_.jobs; ++i) {
      if (const Result<void> gone = os::remove_directory(lane_directory(i)); !gone) {
        result_.trouble = to_text(gone.error());
      }
    }
    return std::move(result_);
  }

 private:
  std::string lane_directory(std::size_t number) const {
    return order_.directory + "/lane-" + std::to_string(number);
  }

  bool is_over() const {
    return is_ending_ || !result_.trouble.empty() || signals_.came() ||
           os::monotonic_now() >= end_ || runs_left() == 0;
  }

  std::uint64_t runs_left() const {
    return order_.runs ? *order_.runs - std::min(*order_.runs, result_.all().runs + handed_out_)
                       : k_most_runs;
  }

  // After the first failures, each second round repeats what has failed most.
  Variation choose(std::uint64_t number) const {
    Variation variation = variation_of(order_.rules, order_.seed, number);
    if (result_.failures.empty() || number % 2 == 0) return variation;
    const auto most = std::ranges::max_element(
        result_.tallies, {}, [](const auto& entry) { return bounds_of(entry.second).low; });
    variation.on = most->first;
    return variation;
  }

  void run_round(const Variation& variation) {
    Load load;
    Delays delays;
    if (variation.on.has(Vary::load)) load.begin();
    const bool has_delays = variation.on.has(Vary::delay);
    until_ = std::min(end_, os::monotonic_now() + k_round);
    for (std::size_t i = 0; i < lanes_.size(); ++i) start(i, variation);
    Milliseconds next_delay = os::monotonic_now();
    while (std::ranges::any_of(lanes_, &Lane::is_running)) {
      if (has_delays && os::monotonic_now() >= next_delay) next_delay = delays.turn(variation.seed);
      os::Wait wait({}, os::monotonic_now() + k_look);
      if (has_delays) wait.until(next_delay);
      for (const Lane& lane : lanes_) lane.join(wait);
      wait.go();
      const bool ends = is_ending_ || signals_.came() || os::monotonic_now() >= end_;
      for (std::size_t i = 0; i < lanes_.size(); ++i) {
        if (ends) lanes_[i].ask_to_end();
        if (lanes_[i].go_on() && take(i, variation) && !is_over() &&
            until_ - os::monotonic_now() > k_worth_a_start) {
          start(i, variation);
        }
      }
      if (order_.show) order_.show(result_);
    }
  }

  void start(std::size_t lane, Variation variation) {
    const std::uint64_t runs = std::min(runs_for(until_ - os::monotonic_now()), runs_left());
    if (runs == 0) return;
    planned_.resize(lanes_.size());
    planned_[lane] = runs;
    handed_out_ += runs;
    variation.seed = random_of(variation.seed, ++starts_);
    lanes_[lane].start(order_.quarry, {runs, variation});
  }

  std::uint64_t runs_for(Milliseconds time) const {
    if (order_.quarry.has_fixtures) return 1;
    const std::uint64_t seen = result_.all().runs;
    if (seen == 0) return k_first_runs;
    const double each = seconds_of_runs_ / static_cast<double>(seen) + k_cost_of_run;
    const double fit = static_cast<double>(time.count()) / 1000 / each;
    return std::clamp(static_cast<std::uint64_t>(std::max(fit, 0.0)), std::uint64_t{1},
                      k_most_runs);
  }

  // False: the lane cannot go on.
  bool take(std::size_t lane, const Variation& variation) {
    const LaneEnd end = lanes_[lane].take_end(order_.quarry);
    handed_out_ -= planned_[lane];
    if (!end.trouble.empty()) {
      result_.trouble = end.trouble;
      is_ending_ = true;
      return false;
    }
    seconds_of_runs_ += end.seconds;
    result_.count(variation.on, {end.runs, end.has_failed ? 1U : 0U});
    if (end.has_failed) note_failure(end, lanes_[lane].directory());
    is_ending_ = is_ending_ || (end.has_failed && order_.until_fail);
    return true;
  }

  void note_failure(const LaneEnd& end, const std::string& lane) {
    std::vector<SeenFailure>& seen = result_.failures;
    auto same = std::ranges::find(seen, end.signature, &SeenFailure::signature);
    if (same == seen.end() && seen.size() == k_most_signatures) same = std::prev(seen.end());
    if (same != seen.end()) {
      ++same->count;
      return;
    }
    SeenFailure failure{end.signature, 1};
    failure.first_output =
        order_.directory + "/failure-" + std::to_string(seen.size() + 1) + ".txt";
    failure.first_run = end.run->id;
    Result<void> kept = os::replace_file(failure.first_output, end.output);
    if (kept) kept = keep_run(*end.run, lane);
    if (!kept) result_.trouble = to_text(kept.error());
    seen.push_back(std::move(failure));
  }

  // The journal with its outputs. The lane goes at the end, and `holdfast report --tree` finds it
  // here.
  Result<void> keep_run(const RunEntry& run, const std::string& lane) const {
    const std::string name = std::string(names::k_runs_directory) + "/";
    HOLDFAST_DO(os::make_own_directories(order_.directory + "/" + name, 0755));
    return os::rename_own(lane + "/" + name + run.id, order_.directory + "/" + name + run.id);
  }

  const StressOrder& order_;
  const os::HeldSignals& signals_;
  Milliseconds end_;
  Milliseconds until_{0};  // when the round ends
  StressResult result_;
  std::vector<Lane> lanes_;
  std::vector<std::uint64_t> planned_;  // by lane
  std::uint64_t handed_out_ = 0;        // runs of lanes that are at work
  std::uint64_t starts_ = 0;
  double seconds_of_runs_ = 0;
  bool is_ending_ = false;
};

}  // namespace

Result<StressResult> stress(const StressOrder& order, const os::HeldSignals& signals) {
  return StressHunt(order, signals).run();
}

Result<std::string> make_hunt_directory(const std::string& tree) {
  const std::string all = tree + "/" + std::string(names::k_hunts_directory);
  std::vector<std::string> ended;
  for (const std::string& name : os::names_in_own(all)) {
    const Result<ProcessName> process = parse_process_name(name.substr(name.find('-') + 1));
    if (process && !os::is_alive(*process)) ended.push_back(name);
  }
  // Their names begin with the time.
  std::ranges::sort(ended);
  for (std::size_t i = 0; i < ended.size(); ++i) {
    const std::string directory = all + "/" + ended[i];
    if (i + k_hunts_kept <= ended.size()) {
      (void)os::remove_directory(directory);
      continue;
    }
    for (const std::string& name : os::names_in_own(directory)) {
      if (name.starts_with("lane-")) (void)os::remove_directory(directory + "/" + name);
    }
  }
  const std::string own =
      zero_padded(static_cast<std::int64_t>(os::unix_now()), 10) + "-" + to_text(os::own_name());
  HOLDFAST_DO(os::make_own_directories(all + "/" + own, 0755));
  return all + "/" + own;
}

}  // namespace holdfast::cli
