#include "history/database.hpp"

#include <sqlite3.h>

#include <utility>

#include "history/own_database.hpp"

namespace holdfast {
namespace {

constexpr int k_patience_ms = 5000;

bool is_of_damage(int code) {
  const int primary = code & 0xFF;
  return primary == SQLITE_NOTADB || primary == SQLITE_CORRUPT;
}

Error error_of(sqlite3* database, int code) {
  const std::string file =
      database == nullptr ? "" : path_of_own(sqlite3_db_filename(database, "main"));
  if (is_of_damage(code)) return Error{"read " + file + ": damaged, or no history"};
  return Error{"use " + file + ": " +
               (database == nullptr ? "out of memory" : sqlite3_errmsg(database))};
}

sqlite3* database_of(sqlite3_stmt* statement) { return sqlite3_db_handle(statement); }

}  // namespace

void Statement::Finalise::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
void Database::Close::operator()(sqlite3* database) const { sqlite3_close_v2(database); }

Statement& Statement::bind(int parameter, std::int64_t value) {
  sqlite3_bind_int64(statement_.get(), parameter + 1, value);
  return *this;
}

Statement& Statement::bind(int parameter, double value) {
  sqlite3_bind_double(statement_.get(), parameter + 1, value);
  return *this;
}

Statement& Statement::bind(int parameter, std::string_view value) {
  sqlite3_bind_text64(statement_.get(), parameter + 1, value.data(), value.size(), SQLITE_TRANSIENT,
                      SQLITE_UTF8);
  return *this;
}

Result<bool> Statement::step() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  sqlite3* const database = database_of(statement_.get());
  if (code != SQLITE_DONE) {
    Error error = error_of(database, code);
    sqlite3_reset(statement_.get());
    return error;
  }
  sqlite3_reset(statement_.get());
  return false;
}

void Statement::reset() { sqlite3_reset(statement_.get()); }

Result<void> Statement::run() {
  const Result<bool> row = step();
  if (!row) return row.error();
  return {};
}

std::int64_t Statement::number(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

double Statement::real(int column) const { return sqlite3_column_double(statement_.get(), column); }

std::string Statement::text(int column) const {
  const unsigned char* const bytes = sqlite3_column_text(statement_.get(), column);
  const int size = sqlite3_column_bytes(statement_.get(), column);
  return bytes == nullptr
             ? std::string()
             : std::string(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
}

Result<Database> Database::open(const std::filesystem::path& file, Use use) {
  Result<OwnDatabase> own = find_own_database(
      file.string(), use == Use::write ? MissingFile::is_made : MissingFile::is_error);
  if (!own) return own.error();
  Result<Database> database =
      open(own->name, use == Use::read ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE, file);
  if (database) database->directory_ = std::move(own->directory);
  return database;
}

Result<Database> Database::in_memory() {
  return open(":memory:", SQLITE_OPEN_READWRITE | SQLITE_OPEN_MEMORY, "memory");
}

Result<Database> Database::open(const std::string& name, int flags,
                                const std::filesystem::path& file) {
  Database database;
  sqlite3* opened = nullptr;
  const int code = sqlite3_open_v2(name.c_str(), &opened, flags, own_vfs());
  database.database_.reset(opened);
  if (code != SQLITE_OK) {
    return Error{"open " + file.string() + ": " +
                 (opened == nullptr ? "out of memory" : sqlite3_errmsg(opened))};
  }
  sqlite3_busy_timeout(opened, k_patience_ms);
  sqlite3_db_config(opened, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(opened, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_db_config(opened, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);
  sqlite3_db_config(opened, SQLITE_DBCONFIG_ENABLE_VIEW, 0, nullptr);
  return database;
}

Result<Statement> Database::prepare(std::string_view sql) {
  Statement statement;
  sqlite3_stmt* prepared = nullptr;
  const int code = sqlite3_prepare_v2(database_.get(), sql.data(), static_cast<int>(sql.size()),
                                      &prepared, nullptr);
  if (code != SQLITE_OK) return error_of(database_.get(), code);
  statement.statement_.reset(prepared);
  return statement;
}

Result<void> Database::execute(const std::string& sql) {
  const int code = sqlite3_exec(database_.get(), sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return error_of(database_.get(), code);
  return {};
}

Result<std::int64_t> Database::number(std::string_view sql) {
  Result<Statement> statement = prepare(sql);
  if (!statement) return statement.error();
  const Result<bool> row = statement->step();
  if (!row) return row.error();
  return *row ? statement->number(0) : 0;
}

std::int64_t Database::last_row() const { return sqlite3_last_insert_rowid(database_.get()); }

bool Database::is_damaged() {
  Result<Statement> check = prepare("PRAGMA quick_check(1)");
  if (check) {
    const Result<bool> row = check->step();
    if (row) return check->text(0) != "ok";
  }
  return is_of_damage(sqlite3_errcode(database_.get()));
}

}  // namespace holdfast
