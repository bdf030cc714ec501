#include "core/lock/held_locks.hpp"

#include <tuple>

#include "core/base/printable.hpp"
#include "core/lock/run_alone.hpp"

namespace holdfast {
namespace {

// A place has neither `:` nor `#`: names in it are encoded as file names.
std::string_view place_in(std::string_view entry) {
  return entry.substr(0, entry.find_first_of(":#"));
}

std::string_view attempt_in(std::string_view entry) { return entry.substr(entry.find('#') + 1); }

std::string_view how_in(std::string_view entry) {
  const std::string_view held = entry.substr(0, entry.find('#'));
  const std::size_t colon = held.find(':');
  return colon == std::string_view::npos ? std::string_view{} : held.substr(colon + 1);
}

// How an ancestor has a lock.
struct How {
  LockMode mode = LockMode::exclusive;
  std::vector<unsigned> slots;
  std::uint64_t amount = 0;
  std::uint64_t size = 0;
};

How how_held(std::string_view text) {
  How how;
  if (text.empty()) return how;
  // An entry that is not understood counts as shared, which allows the least.
  how.mode = LockMode::shared;
  const std::optional<LockSpec> amount = parse_how(text);
  if (amount && amount->mode == LockMode::amount) {
    how.mode = amount->mode;
    how.amount = amount->units;
    how.size = amount->size;
    return how;
  }
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return how;
  how.mode = LockMode::counted;
  how.size = leading_number<std::uint64_t>(text.substr(slash + 1)).value_or(0);
  std::string_view list = text.substr(0, slash);
  while (!list.empty()) {
    how.slots.push_back(leading_number<unsigned>(take_part(list, '+')).value_or(0));
  }
  return how;
}

// The order of all locks, of any project and tree. A run lock has no rank, because tests never ask
// for one.
using Rank = std::tuple<LockScope, std::string, std::string_view>;

std::optional<Rank> rank_of(std::string_view place) {
  const std::size_t slash = place.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const std::string_view directory = place.substr(0, slash);
  LockScope scope = LockScope::build;
  if (directory == "cluster") {
    scope = LockScope::cluster;
  } else if (directory == "machine") {
    scope = LockScope::machine;
  } else if (directory == "user") {
    scope = LockScope::user;
  } else if (directory.starts_with("project-")) {
    scope = LockScope::project;
  } else if (!directory.starts_with("build-")) {
    return std::nullopt;
  }
  return Rank{scope, decode_file_name(place.substr(slash + 1)), place};
}

// Whether `spec` is one of the two locks that an enclosing test may hold shared while a test
// inside, at any depth, wants it exclusively.
bool is_among_siblings(const LockSpec& spec) {
  if (has_units(spec.mode)) return false;
  return spec.name == k_run_serial_lock ||
         (spec.name == k_retry_alone_lock && spec.scope == LockScope::build);
}

Error refused(const LockSpec& spec, std::string_view had) {
  const std::string wanted =
      spec.mode == LockMode::amount ? size_text(spec.units) : std::to_string(spec.units) + " slots";
  return Error{text_of({"have ", wanted, ": an attempt around this one has ", had,
                        ", and would be waited for forever"})};
}

// The level for units, below an attempt that has units, too.
Result<LockLevel> level_of_units(const LockSpec& spec, How how, LockLevel level) {
  // Who leaves the whole to the machine agrees with everybody.
  const bool both_say = how.size != 0 && spec.size != 0;
  if (both_say && how.size != spec.size) {
    const auto text = [&](std::uint64_t size) {
      return spec.mode == LockMode::amount ? size_text(size) : std::to_string(size);
    };
    return Error{text_of({"use it: an attempt around this one has it with size ", text(how.size),
                          "; expected ", text(spec.size)})};
  }
  if (spec.mode == LockMode::amount) {
    if (spec.units > how.amount) return refused(spec, size_text(how.amount));
    level.amount = how.amount;
  } else {
    if (spec.units > how.slots.size()) return refused(spec, std::to_string(how.slots.size()));
    level.slots = std::move(how.slots);
  }
  return level;
}

constexpr std::size_t k_longest_text = 400;
constexpr std::size_t k_longest_list = 120;

// Writes one `key=value` per line. Line breaks in a value become blanks, because no reader could
// tell them from the end of a line.
void append_field(std::string& out, std::string_view key, std::string_view value,
                  std::size_t longest = k_longest_text) {
  std::string text(value.substr(0, longest));
  std::replace(text.begin(), text.end(), '\n', ' ');
  std::replace(text.begin(), text.end(), '\0', ' ');
  out += text_of({key, "=", text, "\n"});
}

void append_if_any(std::string& out, std::string_view key, std::string_view value) {
  if (!value.empty()) append_field(out, key, value);
}

std::string joined(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : ",") + part;
  return text;
}

// As many whole parts of a comma-separated list as fit into `longest` bytes.
std::string whole_parts(std::string list, std::size_t longest) {
  if (list.size() > longest) list.erase(std::min(list.rfind(',', longest), longest));
  return list;
}

std::vector<std::string> split(std::string_view list) {
  std::vector<std::string> parts;
  while (!list.empty()) parts.emplace_back(take_part(list, ','));
  return parts;
}

std::int64_t number_in(std::string_view text) {
  return leading_number<std::int64_t>(text).value_or(0);
}

std::string_view field(std::string_view record, std::string_view key) {
  while (!record.empty()) {
    std::string_view value = take_part(record, '\n');
    const bool has_value = value.find('=') != std::string_view::npos;
    if (take_part(value, '=') == key && has_value) return value;
  }
  return {};
}

// Whether `attempt` cannot go on while `party` waits.
bool is_of(const LockParty& party, const std::string& attempt) {
  if (attempt.empty()) return false;
  return party.attempt == attempt || std::ranges::find(party.around, attempt) != party.around.end();
}

bool is_in_units(const LockParty& party) { return has_units(party.mode); }

// Whether `waiter` gets no part of the lock as long as `holder` has it.
bool excludes(const LockParty& holder, const LockParty& waiter) {
  return holder.mode == LockMode::exclusive || waiter.mode == LockMode::exclusive;
}

// A wait that nothing ends, as far as we know.
struct Wait {
  const LockUse* use;
  const LockParty* party;
};

// The waits that remain when everybody else goes on and releases its locks.
class StuckWaits {
 public:
  explicit StuckWaits(const std::vector<LockUse>& all) {
    for (const LockUse& use : all) {
      for (const LockParty& waiter : use.waiters) waits_.push_back({&use, &waiter});
    }
    for (std::size_t before = waits_.size() + 1; before != waits_.size();) {
      before = waits_.size();
      name_held_up();
      std::erase_if(waits_, [this](const Wait& wait) { return goes_on(wait); });
    }
  }

