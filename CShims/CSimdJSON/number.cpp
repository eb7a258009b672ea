#include "number.h"

#include <charconv>
#include <cstdint>
#include <cstring>

namespace {

using Wide = unsigned __int128;

// The powers of ten that matter: 5^54 is the largest whose double fits 127 bits.
constexpr int power_max = 54;

// The leading 64 bits of 10^q for q from -power_max to power_max, the first of them 1, the rest cut
// off. Those of 10^q are those of 5^q.
struct Powers {
  uint64_t leading[2 * power_max + 1];

  constexpr Powers() : leading() {
    Wide five = 1;
    for (int power = 0; power <= power_max; power += 1, five *= 5) {
      Wide shifted = five;
      while (shifted >> 127 == 0) { shifted <<= 1; }
      leading[power_max + power] = static_cast<uint64_t>(shifted >> 64);
      if (power > 0) { leading[power_max - power] = inverse(five); }
    }
  }

  // The leading 64 bits of 1 / divisor by long division.
  static constexpr uint64_t inverse(Wide divisor) {
    Wide rest = 1;
    uint64_t quotient = 0;
    while (quotient >> 63 == 0) {
      rest <<= 1;
      quotient <<= 1;
      if (rest >= divisor) {
        rest -= divisor;
        quotient |= 1;
      }
    }
    return quotient;
  }
};

constexpr Powers powers;

constexpr uint64_t small_powers[8] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000};
constexpr uint64_t zeros = 0x3030303030303030;
constexpr uint64_t high_halves = 0xF0F0F0F0F0F0F0F0;

// Eight bytes of the text, the first one lowest; zero bytes behind its end.
uint64_t load(const char *place, const char *end) noexcept {
  uint64_t bytes = 0;
  const auto left = static_cast<size_t>(end - place);
  if (left >= sizeof bytes) {
    std::memcpy(&bytes, place, sizeof bytes);
  } else {
    std::memcpy(&bytes, place, left);
  }
  return bytes;
}

// How many of the eight bytes are digits before the first that is none.
int digit_count(uint64_t bytes) noexcept {
  const uint64_t values = bytes ^ zeros;
  // A byte above 9 shows in its high half. A carry out of it only reaches bytes behind it.
  const uint64_t others = (values | (values + 0x0606060606060606)) & high_halves;
  return others == 0 ? 8 : __builtin_ctzll(others) / 8;
}

// The number of eight digits: pairs, then fours, then all by multiplication.
uint64_t value(uint64_t digits) noexcept {
  digits -= zeros;
  digits = digits * 10 + (digits >> 8);
  const uint64_t mask = 0x000000FF000000FF;
  const uint64_t outer = (digits & mask) * 0x000F424000000064;
  const uint64_t inner = (digits >> 16 & mask) * 0x0000271000000001;
  return (outer + inner) >> 32;
}

// Appends the digits at `place` to *mantissa, which is right as long as it has at most 19 of them.
const char *read_digits(const char *place, const char *end, uint64_t *mantissa) noexcept {
  for (;;) {
    uint64_t digits = load(place, end);
    const int count = digit_count(digits);
    if (count == 0) { return place; }
    if (count < 8) {
      // Fewer digits with zeros in front are the same number.
      digits = digits << 8 * (8 - count) | zeros >> 8 * count;
      *mantissa = *mantissa * small_powers[count] + value(digits);
      return place + count;
    }
    *mantissa = *mantissa * 100000000 + value(digits);
    place += 8;
  }
}

// Reads what follows an `e`; nullptr without a digit. Beyond a thousand all exponents are alike.
const char *read_exponent(const char *place, const char *end, int64_t *exponent) noexcept {
  const bool is_negative = place < end && *place == '-';
  if (place < end && (*place == '-' || *place == '+')) { place += 1; }
  const char *const first = place;
  int64_t size = 0;
  for (; place < end && *place >= '0' && *place <= '9'; place += 1) {
    if (size < 1000) { size = size * 10 + (*place - '0'); }
  }
  if (place == first) { return nullptr; }
  *exponent += is_negative ? -size : size;
  return place;
}

