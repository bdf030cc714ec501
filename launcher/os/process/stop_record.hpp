// The stop command of a service, on record from before the service starts until the command has
// run. Where everybody who would run it was killed, the next run in the tree or `holdfast reap`
// finds the record and runs the command. Killing `docker run` leaves the container, for example.
//
// A record is a file, in the form of base/message.hpp. The host of the service and its
// guard hold it by flock(2), and so does whoever runs its command: nobody else then touches it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "os/file/descriptors.hpp"
#include "os/process/bounded_work.hpp"

namespace holdfast::os {

struct StopOrder {
  std::string service;   // its name
  BoundedOrder command;  // its words, environment, directory and time
};

// The path of the record of a generation, next to its log.
std::string stop_record_path(std::string_view log);

// Writes the record in one step: nobody ever finds a part of it. Replaces an older one. Returns
// the descriptor that holds it.
Result<UniqueFd> write_stop_record(const std::string& path, const StopOrder& order);

// Whether there is a record that is ours and that nobody holds.
bool is_left(const std::string& path);

struct LeftStop {
  std::string service;  // whose command has run; empty: the record was not understood, and stays
  std::string trouble;  // for people, in words; empty: the command ended with 0
};

// Runs the command of a record that is left, waits for its end, and removes the record. None: there
// is no such record. A file that is not understood, as another version's, stays, which is a
// trouble. `patience`: how long others may still hold it. A process that ends closes its
// descriptors one after the other, so it may hold the record after its sockets have told that it is
// gone.
std::optional<LeftStop> run_left_stop(const std::string& path,
                                      Milliseconds patience = Milliseconds{0});
// For who knows that those who held the record are gone, or about to be.
inline constexpr Milliseconds k_end_of_holders{2000};

}  // namespace holdfast::os
