#include "history/database.hpp"

#include <fcntl.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "os/file/own_files.hpp"
#include "os/file/trusted_directory.hpp"

namespace holdfast {
namespace {

// How SQLite opens a history: below a directory that Holdfast has opened, and nothing else.
//
// SQLite would resolve the links in the path and then open the result by its name, and who owns a
// directory on the way may put another one there meanwhile. A journal that somebody left beside the
// history can also name any other file, for SQLite to remove. So the files are named by a
// descriptor of their directory, each is looked at before it is opened, and a journal that names
// further files is refused.
constexpr const char* k_vfs = "holdfast";

constexpr std::string_view k_descriptors = "/proc/self/fd/";

// What SQLite itself uses on Linux.
sqlite3_vfs* usual() { return sqlite3_vfs_find("unix"); }

int keep_name(sqlite3_vfs* /*self*/, const char* name, int room, char* out) {
  const std::size_t length = std::strlen(name);
  if (length >= static_cast<std::size_t>(room)) return SQLITE_CANTOPEN;
  std::memcpy(out, name, length + 1);
  return SQLITE_OK;
}

// Without shared memory there is no write-ahead log. A file that somebody else has put into that
// mode would need two more files beside it, even to read it.
const sqlite3_io_methods* without_shared_memory(const sqlite3_io_methods& methods) {
  static const sqlite3_io_methods without = [&methods] {
    sqlite3_io_methods copy = methods;
    copy.iVersion = 1;
    return copy;
  }();
  return &without;
}

int open_file(sqlite3_vfs* /*self*/, const char* name, sqlite3_file* file, int flags, int* out) {
  if ((flags & SQLITE_OPEN_SUPER_JOURNAL) != 0) return SQLITE_CANTOPEN;
  // It would wait for ever for who writes to a FIFO.
  struct stat info {};
  if (name != nullptr && ::lstat(name, &info) == 0 && !S_ISREG(info.st_mode)) {
    return SQLITE_CANTOPEN;
  }
  const int opened = usual()->xOpen(usual(), name, file, flags, out);
  const bool is_history = (flags & SQLITE_OPEN_MAIN_DB) != 0 && file->pMethods != nullptr;
  if (is_history) file->pMethods = without_shared_memory(*file->pMethods);
  return opened;
}

// The user has named the file. In a directory for everybody, others can leave links.
std::string followed(const std::string& path) {
  struct stat info {};
  const bool is_link = ::lstat(path.c_str(), &info) == 0 && S_ISLNK(info.st_mode);
  if (!is_link || os::has_own_part(path)) return path;
  if (!os::is_trusted_owner(info.st_uid)) return path;
  std::array<char, PATH_MAX> real{};
  return ::realpath(path.c_str(), real.data()) == nullptr ? path : real.data();
}

// Closing the file that SQLite has open in this process would end the locks of it, so it is opened
// only if it is new.
Result<void> make(const std::string& path) {
  const Result<os::UniqueFd> made = os::open_own(path, O_RDWR | O_CREAT | O_EXCL);
  if (made || errno == EEXIST) return {};
  return made.error();
}

// The name of the way in which SQLite is to open it (sqlite3_vfs).
const char* own_vfs() {
  static sqlite3_vfs own = [] {
    sqlite3_vfs copy = *usual();
    copy.pNext = nullptr;
    copy.zName = k_vfs;
    copy.xFullPathname = keep_name;
    copy.xOpen = open_file;
    return copy;
  }();
  if (sqlite3_vfs_find(k_vfs) == nullptr) sqlite3_vfs_register(&own, 0);
  return k_vfs;
}

// Fails unless `file` and what SQLite has beside it are as os/file/own_files.hpp says. A link of
// this user or of root is followed if the path is the user's own.
Result<os::OwnPlace> find_own_database(const std::string& file, Database::Use use) {
  const std::string path = followed(file);
  for (const char* const suffix : {"", "-journal", "-wal", "-shm"}) {
    HOLDFAST_DO(os::check_own(path + suffix, os::Expected::file_to_write));
  }
  if (use == Database::Use::write && !os::exists_own(path)) HOLDFAST_DO(make(path));
  return os::own_place(path);
}

// The path of a file that SQLite names, for messages.
std::string path_of_own(const char* name) {
  const std::string_view path = name == nullptr ? "" : name;
  const std::size_t slash = path.rfind('/');
  if (!path.starts_with(k_descriptors)) return std::string(path);
  return os::read_link(std::string(path.substr(0, slash))) + std::string(path.substr(slash));
}

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
  Result<bool> end = false;
  if (code != SQLITE_DONE) end = error_of(sqlite3_db_handle(statement_.get()), code);
  sqlite3_reset(statement_.get());
  return end;
}

void Statement::reset() { sqlite3_reset(statement_.get()); }

Result<void> Statement::run() {
  if (const Result<bool> row = step(); !row) return row.error();
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
  HOLDFAST_TRY(os::OwnPlace own, find_own_database(file.string(), use));
  const std::string name =
      std::string(k_descriptors) + std::to_string(own.directory.get()) + "/" + own.name;
  Result<Database> database =
      open(name, use == Use::read ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE, file);
  if (database) database->directory_ = std::move(own.directory);
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
