#include "history/history.hpp"

#include <fmt/format.h>

#include <system_error>
#include <unordered_map>

#include "os/file/own_files.hpp"

namespace holdfast {
namespace {

bool is_known(const std::vector<RunHead>& known, const std::string& run, double started) {
  return std::any_of(known.begin(), known.end(), [&](const RunHead& head) {
    return head.id == run && head.started == started;
  });
}

// Whether the run may have been pruned. A history that has had no reason to be pruned takes older
// runs, too: those of another shard, for instance.
bool may_be_pruned(const std::vector<RunHead>& known, double started, std::int64_t bytes) {
  return !known.empty() && started < known.front().started && bytes > HistoryLimits{}.bytes / 2;
}

// "Hfst", so that file(1) and we know the file
// (https://www.sqlite.org/pragma.html#pragma_application_id).
constexpr std::int64_t k_application = 0x48667374;
// Version 1 had no keys of tests, and no programs.
constexpr std::int64_t k_version = 2;

// Results lie in the order of their runs: a new run is added at the end, and an old one goes from
// the beginning. A `word` is an outcome, a signature or what tells programs apart.
constexpr const char* k_schema = R"sql(
  CREATE TABLE run(id INTEGER PRIMARY KEY, name TEXT NOT NULL, started REAL NOT NULL,
    ended REAL NOT NULL, complete INTEGER NOT NULL, UNIQUE(started, name));
  CREATE TABLE word(id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);
  CREATE TABLE test(id INTEGER PRIMARY KEY, name TEXT NOT NULL, batch TEXT NOT NULL,
    nth INTEGER NOT NULL, key TEXT NOT NULL DEFAULT '', UNIQUE(name, batch, nth));
  CREATE TABLE result(run INTEGER NOT NULL, test INTEGER NOT NULL, outcome INTEGER NOT NULL,
    grade INTEGER NOT NULL, wall_ms INTEGER NOT NULL, attempts INTEGER NOT NULL,
    flaky INTEGER NOT NULL, program INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY(run, test)) WITHOUT ROWID;
  CREATE TABLE failure(run INTEGER NOT NULL, test INTEGER NOT NULL, attempt INTEGER NOT NULL,
    outcome INTEGER NOT NULL, signature INTEGER NOT NULL,
    PRIMARY KEY(run, test, attempt)) WITHOUT ROWID;
)sql";

Grade grade_at(std::int64_t number) {
  const auto last = static_cast<std::int64_t>(Grade::error);
  return static_cast<Grade>(std::clamp<std::int64_t>(number, 0, last));
}

constexpr const char* k_from_version_1 = R"sql(
  ALTER TABLE test ADD COLUMN key TEXT NOT NULL DEFAULT '';
  ALTER TABLE result ADD COLUMN program INTEGER NOT NULL DEFAULT 0;
)sql";

// The version of our tables. 0: the file is empty. Fails for a file of somebody else. One
// statement asks for everything: between two, another process may make the tables.
Result<std::int64_t> version_of(Database& database, const std::filesystem::path& file) {
  HOLDFAST_TRY(
      Statement asked,
      database.prepare("SELECT application_id, user_version, (SELECT count(*) FROM sqlite_master) "
                       "FROM pragma_application_id, pragma_user_version"));
  HOLDFAST_DO(asked.run());
  const std::int64_t application = asked.number(0);
  const std::int64_t version = asked.number(1);
  const std::int64_t tables = asked.number(2);
  if (application == k_application && version > k_version) {
    return ErrorInWords{
        fmt::format("{}: a later version of Holdfast wrote this history", file.string())};
  }
  if (application == k_application && version >= 1) return version;
  if (application == 0 && version == 0 && tables == 0) return 0;
  return ErrorInWords{fmt::format("{}: expected a history of Holdfast", file.string())};
}

// Adds runs. Its statements are prepared once, because a run may have many tests.
class Inserter {
 public:
  static Result<Inserter> of(Database& database) {
    Inserter one(database);
    const std::pair<Statement*, std::string_view> statements[] = {
        {&one.run_, "INSERT INTO run(name, started, ended, complete) VALUES(?,?,?,?)"},
        {&one.result_, "INSERT INTO result VALUES(?,?,?,?,?,?,?,?)"},
        {&one.failure_, "INSERT INTO failure VALUES(?,?,?,?,?)"},
        {&one.find_word_, "SELECT id FROM word WHERE text=?"},
        {&one.add_word_, "INSERT INTO word(text) VALUES(?)"},
        {&one.find_tests_, "SELECT id, nth, key FROM test WHERE name=? AND batch=? ORDER BY nth"},
        {&one.add_test_, "INSERT INTO test(name, batch, nth, key) VALUES(?,?,?,?)"},
        {&one.set_key_, "UPDATE test SET key=? WHERE id=?"},
    };
    for (const auto& [statement, sql] : statements) {
      HOLDFAST_TRY(Statement prepared, database.prepare(sql));
      *statement = std::move(prepared);
    }
    return one;
  }