  const std::vector<Wait>& all() const { return waits_; }

 private:
  void name_held_up() {
    held_up_.clear();
    for (const Wait& wait : waits_) {
      if (!wait.party->attempt.empty()) held_up_.push_back(wait.party->attempt);
      held_up_.insert(held_up_.end(), wait.party->around.begin(), wait.party->around.end());
    }
    std::sort(held_up_.begin(), held_up_.end());
    still_ = waits_;
  }

  bool is_held_up(const LockParty& holder) const {
    return !holder.attempt.empty() &&
           std::binary_search(held_up_.begin(), held_up_.end(), holder.attempt);
  }

  bool goes_on(const Wait& wait) const {
    for (const Wait& other : still_) {
      if (other.use == wait.use && other.party->ticket < wait.party->ticket) return false;
    }
    std::uint64_t kept = 0;  // units that do not become free
    for (const LockParty& holder : wait.use->holders) {
      if (!is_held_up(holder)) continue;
      if (excludes(holder, *wait.party)) return false;
      if (is_in_units(holder)) kept += holder.units;
    }
    return !is_in_units(*wait.party) || wait.party->units + kept <= wait.party->size;
  }

  std::vector<Wait> waits_;
  std::vector<Wait> still_;           // the waits when this round began
  std::vector<std::string> held_up_;  // attempts, sorted
};

// Searches breadth first, so the first circle found is a shortest one.
class CycleSearch {
 public:
  CycleSearch(const LockParty& first, const std::vector<LockUse>& all)
      : stuck_(all), from_(stuck_.all().size(), k_none), steps_(stuck_.all().size()) {
    const auto own = std::ranges::find_if(
        stuck_.all(), [&](const Wait& wait) { return is_same_wait(*wait.party, first); });
    first_ = static_cast<std::size_t>(own - stuck_.all().begin());
  }

