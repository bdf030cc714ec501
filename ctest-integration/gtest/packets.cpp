#include "packets.hpp"

#include <errno.h>
#include <fcntl.h>
#include <holdfast/worker_protocol.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <utility>

namespace holdfast {
namespace gtest_support {
namespace {

// A working exec answers much sooner. A longer wait would make a test hang because exec hangs.
const int k_patience_s = 10;
// stdout, stderr, report socket.
const unsigned k_most_descriptors = 3;

Fields split(const char* text, std::size_t size) {
  Fields fields;
  while (size > 0) {
    const void* end = memchr(text, '\0', size);
    if (end == nullptr) return Fields();
    const std::size_t length = static_cast<std::size_t>(static_cast<const char*>(end) - text);
    fields.push_back(std::string(text, length));
    text += length + 1;
    size -= length + 1;
  }
  return fields;
}

// Room for the kernel's list of the descriptors in a message.
union Control {
  cmsghdr header;
  char space[CMSG_SPACE(k_most_descriptors * sizeof(int))];
};

void take_descriptors(msghdr& message, std::vector<Descriptor>& descriptors) {
  for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr;
       part = CMSG_NXTHDR(&message, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int number = -1;
      memcpy(&number, CMSG_DATA(part) + i * sizeof(int), sizeof number);
      descriptors.push_back(Descriptor(number));
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

Descriptor connect_to_batch() {
  const char* directory = getenv("HOLDFAST_MARKER_DIR");
  if (directory == nullptr || *directory == '\0') return Descriptor();
  sockaddr_un address;
  memset(&address, 0, sizeof address);
  address.sun_family = AF_UNIX;
  std::string path = std::string(directory) + "/" + HOLDFAST_WORKER_SOCKET;
  Descriptor place;
  if (path.size() >= sizeof address.sun_path) {
    place = Descriptor(::open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!place.valid()) return Descriptor();
    path = "/proc/self/fd/" + std::to_string(place.get()) + "/" + HOLDFAST_WORKER_SOCKET;
  }
  // Most attempts are no batch. This look saves them the socket.
  if (::access(path.c_str(), F_OK) != 0) return Descriptor();
  memcpy(address.sun_path, path.c_str(), path.size() + 1);
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

Packet receive_answer(int socket) {
  pollfd ready;
  ready.fd = socket;
  ready.events = POLLIN;
  ready.revents = 0;
  int count = 0;
  do {
    count = ::poll(&ready, 1, k_patience_s * 1000);
  } while (count < 0 && errno == EINTR);
  return count > 0 ? receive(socket) : Packet();
}

Packet receive(int socket) {
  std::vector<char> text(HOLDFAST_WORKER_LONGEST);
  Control control;
  iovec part;
  part.iov_base = text.data();
  part.iov_len = text.size();
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
  Packet packet;
  if (size <= 0) return packet;
  take_descriptors(message, packet.descriptors);
  if ((message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) == 0) {
    packet.fields = split(text.data(), static_cast<std::size_t>(size));
  }
  return packet;
}

std::string packed(const Fields& fields) {
  std::string text;
  for (const std::string& field : fields) text.append(field.c_str(), field.size() + 1);
  return text;
}

bool send_fields(int socket, const Fields& fields) { return send_packed(socket, packed(fields)); }

bool send_packed(int socket, const std::string& message) {
  ssize_t sent = -1;
  do {
    sent = ::send(socket, message.data(), message.size(), MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  return sent >= 0;
}

}  // namespace gtest_support
}  // namespace holdfast