  Result<void> insert(const PastRun& run) {
    const RunHead& head = run.head;
    run_.with(head.id, head.started, head.ended, std::int64_t{head.complete});
    HOLDFAST_DO(run_.run());
    const std::int64_t row = database_->last_row();
    namesakes_.clear();
    for (const PastResult& one : run.results) ++namesakes_[{one.test.name, one.test.batch}].in_run;
    for (const PastResult& one : run.results) {
      HOLDFAST_DO(insert(row, one));
    }
    return {};
  }

 private:
  explicit Inserter(Database& database) : database_(&database) {}

  Result<void> insert(std::int64_t run, const PastResult& one) {
    HOLDFAST_TRY(const std::int64_t test, row_of(one.test));
    HOLDFAST_TRY(const std::int64_t outcome, word(one.outcome));
    HOLDFAST_TRY(const std::int64_t program, one.program.empty() ? 0 : word(one.program));
    result_.with(run, test, outcome, static_cast<std::int64_t>(one.grade), one.wall_ms,
                 one.attempts, std::int64_t{one.flaky}, program);
    HOLDFAST_DO(result_.run());
    for (const PastFailure& wrong : one.failures) {
      HOLDFAST_TRY(const std::int64_t how, word(wrong.outcome));
      HOLDFAST_TRY(const std::int64_t signature, word(wrong.signature));
      failure_.with(run, test, wrong.attempt, how, signature);
      HOLDFAST_DO(failure_.run());
    }
    return {};
  }

  Result<std::int64_t> word(const std::string& text) {
    if (const auto known = words_.find(text); known != words_.end()) return known->second;
    HOLDFAST_TRY(const bool is_there, find_word_.bind(0, text).step());
    std::int64_t id = is_there ? find_word_.number(0) : 0;
    find_word_.reset();
    if (!is_there) {
      HOLDFAST_DO(add_word_.bind(0, text).run());
      id = database_->last_row();
    }
    words_.emplace(text, id);
    return id;
  }

  struct Row {
    std::int64_t id = 0;
    std::int64_t nth = 0;
    std::string key;
    bool is_used = false;  // by this run
  };
  // The tests of one name in the file, and how many this run has.
  struct Namesakes {
    std::vector<Row> rows;
    bool are_read = false;
    std::size_t in_run = 0;
  };

  Result<std::int64_t> row_of(const TestId& id) {
    Namesakes& named = namesakes_[{id.name, id.batch}];
    if (!named.are_read) {
      HOLDFAST_DO(read_rows(id, named.rows));
      named.are_read = true;
    }
    if (Row* const row = row_for(id, named)) {
      row->is_used = true;
      if (id.key.empty() || row->key == id.key) return row->id;
      row->key = id.key;
      HOLDFAST_DO(set_key_.with(id.key, row->id).run());
      return row->id;
    }
    std::int64_t nth = id.nth;
    for (const Row& row : named.rows) {
      if (row.nth == id.nth) nth = named.rows.back().nth + 1;
    }
    add_test_.with(id.name, id.batch, nth, id.key);
    HOLDFAST_DO(add_test_.run());
    const Row added{database_->last_row(), nth, id.key, true};
    named.rows.insert(std::ranges::upper_bound(named.rows, nth, {}, &Row::nth), added);
    return added.id;
  }

  Result<void> read_rows(const TestId& id, std::vector<Row>& rows) {
    return find_tests_.with(id.name, id.batch).each([&] {
      rows.push_back({find_tests_.number(0), find_tests_.number(1), find_tests_.text(2)});
    });
  }