  LockCycle run() {
    if (first_ == stuck_.all().size()) return {};
    std::vector<std::size_t> row{first_};
    for (std::size_t i = 0; i < row.size() && closing_ == k_none; ++i) look_from(row[i], row);
    if (closing_ == k_none) return {};
    LockCycle cycle{std::move(last_)};
    for (std::size_t at = closing_; at != first_; at = from_[at]) cycle.push_back(steps_[at]);
    std::reverse(cycle.begin(), cycle.end());
    return cycle;
  }

 private:
  static constexpr std::size_t k_none = std::numeric_limits<std::size_t>::max();

  void look_from(std::size_t at, std::vector<std::size_t>& row) {
    const Wait& wait = stuck_.all()[at];
    for (const LockParty& holder : wait.use->holders) {
      const bool is_in_the_way =
          excludes(holder, *wait.party) || (is_in_units(holder) && is_in_units(*wait.party));
      if (!is_in_the_way) continue;
      for (std::size_t next = 0; next < from_.size(); ++next) {
        if (is_of(*stuck_.all()[next].party, holder.attempt)) {
          go_on(at, next, step(wait, holder, LockCycleStep::Way::holds), row);
        }
      }
    }
    for (std::size_t next = 0; next < from_.size(); ++next) {
      const Wait& other = stuck_.all()[next];
      if (other.use != wait.use || other.party->ticket >= wait.party->ticket) continue;
      go_on(at, next, step(wait, *other.party, LockCycleStep::Way::is_before), row);
    }
  }

  static LockCycleStep step(const Wait& wait, const LockParty& other, LockCycleStep::Way way) {
    return {*wait.party, wait.use->lock, other, way, wait.use->kind};
  }

  void go_on(std::size_t at, std::size_t next, LockCycleStep step, std::vector<std::size_t>& row) {
    if (closing_ != k_none) return;
    if (next == first_) {
      closing_ = at;
      last_ = std::move(step);
    } else if (from_[next] == k_none) {
      from_[next] = at;
      steps_[next] = std::move(step);
      row.push_back(next);
    }
  }

  StuckWaits stuck_;
  std::vector<std::size_t> from_;  // for each wait reached: the wait before it
  LockCycle steps_;                // the step from that wait to this one
  std::size_t first_ = 0;
  std::size_t closing_ = k_none;
  LockCycleStep last_;
};

bool is_younger(const LockCycleStep& one, const LockCycleStep& other) {
  const auto age = [](const LockParty& party) {
    return std::make_tuple(party.since_unix_ms, party.process.start, party.process.pid);
  };
  return age(one.waiter) > age(other.waiter);
}

bool is_same_step(const LockCycleStep& one, const LockCycleStep& other) {
  return one.lock == other.lock && one.way == other.way && is_same_wait(one.waiter, other.waiter) &&
         is_same_wait(one.other, other.other) &&
         one.other.since_unix_ms == other.other.since_unix_ms;
}

}  // namespace

HeldLocks::HeldLocks(std::string_view text) : entries_(entries_in(text)) {}

std::vector<std::string> HeldLocks::entries_in(std::string_view text) {
  std::vector<std::string> entries;
  while (!text.empty()) {
    const std::string_view entry = take_part(text, ',');
    if (entry.find('#') != std::string_view::npos) entries.emplace_back(entry);
  }
  return entries;
}

