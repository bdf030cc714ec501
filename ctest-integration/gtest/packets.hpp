// Messages to and from holdfast-exec: docs/internals/worker-protocol.md.
#pragma once

#include <string>
#include <vector>

namespace holdfast {
namespace gtest_support {

// Owns a descriptor and closes it. -1: none.
class Descriptor {
 public:
  explicit Descriptor(int number = -1) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(other.release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept;
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { reset(); }

  int get() const { return number_; }
  bool valid() const { return number_ >= 0; }
  int release();
  void reset();

 private:
  int number_;
};

using Fields = std::vector<std::string>;

// Gives it a number above 2. It may have got 0, 1 or 2 if this process was started without them.
void move_up(Descriptor& descriptor);

struct Packet {
  Fields fields;  // empty: the connection has ended, or the message makes no sense
  std::vector<Descriptor> descriptors;
};

// Connects to the batch of which this process may be a worker. Invalid: there is no batch.
Descriptor connect_to_batch();

// Waits for the next message.
Packet receive(int socket);

// Waits for the next message, ten seconds at most.
Packet receive_answer(int socket);

// The bytes of a message.
std::string packed(const Fields& fields);

// These wait for room in the socket, ten seconds at most. False: the message is not sent.
bool send_fields(int socket, const Fields& fields);
bool send_packed(int socket, const std::string& message);

}  // namespace gtest_support
}  // namespace holdfast