  // That of the test; or one that was made when the test's key was not known. A run with fewer
  // tests of the name than there are such rows does not tell which row is whose. Null: there is
  // none.
  static Row* row_for(const TestId& id, Namesakes& named) {
    std::vector<Row*> without_key;
    for (Row& row : named.rows) {
      if (row.is_used) continue;
      if (!id.key.empty() && row.key == id.key) return &row;
      if (row.key.empty()) without_key.push_back(&row);
    }
    const bool is_alone = named.rows.size() == 1 && named.in_run == 1;
    if (is_alone && (id.key.empty() || !without_key.empty())) return named.rows.data();
    if (id.key.empty()) return without_key.empty() ? nullptr : without_key.front();
    if (without_key.size() > named.in_run) return nullptr;
    const auto same = std::ranges::find(without_key, id.nth, &Row::nth);
    return same == without_key.end() ? nullptr : *same;
  }

  Database* database_;
  Statement run_, result_, failure_, find_word_, add_word_;
  Statement find_tests_, add_test_, set_key_;
  std::unordered_map<std::string, std::int64_t> words_;
  std::map<std::pair<std::string, std::string>, Namesakes> namesakes_;  // by name and batch
};

constexpr std::int64_t k_longest_ms = std::int64_t{366} * 24 * 3600 * 1000;
constexpr std::int64_t k_most_attempts = 1'000'000;

// The file may come from anywhere, and answers calculate with its numbers.
std::int64_t bounded(std::int64_t number, std::int64_t most) {
  return std::clamp(number, std::int64_t{0}, most);
}

}  // namespace

Result<std::size_t> absorb(const std::filesystem::path& tree, History& history,
                           const std::function<bool(const RunEntry&)>& is_going_on, double now) {
  // So many results are added at once, because each time takes the disk a while, and those of all
  // runs together may not fit into memory.
  constexpr std::size_t k_results_at_once = 20'000;
  HOLDFAST_TRY(const std::vector<RunHead> known, history.runs());
  HOLDFAST_TRY(const std::int64_t bytes, history.bytes());
  std::vector<PastRun> fresh;
  std::size_t results = 0;
  std::size_t added = 0;
  const auto flush = [&]() -> Result<void> {
    HOLDFAST_TRY(const std::size_t done, history.add(std::exchange(fresh, {})));
    added += done;
    results = 0;
    return {};
  };
  std::vector<RunEntry> runs = list_runs(tree);
  std::reverse(runs.begin(), runs.end());  // oldest first
  for (const RunEntry& run : runs) {
    const double started = started_at(run);
    if (is_known(known, run.id, started) || may_be_pruned(known, started, bytes)) continue;
    if (is_going_on(run)) continue;
    const Result<RunReport> report = load_report(run);
    if (!report || !report->run.inside.empty()) continue;
    const std::unique_ptr<Outputs> outputs = outputs_of(*report, run);
    PastRun past = past_run_of(*report, *outputs, started);
    past.head.id = run.id;
    if (past.results.empty()) continue;
    results += past.results.size();
    fresh.push_back(std::move(past));
    if (results < k_results_at_once) continue;
    HOLDFAST_DO(flush());
  }
  if (!fresh.empty()) HOLDFAST_DO(flush());
  if (added > 0) HOLDFAST_DO(history.prune(now));
  return added;
}

Result<History> History::open(const std::filesystem::path& file) {
  const std::filesystem::path above = file.parent_path();
  std::error_code failed;
  if (os::has_own_part(above.string())) {
    HOLDFAST_DO(os::make_own_directories(above.string(), 0755));
  } else {
    std::filesystem::create_directories(above, failed);
  }
  return with_tables(Database::open(file, Database::Use::write), file);
}

Result<History> History::in_memory() { return with_tables(Database::in_memory(), "memory"); }

Result<History> History::with_tables(Result<Database> database, const std::filesystem::path& file) {
  if (!database) return database.error();
  History history(std::move(*database));
  HOLDFAST_TRY(const std::int64_t version, version_of(history.database_, file));
  if (version == k_version) return history;
  // This must come before the first table. Removed runs then make the file smaller.
  HOLDFAST_DO(history.database_.execute("PRAGMA auto_vacuum=INCREMENTAL"));
  HOLDFAST_DO(history.in_transaction([&]() -> Result<void> {
    // Another process may have made the tables meanwhile.
    HOLDFAST_TRY(const std::int64_t now, version_of(history.database_, file));
    if (now == k_version) return {};
    return history.database_.execute(
        fmt::format("PRAGMA application_id={}; PRAGMA user_version={};{}", k_application, k_version,
                    now == 0 ? k_schema : k_from_version_1));
  }));
  return history;
}