void HeldLocks::add_farther(std::string_view text) {
  for (std::string& entry : entries_in(text)) {
    if (std::ranges::find(entries_, entry) == entries_.end()) entries_.push_back(std::move(entry));
  }
}

const std::string* HeldLocks::entry_of(std::string_view place) const {
  const auto found = std::ranges::find_if(entries_, [&](const std::string& entry) {
    return place_in(entry) == place && !attempt_in(entry).empty();
  });
  return found == entries_.end() ? nullptr : &*found;
}

std::string HeldLocks::level_of(std::string_view place) const {
  const std::string* entry = entry_of(place);
  return entry == nullptr ? std::string{} : std::string(attempt_in(*entry));
}

Result<LockLevel> HeldLocks::level_for(const LockSpec& spec, std::string_view place) const {
  const std::string* entry = entry_of(place);
  if (entry == nullptr) return LockLevel{};
  How how = how_held(how_in(*entry));
  LockLevel level{.attempt = std::string(attempt_in(*entry)), .slots = {}};
  if (how.mode == LockMode::exclusive || spec.mode == LockMode::shared) return level;
  if (is_among_siblings(spec)) return level;
  if (has_units(spec.mode) && how.mode == spec.mode) {
    return level_of_units(spec, std::move(how), std::move(level));
  }
  const char* had = how.mode == LockMode::shared    ? "shared"
                    : how.mode == LockMode::counted ? "slots of it"
                                                    : "a part of it";
  return Error{text_of({"have more of it than an attempt around this one, which has ", had,
                        " and would be waited for forever"})};
}

bool HeldLocks::is_out_of_order(const LockSpec& spec, std::string_view place) const {
  const std::string level = level_of(place);
  const Rank wanted{spec.scope, spec.name, place};
  for (const std::string& entry : entries_) {
    if (!level.empty() && attempt_in(entry) == level) break;
    const std::optional<Rank> held = rank_of(place_in(entry));
    if (held && wanted < *held) return true;
  }
  return false;
}

std::vector<std::string> HeldLocks::holders_of(std::string_view place) const {
  std::vector<std::string> found;
  for (const std::string& entry : entries_) {
    if (place_in(entry) == place && !attempt_in(entry).empty()) {
      found.emplace_back(attempt_in(entry));
    }
  }
  return found;
}

void HeldLocks::forget(std::string_view place, std::string_view attempt) {
  for (std::string& entry : entries_) {
    if (place_in(entry) != place || attempt_in(entry) != attempt) continue;
    entry = "#" + std::string(attempt);
  }
}

std::vector<std::string> HeldLocks::attempts() const {
  std::vector<std::string> found;
  for (const std::string& entry : entries_) {
    const std::string_view attempt = attempt_in(entry);
    if (std::ranges::find(found, attempt) == found.end()) found.emplace_back(attempt);
  }
  return found;
}

std::string HeldLocks::with(const std::vector<std::string>& places,
                            std::string_view attempt) const {
  std::string text;
  const auto add = [&](std::string_view entry) {
    if (!text.empty()) text += ',';
    text += entry;
  };
  for (const std::string& place : places) add(text_of({place, "#", attempt}));
  // The older entry for the same place stays, behind the new one. It names an attempt that is still
  // around us, and by this entry a sweep finds everything below that attempt.
  for (const std::string& entry : entries_) add(entry);
  return text;
}

std::string held_entry(const std::string& place, const LockSpec& spec,
                       const std::vector<unsigned>& slots) {
  if (spec.mode == LockMode::exclusive) return place;
  if (spec.mode == LockMode::shared) return place + ":shared";
  if (spec.mode == LockMode::amount) return place + ":" + amounts_text(spec.units, spec.size);
  std::string how;
  for (unsigned slot : slots) how += (how.empty() ? ":" : "+") + std::to_string(slot);
  return text_of({place, how, "/", std::to_string(spec.size)});
}

