// Messages to and from holdfast-exec: docs/internals/worker-protocol.md.
#pragma once

#include <holdfast/worker_protocol.h>
#include <stddef.h>

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

// Gives it a number above 2. It may have got 0, 1 or 2 if this process was started without them.
void move_up(Descriptor& descriptor);

// Room for a decimal number.
const size_t k_number_size = 24;
// Writes it there, and returns the room.
const char* decimal(long long number, char (&room)[k_number_size]);

// A message that is being made: its name first, then field by field. One that becomes too long is
// cut off, and does not fit.
class Message {
 public:
  explicit Message(const char* name) { add(name); }
  // A message of the progress log in its short form: docs/internals/worker-protocol.md.
  explicit Message(char short_name) { put(&short_name, 1); }

  Message& add(const char* field);
  Message& add(long long field);
  // Goes on with the last field.
  Message& put(const char* text, size_t size);
  Message& end_field() { return put("", 1); }

  bool fits() const { return fits_; }
  const char* data() const { return bytes_; }
  size_t size() const { return size_; }

 private:
  char bytes_[HOLDFAST_WORKER_LONGEST];
  size_t size_ = 0;
  bool fits_ = true;
};

// A message that was received. If the connection has ended, or the message makes no sense, it has
// no fields.
struct Packet {
  Packet() {}
  Packet(const Packet&) = delete;
  Packet& operator=(const Packet&) = delete;

  bool is(const char* name) const;
  // The field, or null.
  const char* field(unsigned number) const { return number < fields ? at[number] : nullptr; }

  unsigned fields = 0;
  unsigned given = 0;  // how many descriptors came with it
  const char* at[4];
  Descriptor descriptors[3];
  char text[HOLDFAST_WORKER_LONGEST];
};

// Connects to the batch of which this process may be a worker. Invalid: there is no batch.
Descriptor connect_to_batch();

// Waits for the next message.
void receive(int socket, Packet& packet);

// Waits for the next message, ten seconds at most.
void receive_answer(int socket, Packet& packet);

// Waits for room in the socket, ten seconds at most. False: the message is not sent.
bool send(int socket, const Message& message);

}  // namespace gtest_support
}  // namespace holdfast
