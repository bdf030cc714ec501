#include "report/html/data.hpp"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <new>
#include <utility>

namespace holdfast {
namespace {

constexpr std::size_t k_piece = 64U << 10U;
constexpr std::string_view k_digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

}  // namespace

class DataBlock::Gzip {
 public:
  Gzip() {
    constexpr int k_gzip = 16;  // added to the size of the window: with the header of gzip
    constexpr int k_usual_memory = 8;
    if (::deflateInit2(&stream_, Z_DEFAULT_COMPRESSION, Z_DEFLATED, MAX_WBITS + k_gzip,
                       k_usual_memory, Z_DEFAULT_STRATEGY) != Z_OK)
      throw std::bad_alloc();
  }
  ~Gzip() { ::deflateEnd(&stream_); }
  Gzip(const Gzip&) = delete;
  Gzip& operator=(const Gzip&) = delete;

  // Appends what is ready of the compressed `bytes` to `to`.
  void compress(std::string& bytes, bool is_end, std::string& to) {
    stream_.next_in = reinterpret_cast<Bytef*>(bytes.data());
    stream_.avail_in = static_cast<uInt>(bytes.size());
    do {
      stream_.next_out = buffer_.data();
      stream_.avail_out = static_cast<uInt>(buffer_.size());
      ::deflate(&stream_, is_end ? Z_FINISH : Z_NO_FLUSH);
      to.append(reinterpret_cast<const char*>(buffer_.data()), buffer_.size() - stream_.avail_out);
    } while (stream_.avail_out == 0);
  }

 private:
  z_stream stream_{};
  std::array<Bytef, 16U << 10U> buffer_{};
};

DataBlock::DataBlock(std::string_view id, Write write)
    : write_(std::move(write)), gzip_(std::make_unique<Gzip>()) {
  put(fmt::format("<script type=\"application/octet-stream\" id=\"{}\">", id));
}

DataBlock::~DataBlock() = default;

void DataBlock::put(std::string_view bytes) {
  written_ += bytes.size();
  write_(bytes);
}

void DataBlock::compress(bool is_end) {
  gzip_->compress(waiting_, is_end, left_);
  waiting_.clear();
  const std::size_t whole = is_end ? left_.size() : left_.size() - left_.size() % 3;
  put(base64(std::string_view(left_).substr(0, whole)));
  left_.erase(0, whole);
}

void DataBlock::add(std::string_view json) {
  raw_ += json.size();
  waiting_ += json;
  if (waiting_.size() >= k_piece) compress(false);
}

void DataBlock::end() {
  compress(true);
  put("</script>\n");
}

std::string base64(std::string_view bytes) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t number = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t group = 0;
    for (std::size_t j = 0; j < 3; ++j)
      group = group << 8U | (j < number ? static_cast<unsigned char>(bytes[i + j]) : 0U);
    for (std::size_t j = 0; j < 4; ++j)
      text += j <= number ? k_digits[group >> (18U - 6U * j) & 63U] : '=';
  }
  return text;
}

void append_number(std::string& text, std::int64_t number) {
  fmt::format_to(std::back_inserter(text), "{}", number);
}

void append_string(std::string& text, std::string_view string) {
  text += '"';
  for (const char c : string) {
    if (c == '"' || c == '\\') text += '\\';
    text += c;
  }
  text += '"';
}

}  // namespace holdfast