std::string how_of(const LockParty& party) { return how_text(party.mode, party.units, party.size); }

void LockParty::say_how(const LockSpec& spec) {
  mode = spec.mode;
  units = spec.units;
  size = has_units(mode) ? spec.size : 0;
}

std::string to_record(const LockParty& party) {
  std::string record;
  append_field(record, "v", "1");
  append_field(record, "process", to_text(party.process));
  append_field(record, "boot", party.boot);
  append_field(record, "since", std::to_string(party.since_unix_ms));
  append_if_any(record, "how", how_of(party));
  append_if_any(record, "slots", whole_parts(to_text(party.slots), k_longest_list));
  if (party.ticket != 0) append_field(record, "ticket", std::to_string(party.ticket));
  append_if_any(record, "attempt", party.attempt);
  append_if_any(record, "around", whole_parts(joined(party.around), k_longest_list));
  append_field(record, "test", party.test);
  // The tree comes last, with all the room that is left: its path should be whole.
  constexpr std::size_t k_key_and_end = 6;
  append_field(record, "tree", party.tree, k_party_size - k_key_and_end - record.size());
  record.resize(k_party_size, '\0');
  return record;
}

std::optional<LockParty> parse_party(std::string_view record) {
  record = record.substr(0, record.find('\0'));
  if (field(record, "v") != "1") return std::nullopt;
  Result<ProcessName> process = parse_process_name(field(record, "process"));
  if (!process) return std::nullopt;
  LockParty party;
  party.process = *process;
  party.boot = field(record, "boot");
  party.test = std::string(field(record, "test"));
  party.tree = std::string(field(record, "tree"));
  // Another user may have written the record of a machine lock: a negative time in it could make a
  // subtraction overflow.
  party.since_unix_ms = std::max<std::int64_t>(0, number_in(field(record, "since")));
  party.ticket = number_in(field(record, "ticket"));
  party.attempt = std::string(field(record, "attempt"));
  party.around = split(field(record, "around"));
  party.slots = parse_slots(field(record, "slots"));
  if (const std::optional<LockSpec> spec = parse_how(field(record, "how"))) party.say_how(*spec);
  return party;
}

std::string to_text(const std::vector<unsigned>& slots) {
  std::string text;
  for (unsigned slot : slots) text += (text.empty() ? "" : ",") + std::to_string(slot);
  return text;
}

std::string describe_party(const LockParty& party) {
  // Another user may have written the record of a machine lock, so its text may hold control
  // characters.
  std::string text =
      text_of({"\"", printable(party.test), "\" (pid ", std::to_string(party.process.pid)});
  if (party.elsewhere) text += " in another PID namespace";
  if (party.stopped) text += ", stopped";
  if (!party.tree.empty()) text += ", tree " + printable(party.tree);
  return text + ")";
}

std::string describe_obstacles(std::string_view lock, const ObstacleWords& words) {
  std::string text(lock);
  text += words.holder.empty() ? " is being handed on" : " is held by " + words.holder;
  if (words.holders > 1) text += text_of({" and ", std::to_string(words.holders - 1), " more"});
  if (words.ahead == 0) return text;
  text += text_of({"; ", std::to_string(words.ahead), " before us"});
  if (!words.waiter.empty()) text += ", " + words.waiter;
  return text;
}

