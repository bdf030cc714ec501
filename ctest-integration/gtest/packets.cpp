#include "packets.hpp"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace holdfast {
namespace gtest_support {
namespace {

// A working exec answers much sooner. A longer wait would make a test hang because exec hangs.
const int k_patience_s = 10;
const unsigned k_most_fields = 4;
// stdout, stderr, report socket.
const unsigned k_most_descriptors = 3;

void split(Packet& packet, size_t size) {
  const char* text = packet.text;
  unsigned fields = 0;
  while (size > 0 && fields < k_most_fields) {
    const void* end = memchr(text, '\0', size);
    if (end == nullptr) return;
    packet.at[fields++] = text;
    const size_t length = static_cast<size_t>(static_cast<const char*>(end) - text) + 1;
    text += length;
    size -= length;
  }
  if (size == 0) packet.fields = fields;
}

// Room for the kernel's list of the descriptors in a message.
union Control {
  cmsghdr header;
  char space[CMSG_SPACE(k_most_descriptors * sizeof(int))];
};

void take_descriptors(msghdr& message, Packet& packet) {
  for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr;
       part = CMSG_NXTHDR(&message, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
    const size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (size_t i = 0; i < count; ++i) {
      int number = -1;
      memcpy(&number, CMSG_DATA(part) + i * sizeof(int), sizeof number);
      Descriptor descriptor(number);
      if (packet.given < k_most_descriptors) {
        packet.descriptors[packet.given++] = static_cast<Descriptor&&>(descriptor);
      }
    }
  }
}

}  // namespace

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  if (this != &other) {
    reset();
    number_ = other.release();
  }
  return *this;
}

int Descriptor::release() {
  const int number = number_;
  number_ = -1;
  return number;
}

void Descriptor::reset() {
  if (number_ >= 0) ::close(number_);
  number_ = -1;
}

void move_up(Descriptor& descriptor) {
  if (descriptor.get() > STDERR_FILENO) return;
  descriptor = Descriptor(::fcntl(descriptor.get(), F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
}

const char* decimal(long long number, char (&room)[k_number_size]) {
  snprintf(room, sizeof room, "%lld", number);
  return room;
}

Message& Message::add(const char* field) { return put(field, strlen(field) + 1); }

Message& Message::add(long long field) {
  char room[k_number_size];
  return add(decimal(field, room));
}

Message& Message::put(const char* text, size_t size) {
  fits_ = fits_ && size <= sizeof bytes_ - size_;
  if (!fits_) return *this;
  memcpy(bytes_ + size_, text, size);
  size_ += size;
  return *this;
}

bool Packet::is(const char* name) const { return fields > 0 && strcmp(at[0], name) == 0; }

Descriptor connect_to_batch() {
  const char* directory = getenv("HOLDFAST_MARKER_DIR");
  if (directory == nullptr || *directory == '\0') return Descriptor();
  sockaddr_un address;
  memset(&address, 0, sizeof address);
  address.sun_family = AF_UNIX;
  const size_t room = sizeof address.sun_path;
  char* path = address.sun_path;
  Descriptor place;
  if (snprintf(path, room, "%s/%s", directory, HOLDFAST_WORKER_SOCKET) >= static_cast<int>(room)) {
    place = Descriptor(::open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!place.valid()) return Descriptor();
    snprintf(path, room, "/proc/self/fd/%d/%s", place.get(), HOLDFAST_WORKER_SOCKET);
  }
  // Most attempts are no batch. This look saves them the socket.
  if (::access(path, F_OK) != 0) return Descriptor();
  Descriptor socket(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  // If stdout is closed, the socket gets its number, and exec would receive what start-up printed.
  move_up(socket);
  if (!socket.valid()) return Descriptor();
  timeval patience;
  patience.tv_sec = k_patience_s;
  patience.tv_usec = 0;
  ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  const sockaddr* at = reinterpret_cast<const sockaddr*>(&address);
  if (::connect(socket.get(), at, sizeof address) != 0) return Descriptor();
  return socket;
}

void receive_answer(int socket, Packet& packet) {
  pollfd ready;
  ready.fd = socket;
  ready.events = POLLIN;
  ready.revents = 0;
  int count = 0;
  do {
    count = ::poll(&ready, 1, k_patience_s * 1000);
  } while (count < 0 && errno == EINTR);
  if (count > 0) receive(socket, packet);
}

void receive(int socket, Packet& packet) {
  Control control;
  iovec part;
  part.iov_base = packet.text;
  part.iov_len = sizeof packet.text;
  msghdr message;
  memset(&message, 0, sizeof message);
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = &control;
  message.msg_controllen = sizeof control;
  ssize_t size = -1;
  do {
    size = ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
  } while (size < 0 && errno == EINTR);
  packet.fields = 0;
  packet.given = 0;
  if (size <= 0) return;
  take_descriptors(message, packet);
  if ((message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) == 0) {
    split(packet, static_cast<size_t>(size));
  }
}

bool send(int socket, const Message& message) {
  if (!message.fits()) return false;
  ssize_t sent = -1;
  do {
    sent = ::send(socket, message.data(), message.size(), MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  return sent >= 0;
}

}  // namespace gtest_support
}  // namespace holdfast
