// Many processes want random locks in random modes, and some are killed at random moments.
//
// Each writes into shared memory when it drew a ticket, had a lock and released it. These times lie
// within the true ones (`had` is written after it had the lock, and so on). So two intervals that
// overlap are a violation, and two that do not overlap tell which process was first. The interval
// of a killed process ends with the kill. HOLDFAST_STORM="PROCESSES ROUNDS SEED…" sets the numbers.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <random>
#include <sstream>

#include "os/file/clock.hpp"
#include "os/test_lock.hpp"

namespace holdfast::os {
namespace {

constexpr std::size_t k_most_locks = 3;  // of one process at a time
constexpr std::size_t k_most_units = 4;
constexpr Milliseconds k_storm_patience{150'000};

struct Use {
  std::array<char, 120> place{};
  LockMode mode = LockMode::exclusive;
  std::uint64_t units = 0;
  std::uint64_t size = 0;
  std::array<unsigned, k_most_units> slots{};
  std::atomic<std::int64_t> ticket{0};
  std::atomic<std::int64_t> queued{0};  // by then it was in the queue
  std::atomic<std::int64_t> had{0};
  std::atomic<std::int64_t> let_go{0};
};

struct Storm {
  unsigned processes = 24;
  unsigned rounds = 6;
  unsigned seed = 1;
};

// All locks of the storm. A name always has the same size.
const char* const k_specs[] = {"db",
                               "db",
                               "db:shared",
                               "db:shared",
                               "gpu:1/3",
                               "gpu:2/3",
                               "gpu:3/3",
                               "gpu",
                               "gpu:1/3",
                               "net@build",
                               "net:shared@build",
                               "tcp:1/4@build",
                               "tcp:2/4@build",
                               "all:shared@user",
                               "all@user",
                               "doc:shared",
                               "vram:2GiB/8GiB",
                               "vram:3GiB/8GiB",
                               "vram:500MiB/8GiB",
                               "vram:7GiB/8GiB",
                               "vram"};

class StormTest : public testing::Test {
 protected:
  // The locks are this test's alone, in two build trees. The scope `user` is shared by all tests,
  // so names in it get this test's own suffix.
  void run(const Storm& storm) {
    storm_ = storm;
    uses_per_process_ = storm.rounds * k_most_locks;
    const std::size_t bytes = sizeof(Use) * storm.processes * uses_per_process_;
    void* memory =
        ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ASSERT_NE(memory, MAP_FAILED);
    uses_ = static_cast<Use*>(memory);
    start();
    kill_some();
    wait_for_all();
    if (!HasFailure()) check();
    ::munmap(memory, bytes);
    clean_up();
  }

 private:
  LockHome home(unsigned process) const {
    return {lock_.home().project, "/" + lock_.home().project + "/" + std::to_string(process % 2)};
  }

  LockSpec random_spec(std::mt19937& random) const {
    LockSpec spec = *parse_lock_spec(k_specs[random() % std::size(k_specs)]);
    if (spec.scope == LockScope::user) spec.name += "-" + lock_.home().project;
    return spec;
  }

  void start() {
    for (unsigned process = 0; process < storm_.processes; ++process) {
      const pid_t pid = ::fork();
      if (pid == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
        ::_exit(live(process));
      }
      pids_.push_back(pid);
      killed_.push_back(0);
    }
  }

  // What each process does. Its exit code says at which step it failed.
  int live(unsigned process) const {
    std::mt19937 random(storm_.seed * 1000 + process);
    for (unsigned round = 0; round < storm_.rounds; ++round) {
      std::vector<LockSpec> wanted;
      const std::size_t count = 1 + random() % k_most_locks;
      for (std::size_t i = 0; i < count; ++i) wanted.push_back(random_spec(random));
      // A combination that a test could not ask for (a count beside another mode) is left out.
      Result<std::vector<LockSpec>> specs = locks_at(home(process), wanted);
      if (!specs) continue;
      Use* use = &uses_[process * uses_per_process_ + round * k_most_locks];
      std::vector<LockRequest> held;
      for (const LockSpec& spec : *specs) {
        if (const int failed = take(spec, process, *use++, held)) return failed;
      }
      ::usleep(static_cast<unsigned>(random() % 2000));
      for (Use* one = use - held.size(); one != use; ++one) one->let_go = monotonic_now_ns();
    }
    return 0;
  }

  int take(const LockSpec& spec, unsigned process, Use& use, std::vector<LockRequest>& held) const {
    Result<LockRequest> request = LockRequest::open(spec, home(process));
    if (!request) return 1;
    const std::string place = place_of(spec, home(process));
    place.copy(use.place.data(), use.place.size() - 1);
    use.mode = spec.mode;
    use.units = spec.units;
    use.size = spec.size;
    const Result<bool> had = request->try_take();
    if (!had) return 2;
    use.ticket = request->ticket();
    use.queued = monotonic_now_ns();
    if (!*had) {
      request->sign_waiting(party_named("storm"));
      if (!waits_and_has(*request, k_storm_patience)) return 3;
    }
    const std::vector<unsigned> slots = request->slots();
    if (spec.mode == LockMode::counted && slots.size() != spec.units) return 4;
    std::copy(slots.begin(), slots.end(), use.slots.begin());
    request->sign(party_named("storm"));
    use.had = monotonic_now_ns();
    held.push_back(std::move(*request));
    return 0;
  }

  // Kills a fifth of them, at moments over the whole time.
  void kill_some() {
    std::mt19937 random(storm_.seed);
    for (unsigned process = 0; process < storm_.processes; process += 5) {
      const unsigned victim = static_cast<unsigned>(process + random() % 5) % storm_.processes;
      ::usleep(static_cast<unsigned>(500 + random() % 3000));
      // Before the signal: until now the process certainly had its locks.
      if (killed_[victim] == 0) killed_[victim] = monotonic_now_ns();
      ::kill(pids_[victim], SIGKILL);
    }
  }

  void wait_for_all() {
    const Milliseconds until = monotonic_now() + k_storm_patience;
    for (unsigned process = 0; process < storm_.processes; ++process) {
      int status = 0;
      pid_t ended = 0;
      while ((ended = ::waitpid(pids_[process], &status, WNOHANG)) == 0 &&
             monotonic_now() < until) {
        ::usleep(1000);
      }
      if (ended == 0) {
        ADD_FAILURE() << "process " << process << " waits for ever: a wake-up was lost";
        ::kill(pids_[process], SIGKILL);
        ::waitpid(pids_[process], nullptr, 0);
      } else if (!WIFSIGNALED(status) || killed_[process] == 0) {
        EXPECT_EQ(status, 0) << "process " << process;
      }
    }
  }

  struct Span {
    const Use* use;
    unsigned process;
    std::int64_t had;
    std::int64_t let_go;
  };

  static bool exclude_one_another(const Use& a, const Use& b) {
    if (a.mode == LockMode::exclusive || b.mode == LockMode::exclusive) return true;
    if (a.mode != LockMode::counted || b.mode != LockMode::counted) return false;
    for (unsigned i = 0; i < a.units; ++i) {
      for (unsigned j = 0; j < b.units; ++j) {
        if (a.slots[i] == b.slots[j]) return true;
      }
    }
    return false;
  }

  // Whether only one of the two uses can be had at a time, whatever the slots are.
  static bool cannot_be_together(const Use& a, const Use& b) {
    if (exclude_one_another(a, b)) return true;
    return has_units(a.mode) && has_units(b.mode) && a.units + b.units > a.size;
  }

  // The sum of what is had at a time is never above the whole.
  static void check_sums(const std::string& place, const std::vector<Span>& spans) {
    std::multimap<std::int64_t, std::pair<bool, const Use*>> changes;
    for (const Span& span : spans) {
      if (!has_units(span.use->mode)) continue;
      changes.emplace(span.had, std::pair{true, span.use});
      changes.emplace(span.let_go, std::pair{false, span.use});
    }
    std::uint64_t sum = 0;
    for (const auto& [at, change] : changes) {
      const auto& [begins, use] = change;
      sum = begins ? sum + use->units : sum - use->units;
      EXPECT_LE(sum, use->size) << place;
    }
  }

  void check() {
    std::map<std::string, std::vector<Span>> by_place;
    for (unsigned process = 0; process < storm_.processes; ++process) {
      for (unsigned i = 0; i < uses_per_process_; ++i) {
        const Use& use = uses_[process * uses_per_process_ + i];
        if (use.had == 0) continue;
        if (use.let_go == 0) {
          ASSERT_NE(killed_[process], 0) << "process " << process << " did not let go";
        }
        const std::int64_t end = use.let_go != 0 ? use.let_go.load() : killed_[process];
        if (end <= use.had) continue;
        by_place[use.place.data()].push_back({&use, process, use.had, end});
      }
    }
    std::size_t pairs = 0;
    for (auto& [place, spans] : by_place) {
      pairs += check_place(place, spans);
      check_sums(place, spans);
    }
    EXPECT_GT(pairs, storm_.processes) << "this storm says nothing";
  }

  static std::size_t check_place(const std::string& place, const std::vector<Span>& spans) {
    std::size_t pairs = 0;
    for (std::size_t i = 0; i < spans.size(); ++i) {
      for (std::size_t j = 0; j < spans.size(); ++j) {
        const Span& first = spans[i];
        const Span& second = spans[j];
        if (i == j || !cannot_be_together(*first.use, *second.use)) continue;
        ++pairs;
        EXPECT_TRUE(first.let_go < second.had || second.let_go < first.had)
            << place << ": had by " << first.process << " and " << second.process << " at once";
        // A process that has read the clock, but does not run until another has come and gone, was
        // not in the queue yet (docs/internals/decisions/0003-order-by-arrival-time.md).
        if (first.use->queued < second.use->ticket) {
          EXPECT_LT(first.had, second.had)
              << place << ": " << second.process << " overtook " << first.process;
        }
      }
    }
    return pairs;
  }

  // The dead have left nothing: all locks can be taken at once.
  void clean_up() {
    for (unsigned process : {0U, 1U}) {
      for (const char* text : k_specs) {
        LockSpec spec = *parse_lock_spec(text);
        if (spec.scope == LockScope::user) spec.name += "-" + lock_.home().project;
        spec.mode = LockMode::exclusive;
        Result<LockRequest> request = LockRequest::open(spec, home(process));
        ASSERT_TRUE(request);
        const bool at_once = takes(*request);
        EXPECT_TRUE(at_once || waits_and_has(*request)) << text << " is still held";
      }
      std::filesystem::remove_all(user_directory_path() + "/locks/" +
                                  scope_directory(LockScope::build, home(process)));
    }
    std::filesystem::remove_all(user_directory_path() + "/locks/user/all-" + lock_.home().project);
  }

  TestLock lock_;
  Storm storm_;
  std::size_t uses_per_process_ = 0;
  Use* uses_ = nullptr;
  std::vector<pid_t> pids_;
  std::vector<std::int64_t> killed_;  // the time of the kill; 0: none
};

std::vector<Storm> storms() {
  const char* text = std::getenv("HOLDFAST_STORM");
  if (text == nullptr) return {Storm{}};
  std::istringstream words(text);
  Storm storm;
  words >> storm.processes >> storm.rounds;
  std::vector<Storm> all;
  while (words >> storm.seed) all.push_back(storm);
  return all;
}

class LockStorm : public StormTest, public testing::WithParamInterface<Storm> {};

TEST_P(LockStorm, NobodyIsTogetherWithAnotherNorOvertakenNorForgotten) { run(GetParam()); }

INSTANTIATE_TEST_SUITE_P(Seeds, LockStorm, testing::ValuesIn(storms()), [](const auto& storm) {
  return "Seed" + std::to_string(storm.param.seed);
});

// Readers come again and again, so many at any time that a writer could not wait them out.
TEST(LockFlood, AWriterHasItsTurnAfterThoseWhoCameBeforeIt) {
  constexpr int k_readers = 12;
  const TestLock lock;
  struct Shared {
    std::atomic<bool> over{false};
    std::atomic<std::int64_t> writer_ticket{0};
    std::atomic<int> came_later_and_had_it_before{0};
    std::atomic<bool> writer_has_it{false};
  };
  void* memory =
      ::mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(memory, MAP_FAILED);
  auto* shared = new (memory) Shared;
  std::vector<Child> readers;
  Channel running;
  for (int i = 0; i < k_readers; ++i) {
    readers.emplace_back([&] {
      for (int round = 0; !shared->over; ++round) {
        LockRequest request = lock.request("db:shared");
        const bool at_once = takes(request);
        if (!at_once && !waits_and_has(request)) return 1;
        const std::int64_t writer = shared->writer_ticket;
        if (writer != 0 && request.ticket() > writer && !shared->writer_has_it) {
          ++shared->came_later_and_had_it_before;
        }
        ::usleep(1000);
        if (round == 3) running.say("runs");
      }
      return 0;
    });
  }
  for (int i = 0; i < k_readers; ++i) ASSERT_EQ(running.hear(), "runs");
  for (int turn = 0; turn < 10; ++turn) {
    Child writer([&] {
      LockRequest request = lock.request("db");
      const bool at_once = takes(request);
      shared->writer_ticket = request.ticket();
      if (!at_once && !waits_and_has(request)) return 1;
      shared->writer_has_it = true;
      ::usleep(500);
      shared->writer_ticket = 0;
      shared->writer_has_it = false;
      return 0;
    });
    EXPECT_EQ(writer.wait(), 0);
  }
  shared->over = true;
  for (Child& reader : readers) EXPECT_EQ(reader.wait(), 0);
  EXPECT_EQ(shared->came_later_and_had_it_before, 0);
  ::munmap(memory, sizeof(Shared));
}

}  // namespace
}  // namespace holdfast::os