std::string describe_obstacles(std::string_view lock, const LockObstacles& obstacles,
                               std::int64_t now_unix_ms) {
  ObstacleWords words;
  words.ahead = obstacles.ahead;
  if (!obstacles.holders.empty()) {
    // Of several holders, a stopped one matters most to people.
    const auto& all = obstacles.holders;
    const auto stopped = std::ranges::find_if(all, &LockParty::stopped);
    const LockParty& holder = stopped != all.end() ? *stopped : all.front();
    const std::int64_t held = std::max<std::int64_t>(0, now_unix_ms - holder.since_unix_ms);
    words.holder = text_of({describe_party(holder), " for ", describe(Milliseconds{held})});
    words.holders = all.size();
  } else if (!obstacles.strangers.empty()) {
    words.holder = "a process that left no record: " + obstacles.strangers.front();
  } else if (obstacles.ahead == 0) {
    words.holder = "a process that left no record (flock(1)?)";
  }
  const auto& before = obstacles.before;
  if (!before.empty()) words.waiter = "first " + describe_party(before.front());
  const auto stopped = std::ranges::find_if(before, &LockParty::stopped);
  if (stopped != before.end()) words.waiter = "of them stopped: " + describe_party(*stopped);
  return describe_obstacles(lock, words);
}

std::vector<unsigned> parse_slots(std::string_view text) {
  std::vector<unsigned> slots;
  while (!text.empty()) {
    const std::int64_t slot = number_in(take_part(text, ','));
    if (slot >= 0 && slot < k_most_slots) slots.push_back(static_cast<unsigned>(slot));
  }
  return slots;
}

Milliseconds next_telling(unsigned told) {
  // The first line comes after a fifth of a second: nobody could read it during a shorter wait.
  constexpr std::array<int, 6> k_schedule{200, 2'000, 5'000, 10'000, 20'000, 40'000};
  if (told < k_schedule.size()) return Milliseconds{k_schedule[told]};
  return Milliseconds{60'000} * (told - k_schedule.size() + 1);
}

LockCycle find_lock_cycle(const LockParty& waiter, const std::vector<LockUse>& all) {
  return CycleSearch(waiter, all).run();
}

bool is_same_wait(const LockParty& one, const LockParty& other) {
  return one.process == other.process && one.boot == other.boot && one.attempt == other.attempt &&
         one.ticket == other.ticket;
}

bool is_same_cycle(const LockCycle& one, const LockCycle& other) {
  return std::equal(one.begin(), one.end(), other.begin(), other.end(), is_same_step);
}

const LockCycleStep& who_gives_way(const LockCycle& cycle) {
  const LockCycleStep* found = &cycle.front();
  const auto rank = [](const LockCycleStep& step) {
    if (step.waiter.around.empty()) return 0;
    return step.kind == LockUse::Kind::run ? 2 : 1;
  };
  for (const LockCycleStep& step : cycle) {
    if (rank(step) < rank(*found)) continue;
    if (rank(step) > rank(*found) || is_younger(step, *found)) found = &step;
  }
  return *found;
}

bool LockCycleWatch::take(LockCycle seen, const LockParty& waiter, Milliseconds since_start) {
  constexpr Milliseconds k_until_sure{100};
  constexpr Milliseconds k_longest_pause{2'000};
  const bool sure = !seen.empty() && is_same_cycle(seen, seen_);
  seen_ = std::move(seen);
  next_ = since_start + (seen_.empty() ? std::min(since_start, k_longest_pause) : k_until_sure);
  // If another waiter must end the circle, we look as rarely as without a circle.
  if (sure) next_ = since_start + k_longest_pause;
  return sure && is_same_wait(who_gives_way(seen_).waiter, waiter);
}

std::string describe_lock_cycle(const LockCycle& cycle) {
  std::string text;
  LockCycleStep::Way way = LockCycleStep::Way::holds;
  for (const LockCycleStep& step : cycle) {
    // If `other` stands before the waiter in the queue, the next step says what `other` waits for.
    if (!text.empty() && way == LockCycleStep::Way::holds) {
      text += ", in which " + describe_party(step.waiter);
    } else {
      text += text.empty() ? describe_party(step.waiter) : ", which";
    }
    way = step.way;
    const char* how = way == LockCycleStep::Way::holds ? ", held by " : ", behind ";
    text += text_of({" waits for ", step.lock, how, describe_party(step.other)});
  }
  if (!cycle.empty()) text += ", which is around " + describe_party(cycle.front().waiter);
  return text;
}

}  // namespace holdfast