// Sets *number to the double closest to mantissa · 10^power; false when that can't be told.
//
// The product with the power's leading bits is less than 2^64 too small, so that its upper half is
// right or 1 too small. That decides the rounding, unless the bits behind a double's are next to
// the middle: in one of 500 numbers. The idea is Lemire's ("Number parsing at a gigabyte per
// second", 2021), who decides those, too. With at most 19 digits and these powers no double is
// subnormal.
bool nearest_double(uint64_t mantissa, int64_t power, bool is_negative, double *number) noexcept {
  if (power < -power_max || power > power_max) { return false; }
  if (mantissa == 0) {
    *number = is_negative ? -0.0 : 0.0;
    return true;
  }
  const int shift = __builtin_clzll(mantissa);
  const Wide product = static_cast<Wide>(mantissa << shift) * powers.leading[power_max + power];
  const auto upper = static_cast<uint64_t>(product >> 64);
  const int carry = static_cast<int>(upper >> 63);
  const uint64_t half = uint64_t{1} << (9 + carry);
  const uint64_t rest = upper & (2 * half - 1);
  if (rest == half || rest == half - 1) { return false; }
  const uint64_t rounded = (upper >> (10 + carry)) + (rest > half ? 1 : 0);
  // 217706 / 2^16 is the logarithm of 10 to the base of 2, close enough for these powers.
  const int64_t binary = (power * 217706 >> 16) + 63 - shift + carry;
  // The leading bit of the mantissa, or what it became by rounding, adds to the exponent.
  uint64_t bits = (static_cast<uint64_t>(binary + 1022) << 52) + rounded;
  bits |= static_cast<uint64_t>(is_negative) << 63;
  std::memcpy(number, &bits, sizeof bits);
  return true;
}

// The digits of a number from its first one that is not 0, as far as eight zeros behind a point.
int64_t significant_count(const char *digits, const char *end, int64_t count) noexcept {
  if (*digits != '0' || count < 2) { return count; }
  const uint64_t others = load(digits + 2, end) ^ zeros;
  return count - 1 - (others == 0 ? 8 : __builtin_ctzll(others) / 8);
}

}  // namespace

const char *updraft_json_read_number(const char *start, const char *end, double *number) noexcept {
  const bool is_negative = start < end && *start == '-';
  const char *const digits = start + is_negative;
  uint64_t mantissa = 0;
  // JSON has no number without a digit in front, and none with a needless zero there: what stands
  // behind such a zero is no part of the number.
  const bool is_below_one = digits < end && *digits == '0';
  const char *place = is_below_one ? digits + 1 : read_digits(digits, end, &mantissa);
  int64_t count = place - digits;
  if (count == 0) { return nullptr; }
  int64_t power = 0;
  const bool has_point = place < end && *place == '.';
  if (has_point) {
    const char *const first = place + 1;
    place = read_digits(first, end, &mantissa);
    if (place == first) { return nullptr; }
    power = first - place;
    count += place - first;
  }
  const bool has_exponent = place < end && (*place | 0x20) == 'e';
  if (has_exponent) {
    place = read_exponent(place + 1, end, &power);
    if (place == nullptr) { return nullptr; }
  }
  if (!has_point && !has_exponent) {
    if (count > 18) { return nullptr; }
    // As simdjson has it, -0 without a point is the integer 0.
    const auto whole = static_cast<int64_t>(mantissa);
    *number = static_cast<double>(is_negative ? -whole : whole);
    return place;
  }
  if (has_point) { count = significant_count(digits, end, count); }
  if (count <= 19 && nearest_double(mantissa, power, is_negative, number)) { return place; }
  const auto [behind, error] = std::from_chars(start, place, *number);
  return error == std::errc() && behind == place ? place : nullptr;
}
