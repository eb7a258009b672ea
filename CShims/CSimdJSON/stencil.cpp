#include "CSimdJSON.h"
#include "number.h"

#include <cstring>

namespace {

// Whether two texts are equal. Literals are short: a call of memcmp would cost more than the work.
bool equal(const char *one, const char *other, size_t length) noexcept {
  if (length < 8) {
    for (size_t index = 0; index < length; index += 1) {
      if (one[index] != other[index]) { return false; }
    }
    return true;
  }
  uint64_t a = 0;
  uint64_t b = 0;
  uint64_t difference = 0;
  for (size_t index = 0; index + 8 <= length; index += 8) {
    std::memcpy(&a, one + index, 8);
    std::memcpy(&b, other + index, 8);
    difference |= a ^ b;
  }
  // The rest together with bytes that were compared already.
  std::memcpy(&a, one + length - 8, 8);
  std::memcpy(&b, other + length - 8, 8);
  return (difference | (a ^ b)) == 0;
}

}  // namespace

extern "C" size_t updraft_json_stencil_match(
  const updraft_json_stencil *stencil, const char *text, size_t length, double *numbers) {
  const char *const end = text + length;
  const char *place = text;
  const char *literal = stencil->literals;
  for (size_t index = 0;; index += 1) {
    const size_t size = stencil->lengths[index];
    if (size > static_cast<size_t>(end - place) || !equal(place, literal, size)) { return 0; }
    place += size;
    literal += size;
    if (index == stencil->number_count) { return static_cast<size_t>(place - text); }
    place = updraft_json_read_number(place, end, numbers + index);
    if (place == nullptr) { return 0; }
  }
}
