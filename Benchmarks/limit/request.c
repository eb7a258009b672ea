#include "request.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"

/* The types of commons.Variant that are sent. */
enum { VARIANT_INT = 2, VARIANT_STRING = 3, VARIANT_JSON = 6 };
enum { FRAME_PREFIX_BYTES = 5, FIELD_HEAD_BYTES_MAX = 16 };

/* Protobuf of unknown length, written forwards into a block that is large enough. */
struct writer {
  uint8_t *bytes;
  size_t count;
};

static struct writer writer_make(size_t capacity) {
  return (struct writer){.bytes = allocate(capacity)};
}

static void put_varint(struct writer *writer, uint64_t value) {
  while (value > 0x7f) {
    writer->bytes[writer->count++] = (uint8_t)(value | 0x80);
    value >>= 7;
  }
  writer->bytes[writer->count++] = (uint8_t)value;
}

static void put_number(struct writer *writer, int field, uint64_t value) {
  put_varint(writer, (uint64_t)field << 3);
  put_varint(writer, value);
}

static void put_bytes(struct writer *writer, int field, const void *bytes, size_t count) {
  put_varint(writer, (uint64_t)field << 3 | 2);
  put_varint(writer, count);
  memcpy(writer->bytes + writer->count, bytes, count);
  writer->count += count;
}

/* Appends an Argument: its position and its Variant. */
static void put_argument(struct writer *writer, int position, int type, const void *value,
                         size_t count) {
  struct writer variant = writer_make(count + 2 * FIELD_HEAD_BYTES_MAX);
  put_number(&variant, 2, (uint64_t)type);
  if (count) put_bytes(&variant, 3, value, count);
  struct writer argument = writer_make(variant.count + 2 * FIELD_HEAD_BYTES_MAX);
  put_number(&argument, 1, (uint64_t)position);
  put_bytes(&argument, 2, variant.bytes, variant.count);
  put_bytes(writer, 2, argument.bytes, argument.count);
  free(variant.bytes);
  free(argument.bytes);
}

static void put_integer(struct writer *writer, int position, int64_t value) {
  uint8_t bytes[8];
  for (int i = 0; i < 8; i++) bytes[i] = (uint8_t)((uint64_t)value >> (8 * i));
  put_argument(writer, position, VARIANT_INT, bytes, sizeof bytes);
}

/* Leaves room for gRPC's prefix, which frame() fills in. */
static struct writer message_begin(size_t capacity) {
  struct writer writer = writer_make(FRAME_PREFIX_BYTES + capacity);
  writer.count = FRAME_PREFIX_BYTES;
  return writer;
}

static struct request frame(struct writer writer) {
  size_t length = writer.count - FRAME_PREFIX_BYTES;
  writer.bytes[0] = 0;
  for (int i = 0; i < 4; i++) writer.bytes[1 + i] = (uint8_t)(length >> (24 - 8 * i));
  return (struct request){.bytes = writer.bytes, .count = writer.count};
}

struct request request_setup(void) {
  static const char base_class[] = "condorgame.tracker.TrackerBase";
  struct writer writer = message_begin(sizeof base_class + FIELD_HEAD_BYTES_MAX);
  put_bytes(&writer, 1, base_class, sizeof base_class - 1);
  return frame(writer);
}

/* {"BTC": [[time, price], ...]}, one point a minute, at most `limit` bytes of points. */
static char *price_history(size_t limit, size_t *count) {
  static const char head[] = "{\"BTC\": [", tail[] = "]}";
  char *text = allocate(limit + sizeof head + sizeof tail);
  size_t used = sizeof head - 1;
  memcpy(text, head, used);
  size_t end = used + limit;
  for (long minute = 0;; minute++) {
    char point[64];
    int length = snprintf(point, sizeof point, "%s[%ld.0, 100000.25]", minute ? ", " : "",
                          1795345314 + 60 * minute);
    if (used + (size_t)length > end) break;
    memcpy(text + used, point, (size_t)length);
    used += (size_t)length;
  }
  memcpy(text + used, tail, sizeof tail - 1);
  *count = used + sizeof tail - 1;
  return text;
}

struct request request_call(enum method method, size_t arg_bytes) {
  if (method == METHOD_PREDICT) {
    struct writer writer = message_begin(256);
    put_bytes(&writer, 1, "predict", 7);
    put_argument(&writer, 1, VARIANT_STRING, "BTC", 3);
    put_integer(&writer, 2, 86400);
    put_integer(&writer, 3, 300);
    return frame(writer);
  }
  size_t count;
  char *history = price_history(arg_bytes, &count);
  struct writer writer = message_begin(count + 8 * FIELD_HEAD_BYTES_MAX);
  put_bytes(&writer, 1, "tick", 4);
  put_argument(&writer, 1, VARIANT_JSON, history, count);
  free(history);
  return frame(writer);
}

void request_free(struct request *request) {
  free(request->bytes);
  *request = (struct request){0};
}