Result<History> History::open_existing(const std::filesystem::path& file) {
  HOLDFAST_TRY(Database database, Database::open(file, Database::Use::read));
  HOLDFAST_TRY(const std::int64_t version, version_of(database, file));
  if (version == 0) {
    return ErrorInWords{fmt::format("{}: expected a history of Holdfast", file.string())};
  }
  History history(std::move(database));
  if (version == 1) history.key_ = history.program_ = "''";
  return history;
}

Result<void> History::in_transaction(const std::function<Result<void>()>& change) {
  // It waits for another writer now. A later change could only fail.
  HOLDFAST_DO(database_.execute("BEGIN IMMEDIATE"));
  Result<void> done = change();
  if (done) done = database_.execute("COMMIT");
  if (!done) (void)database_.execute("ROLLBACK");
  return done;
}

Result<std::vector<RunHead>> History::runs() {
  HOLDFAST_TRY(
      Statement all,
      database_.prepare("SELECT name, started, ended, complete FROM run ORDER BY started, name"));
  std::vector<RunHead> heads;
  HOLDFAST_DO(all.each([&] {
    heads.push_back({all.text(0), all.real(1), all.real(2), all.number(3) != 0});
  }));
  return heads;
}

Result<std::vector<NumberedTest>> History::tests() {
  HOLDFAST_TRY(Statement all, database_.prepare(fmt::format(
                                  "SELECT id, name, batch, nth, {} FROM test ORDER BY id", key_)));
  std::vector<NumberedTest> tests;
  HOLDFAST_DO(all.each([&] {
    tests.push_back({all.number(0), {all.text(1), all.text(2), all.number(3), all.text(4)}});
  }));
  return tests;
}

Result<std::int64_t> History::row_of(const RunHead& head) {
  HOLDFAST_TRY(Statement one, database_.prepare("SELECT id FROM run WHERE started=? AND name=?"));
  HOLDFAST_TRY(const bool row, one.with(head.started, head.id).step());
  return row ? one.number(0) : 0;
}

Result<PastRun> History::load(const RunHead& head, std::optional<std::string_view> test) {
  HOLDFAST_TRY(const std::int64_t id, row_of(head));
  HOLDFAST_TRY(
      Statement all,
      database_.prepare(fmt::format(
          "SELECT test.name, test.batch, test.nth, word.text, grade, wall_ms, attempts, flaky, {}, "
          "{} FROM {} JOIN word ON word.id=result.outcome WHERE result.run=?1 ORDER BY result.test",
          key_, program_,
          test ? "test JOIN result ON result.test=test.id AND test.name=?2"
               : "result JOIN test ON test.id=result.test")));
  all.bind(0, id);
  if (test) all.bind(1, *test);
  PastRun run{head, {}};
  HOLDFAST_DO(all.each([&] {
    run.results.push_back({{all.text(0), all.text(1), all.number(2), all.text(8)},
                           all.text(3),
                           grade_at(all.number(4)),
                           bounded(all.number(5), k_longest_ms),
                           bounded(all.number(6), k_most_attempts),
                           all.number(7) != 0,
                           {},
                           all.text(9)});
  }));
  HOLDFAST_DO(load_failures(id, run));
  return run;
}

Result<void> History::load_failures(std::int64_t row, PastRun& run) {
  std::map<TestId, PastResult*> results;
  for (PastResult& result : run.results) {
    if (result.is_red() || result.flaky || result.attempts > 1) results[result.test] = &result;
  }
  if (results.empty()) return {};
  HOLDFAST_TRY(
      Statement all,
      database_.prepare(
          "SELECT test.name, test.batch, test.nth, attempt, outcome.text, signature.text FROM "
          "failure "
          "JOIN test ON test.id=failure.test JOIN word AS outcome ON outcome.id=failure.outcome "
          "JOIN word AS signature ON signature.id=failure.signature WHERE failure.run=? "
          "ORDER BY failure.test, attempt"));
  return all.with(row).each([&] {
    const auto result = results.find({all.text(0), all.text(1), all.number(2), {}});
    if (result == results.end()) return;
    result->second->failures.push_back({all.number(3), all.text(4), all.text(5)});
  });
}

