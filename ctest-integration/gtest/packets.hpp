// Messages to and from holdfast-exec: docs/internals/worker-protocol.md.
#pragma once

#include <string>
#include <vector>

namespace holdfast {
namespace gtest_support {

// A descriptor that is closed with its owner. -1: none.
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

// Off 0, 1 and 2, which it may have got where this process was started without them.
void move_up(Descriptor& descriptor);

struct Packet {
  Fields fields;  // none: the connection has ended
  std::vector<Descriptor> descriptors;
};

// The socket of the batch this process may be a worker of; invalid: there is no batch.
Descriptor connect_to_batch();

// The next message, waited for. Closed by the other side, or not understood: no fields.
Packet receive(int socket);

// The same, ten seconds at most.
Packet receive_answer(int socket);

// The bytes of a message.
std::string packed(const Fields& fields);

// Waits for room, ten seconds at most. False when nobody hears us.
bool send_fields(int socket, const Fields& fields);
bool send_packed(int socket, const std::string& message);

}  // namespace gtest_support
}  // namespace holdfast
