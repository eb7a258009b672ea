#ifndef LIMIT_PEER_H
#define LIMIT_PEER_H

#include <nghttp2/nghttp2.h>
#include <stdbool.h>
#include <uv.h>

#include "gather.h"
#include "reply.h"
#include "request.h"

enum {
  WINDOW_BYTES = 16 << 20,      /* of a connection and of a stream: an answer in one go */
  READ_BUFFER_BYTES = 256 << 10 /* of a loop: four answers in one read */
};

/* Told of what becomes of a peer. */
struct peer_events {
  void (*did_become_ready)(void *context);
  void (*did_end_call)(void *context, enum outcome outcome);
  /* The connection is gone; a call under way has been told. */
  void (*did_close)(void *context, bool was_ready, const char *reason);
  void *context;
};

/* What all peers of the loop share. */
struct peer_world {
  uv_loop_t *loop;
  nghttp2_session_callbacks *callbacks;
  struct peer_events events;
  struct request setup;
  struct gather gather;
  char read_buffer[READ_BUFFER_BYTES];
};

enum peer_state { PEER_CONNECTING, PEER_SETTING_UP, PEER_READY, PEER_CLOSED };

/* One model: a connection, its HTTP/2 session and the one call under way. */
struct peer {
  uv_tcp_t tcp;
  uv_connect_t connecting;
  struct peer_world *world;
  nghttp2_session *session;
  struct pending_write *pending; /* a write that the kernel has not taken; nothing goes past it */
  const struct request *body;
  size_t body_sent;
  int32_t stream; /* of the call under way; 0 without one */
  enum peer_state state;
  char authority[64];
  struct reply reply; /* the last answer, kept until the next call or reply_clear() */
};

void peer_world_open(struct peer_world *world, uv_loop_t *loop, struct peer_events events);
void peer_world_close(struct peer_world *world);

/* Begins to connect and to set the model up; `did_become_ready` or `did_close` follows. The peer
 * must stay where it is until the loop has run dry after peer_close(). */
void peer_open(struct peer *peer, struct peer_world *world, const char *host, int port);

/* Calls the model with `body`, which outlives the call; `did_end_call` follows. `timeout` is the
 * text of grpc-timeout and outlives the call, too. False when the peer takes no calls. */
bool peer_call(struct peer *peer, const struct request *body, const char *timeout);

/* Gives the call under way up; what still comes of it is dropped. */
void peer_cancel(struct peer *peer);

/* Ends the connection; nobody is told. */
void peer_close(struct peer *peer);

#endif