Result<void> History::read_back(const std::function<std::optional<NumberRange>()>& wanted,
                                const std::function<void(const BriefResult&)>& see) {
  HOLDFAST_TRY(Statement runs,
               database_.prepare("SELECT id FROM run ORDER BY started DESC, name DESC"));
  HOLDFAST_TRY(Statement results, database_.prepare("SELECT test, grade, wall_ms, attempts FROM "
                                                    "result WHERE run=? AND test BETWEEN ? AND ?"));
  while (true) {
    HOLDFAST_TRY(const bool run, runs.step());
    if (!run) return {};
    const std::optional<NumberRange> range = wanted();
    if (!range) return {};
    results.with(runs.number(0), range->first, range->last);
    HOLDFAST_DO(results.each([&] {
      see({results.number(0), grade_at(results.number(1)), bounded(results.number(2), k_longest_ms),
           bounded(results.number(3), k_most_attempts)});
    }));
  }
}

Result<std::size_t> History::add(const std::vector<PastRun>& runs) {
  return add_each(runs.size(), [&](std::size_t i) { return Result<PastRun>(runs[i]); });
}

Result<std::size_t> History::add_each(std::size_t count,
                                      const std::function<Result<PastRun>(std::size_t)>& run_at) {
  std::size_t added = 0;
  const Result<void> done = in_transaction([&]() -> Result<void> {
    HOLDFAST_TRY(Inserter inserter, Inserter::of(database_));
    for (std::size_t i = 0; i < count; ++i) {
      HOLDFAST_TRY(const PastRun run, run_at(i));
      HOLDFAST_TRY(const std::int64_t known, row_of(run.head));
      if (known != 0) continue;
      HOLDFAST_DO(inserter.insert(run));
      ++added;
    }
    return {};
  });
  if (!done) return done.error();
  return added;
}

Result<std::size_t> History::add_all_of(History& other) {
  HOLDFAST_TRY(const std::vector<RunHead> theirs, other.runs());
  return add_each(theirs.size(), [&](std::size_t i) { return other.load(theirs[i]); });
}

Result<void> History::remove_before(double started) {
  const std::array<std::string_view, 5> steps = {
      "DELETE FROM failure WHERE run IN (SELECT id FROM run WHERE started<?)",
      "DELETE FROM result WHERE run IN (SELECT id FROM run WHERE started<?)",
      "DELETE FROM run WHERE started<?",
      "DELETE FROM test WHERE ?>=0 AND id NOT IN (SELECT test FROM result)",
      "DELETE FROM word WHERE ?>=0 AND id NOT IN (SELECT outcome FROM result UNION SELECT program "
      "FROM result UNION SELECT outcome FROM failure UNION SELECT signature FROM failure)"};
  for (const std::string_view step : steps) {
    HOLDFAST_TRY(Statement statement, database_.prepare(step));
    HOLDFAST_DO(statement.bind(0, started).run());
  }
  return {};
}

Result<std::int64_t> History::bytes() {
  HOLDFAST_TRY(Statement asked, database_.prepare("SELECT page_count * page_size "
                                                  "FROM pragma_page_count, pragma_page_size"));
  HOLDFAST_DO(asked.run());
  return asked.number(0);
}

Result<void> History::prune(double now, const HistoryLimits& limits) {
  HOLDFAST_TRY(const std::vector<RunHead> all, runs());
  const auto newest = std::find_if(all.rbegin(), all.rend(),
                                   [&](const RunHead& run) { return run.started <= now; });
  const double oldest = newest == all.rend() ? 0 : newest->started - limits.age_s;
  std::size_t kept = 0;
  while (kept + 1 < all.size() && all[kept].started < oldest) ++kept;
  HOLDFAST_DO(keep_from(all, kept));
  while (kept + 1 < all.size()) {
    HOLDFAST_TRY(const std::int64_t size, bytes());
    if (size <= limits.bytes) break;
    // So much room is made that not each run has to make some.
    kept = std::min(kept + (all.size() - kept + 3) / 4, all.size() - 1);
    HOLDFAST_DO(keep_from(all, kept));
  }
  return {};
}

Result<void> History::keep_from(const std::vector<RunHead>& all, std::size_t first) {
  if (first == 0) return {};
  const double started = all[first].started;
  HOLDFAST_DO(in_transaction([&] { return remove_before(started); }));
  return database_.execute("PRAGMA incremental_vacuum");
}

Result<void> History::copy_to(const std::filesystem::path& file) {
  HOLDFAST_TRY(Statement copy, database_.prepare("VACUUM INTO ?"));
  return copy.bind(0, file.string()).run();
}

}  // namespace holdfast
