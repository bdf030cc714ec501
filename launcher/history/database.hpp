// The part of SQLite that the history needs. https://www.sqlite.org/cintro.html
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "os/file/descriptors.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace holdfast {

// A prepared statement. Its first parameter and its first column have the number 0.
class Statement {
 public:
  Statement& bind(int parameter, std::int64_t value);
  Statement& bind(int parameter, double value);
  Statement& bind(int parameter, std::string_view value);

  // Binds all parameters.
  template <typename... Values>
  Statement& with(const Values&... values) {
    int parameter = 0;
    (bind(parameter++, values), ...);
    return *this;
  }

  // Goes to the next row. False: there is none, and the statement is ready to be run again.
  Result<bool> step();
  // Calls `see` at each of the rows that are left.
  template <typename See>
  Result<void> each(See see) {
    while (true) {
      const Result<bool> row = step();
      if (!row) return row.error();
      if (!*row) return {};
      see();
    }
  }
  // Makes a statement that has more rows ready to be run again.
  void reset();
  // Runs a statement that has no rows, or goes to its only row.
  Result<void> run();

  std::int64_t number(int column) const;
  double real(int column) const;
  std::string text(int column) const;

 private:
  friend class Database;
  struct Finalise {
    void operator()(sqlite3_stmt* statement) const;
  };
  std::unique_ptr<sqlite3_stmt, Finalise> statement_;
};

class Database {
 public:
  enum class Use : std::uint8_t { read, write };

  // With Use::write, makes the file if it is not there. Refuses a file that somebody else may have
  // put there (os/file/own_files.hpp). Waits for another process that writes, a few seconds at
  // most. The file may come from anywhere: nothing that its schema says is executed.
  static Result<Database> open(const std::filesystem::path& file, Use use);

  static Result<Database> in_memory();

  // Does not fail for a statement of ours that fits the schema.
  Result<Statement> prepare(std::string_view sql);
  Result<void> execute(const std::string& sql);
  std::int64_t last_row() const;
  // Whether the file is no database, or a damaged one. Reads the whole file.
  bool is_damaged();

 private:
  struct Close {
    void operator()(sqlite3* database) const;
  };
  // `file` is for messages.
  static Result<Database> open(const std::string& name, int flags,
                               const std::filesystem::path& file);

  os::UniqueFd directory_;  // of the file; the connection needs it
  std::unique_ptr<sqlite3, Close> database_;
};

}  // namespace holdfast
