#include "reply.h"

#include <stdlib.h>
#include <string.h>

#include "memory.h"

static bool equals(const uint8_t *bytes, size_t count, const char *text) {
  return count == strlen(text) && memcmp(bytes, text, count) == 0;
}

static bool starts_with(const uint8_t *bytes, size_t count, const char *text) {
  return count >= strlen(text) && memcmp(bytes, text, strlen(text)) == 0;
}

/* A number of at most three digits; -1 for anything else. */
static int small_number(const uint8_t *bytes, size_t count) {
  int number = 0;
  if (count == 0 || count > 3) return -1;
  for (size_t i = 0; i < count; i++) {
    if (bytes[i] < '0' || bytes[i] > '9') return -1;
    number = number * 10 + bytes[i] - '0';
  }
  return number;
}

void reply_header(struct reply *reply, const uint8_t *name, size_t name_count,
                  const uint8_t *value, size_t value_count) {
  if (equals(name, name_count, "grpc-status")) {
    reply->has_grpc_status = true;
    reply->grpc_status = small_number(value, value_count);
  } else if (equals(name, name_count, ":status")) {
    reply->http_status = small_number(value, value_count);
  } else if (equals(name, name_count, "content-type")) {
    reply->is_grpc = starts_with(value, value_count, "application/grpc");
  }
}

/* The prefix is whole: checks it and allocates the message. */
static bool begin_message(struct reply *reply) {
  const uint8_t *prefix = reply->prefix;
  bool is_compressed = prefix[0] != 0;
  reply->length = (size_t)prefix[1] << 24 | (size_t)prefix[2] << 16 | (size_t)prefix[3] << 8 |
                  prefix[4];
  if (is_compressed || reply->length > REPLY_BYTES_MAX) return false;
  reply->message = allocate(reply->length);
  return true;
}

bool reply_data(struct reply *reply, const uint8_t *bytes, size_t count) {
  if (reply->http_status != 200 || !reply->is_grpc) return false;
  while (reply->prefix_count < sizeof reply->prefix && count > 0) {
    reply->prefix[reply->prefix_count++] = *bytes++;
    count--;
    if (reply->prefix_count == sizeof reply->prefix && !begin_message(reply)) return false;
  }
  if (count == 0) return true;
  if (count > reply->length - reply->filled) return false;
  memcpy(reply->message + reply->filled, bytes, count);
  reply->filled += count;
  return true;
}

/* Reads a varint; false at the end of the bytes or past 64 bits. */
static bool take_varint(const uint8_t **place, const uint8_t *end, uint64_t *value) {
  *value = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    if (*place == end) return false;
    uint8_t byte = *(*place)++;
    *value |= (uint64_t)(byte & 0x7f) << shift;
    if (!(byte & 0x80)) return true;
  }
  return false;
}

/* Looks for the last field `wanted` of the message; false when the bytes are no protobuf of
 * varints and lengths. Nothing found leaves `found_count` 0. */
static bool find_bytes(const uint8_t *bytes, size_t count, uint64_t wanted, const uint8_t **found,
                       size_t *found_count) {
  *found = NULL;
  *found_count = 0;
  if (count == 0) return true;
  const uint8_t *place = bytes, *end = bytes + count;
  while (place < end) {
    uint64_t key, value;
    if (!take_varint(&place, end, &key) || !take_varint(&place, end, &value)) return false;
    if ((key & 7) == 0) continue;
    if ((key & 7) != 2 || value > (uint64_t)(end - place)) return false;
    if (key >> 3 == wanted) {
      *found = place;
      *found_count = (size_t)value;
    }
    place += value;
  }
  return true;
}

enum outcome reply_outcome(const struct reply *reply) {
  if (!reply->has_grpc_status || reply->grpc_status != 0) return OUTCOME_TIMEOUT;
  if (!reply->message || reply->filled < reply->length) return OUTCOME_TIMEOUT;
  const uint8_t *status, *code;
  size_t status_count, code_count;
  bool is_success = find_bytes(reply->message, reply->length, 1, &status, &status_count) &&
                    find_bytes(status, status_count, 1, &code, &code_count) &&
                    equals(code, code_count, "SUCCESS");
  return is_success ? OUTCOME_SUCCESS : OUTCOME_FAILED;
}

void reply_clear(struct reply *reply) {
  free(reply->message);
  *reply = (struct reply){0};
}
