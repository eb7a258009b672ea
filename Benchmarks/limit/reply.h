#ifndef LIMIT_REPLY_H
#define LIMIT_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { REPLY_BYTES_MAX = 4 << 20 };

/* How a call ended. */
enum outcome {
  OUTCOME_SUCCESS, /* a whole answer whose status says SUCCESS */
  OUTCOME_FAILED,  /* a whole answer that says something else, or one that can't be read */
  OUTCOME_TIMEOUT, /* a gRPC status, a broken connection or the deadline */
};

/* One answer as it arrives: head, framed message, trailers. Zero is an answer of which nothing has
 * come. The message's memory is allocated once, when its length is known and within the limit. */
struct reply {
  uint8_t *message;
  size_t length;
  size_t filled;
  int http_status;
  int grpc_status;
  uint8_t prefix[5];
  uint8_t prefix_count;
  bool is_grpc;
  bool has_grpc_status;
};

/* Takes a field of the head or of the trailers. */
void reply_header(struct reply *reply, const uint8_t *name, size_t name_count,
                  const uint8_t *value, size_t value_count);

/* Takes a piece of the body; false when the answer breaks a limit or is none, and the stream is to
 * be reset. */
bool reply_data(struct reply *reply, const uint8_t *bytes, size_t count);

/* The end of an answer whose stream has closed. */
enum outcome reply_outcome(const struct reply *reply);

/* Frees the message and makes the answer an empty one. */
void reply_clear(struct reply *reply);

#endif
