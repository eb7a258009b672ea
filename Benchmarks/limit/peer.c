#include "peer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"

static const char setup_path[] = "/dynamic_subclass.DynamicSubclassService/Setup";
static const char call_path[] = "/dynamic_subclass.DynamicSubclassService/Call";

/* What becomes of the bytes: the session's frames into the gather area, that into one write. */

static ssize_t session_will_send(nghttp2_session *session, const uint8_t *bytes, size_t count,
                                 int flags, void *context) {
  (void)session, (void)flags;
  struct peer *peer = context;
  return gather_copy(&peer->world->gather, bytes, count) ? (ssize_t)count
                                                         : NGHTTP2_ERR_WOULDBLOCK;
}

static int session_will_send_data(nghttp2_session *session, nghttp2_frame *frame,
                                  const uint8_t *head, size_t count, nghttp2_data_source *source,
                                  void *context) {
  (void)session, (void)frame, (void)source;
  struct peer *peer = context;
  struct gather *gather = &peer->world->gather;
  if (!gather_copy(gather, head, 9)) return NGHTTP2_ERR_WOULDBLOCK;
  gather_refer(gather, peer->body->bytes + peer->body_sent, count);
  peer->body_sent += count;
  return 0;
}

static ssize_t session_will_read_body(nghttp2_session *session, int32_t stream, uint8_t *buffer,
                                      size_t count, uint32_t *flags, nghttp2_data_source *source,
                                      void *context) {
  (void)session, (void)buffer, (void)source;
  struct peer *peer = context;
  if (stream != peer->stream) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  size_t left = peer->body->count - peer->body_sent;
  *flags = NGHTTP2_DATA_FLAG_NO_COPY;
  if (left <= count) *flags |= NGHTTP2_DATA_FLAG_EOF;
  return (ssize_t)(left < count ? left : count);
}

static ssize_t session_will_size_frame(nghttp2_session *session, uint8_t type, int32_t stream,
                                       int32_t session_window, int32_t stream_window,
                                       uint32_t frame_max, void *context) {
  (void)session, (void)type, (void)stream, (void)context;
  ssize_t size = session_window < stream_window ? session_window : stream_window;
  return size < (ssize_t)frame_max ? size : (ssize_t)frame_max;
}

static void peer_lose(struct peer *peer, const char *reason);
static void peer_flush(struct peer *peer);

static void pending_write_did_end(uv_write_t *request, int status) {
  struct peer *peer = request->data;
  free(peer->pending);
  peer->pending = NULL;
  if (peer->state == PEER_CLOSED) return;
  if (status < 0)
    peer_lose(peer, uv_strerror(status));
  else
    peer_flush(peer);
}

/* Hands the gathered bytes to the kernel; false when it has not taken all of them now. */
static bool peer_write(struct peer *peer) {
  struct gather *gather = &peer->world->gather;
  uv_stream_t *stream = (uv_stream_t *)&peer->tcp;
  int sent = uv_try_write(stream, gather->segments, gather->segment_count);
  if (sent == UV_EAGAIN) sent = 0;
  if (sent < 0) {
    peer_lose(peer, uv_strerror(sent));
    return false;
  }
  if ((size_t)sent == gather->byte_count) return true;
  struct pending_write *rest = gather_rest(gather, (size_t)sent);
  peer->pending = rest;
  rest->request.data = peer;
  int result =
      uv_write(&rest->request, stream, rest->segments, rest->segment_count, pending_write_did_end);
  if (result < 0) {
    free(rest);
    peer->pending = NULL;
    peer_lose(peer, uv_strerror(result));
  }
  return false;
}

/* Writes all that the session has to say, as far as the kernel takes it. */
static void peer_flush(struct peer *peer) {
  if (peer->state == PEER_CLOSED || peer->pending) return;
  do {
    gather_clear(&peer->world->gather);
    int result = nghttp2_session_send(peer->session);
    if (result < 0) return peer_lose(peer, nghttp2_strerror(result));
    if (peer->world->gather.segment_count == 0) return;
  } while (peer_write(peer));
}

/* What the server says. */

static int session_did_receive_header(nghttp2_session *session, const nghttp2_frame *frame,
                                      const uint8_t *name, size_t name_count, const uint8_t *value,
                                      size_t value_count, uint8_t flags, void *context) {
  (void)session, (void)flags;
  struct peer *peer = context;
  if (frame->hd.stream_id == peer->stream)
    reply_header(&peer->reply, name, name_count, value, value_count);
  return 0;
}

static void end_call(struct peer *peer, enum outcome outcome) {
  peer->stream = 0;
  if (peer->state != PEER_SETTING_UP) {
    peer->world->events.did_end_call(peer->world->events.context, outcome);
  } else if (outcome == OUTCOME_SUCCESS) {
    peer->state = PEER_READY;
    reply_clear(&peer->reply);
    peer->world->events.did_become_ready(peer->world->events.context);
  } else {
    /* The connection is of no use; its end is found out after the read. */
    nghttp2_session_terminate_session(peer->session, NGHTTP2_NO_ERROR);
  }
}

static int session_did_receive_data(nghttp2_session *session, uint8_t flags, int32_t stream,
                                    const uint8_t *bytes, size_t count, void *context) {
  (void)flags;
  struct peer *peer = context;
  if (stream != peer->stream || reply_data(&peer->reply, bytes, count)) return 0;
  nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, stream, NGHTTP2_CANCEL);
  end_call(peer, OUTCOME_FAILED);
  return 0;
}

static int session_did_close_stream(nghttp2_session *session, int32_t stream, uint32_t error,
                                    void *context) {
  (void)session;
  struct peer *peer = context;
  if (stream != peer->stream) return 0;
  end_call(peer, error == NGHTTP2_NO_ERROR ? reply_outcome(&peer->reply) : OUTCOME_TIMEOUT);
  return 0;
}

static void peer_will_read(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer) {
  (void)suggested;
  struct peer *peer = handle->data;
  *buffer = uv_buf_init(peer->world->read_buffer, READ_BUFFER_BYTES);
}

static void peer_did_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *buffer) {
  struct peer *peer = stream->data;
  if (count == 0) return;
  if (count < 0) return peer_lose(peer, uv_strerror((int)count));
  ssize_t taken =
      nghttp2_session_mem_recv(peer->session, (const uint8_t *)buffer->base, (size_t)count);
  if (taken < 0) return peer_lose(peer, nghttp2_strerror((int)taken));
  if (nghttp2_session_want_write(peer->session)) peer_flush(peer);
  if (peer->state != PEER_CLOSED && !nghttp2_session_want_read(peer->session) &&
      !nghttp2_session_want_write(peer->session))
    peer_lose(peer, "the HTTP/2 session is over");
}

/* Calls. */

static nghttp2_nv field(const char *name, const char *value) {
  return (nghttp2_nv){.name = (uint8_t *)(uintptr_t)name,
                      .namelen = strlen(name),
                      .value = (uint8_t *)(uintptr_t)value,
                      .valuelen = strlen(value),
                      .flags = NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE};
}

static bool submit(struct peer *peer, const char *path, const struct request *body,
                   const char *timeout) {
  const nghttp2_nv fields[] = {
      field(":authority", peer->authority), field(":method", "POST"), field(":scheme", "http"),
      field(":path", path), field("te", "trailers"), field("content-type", "application/grpc"),
      field("user-agent", "limit"), field("grpc-timeout", timeout)};
  nghttp2_data_provider provider = {.read_callback = session_will_read_body};
  reply_clear(&peer->reply);
  peer->body = body;
  peer->body_sent = 0;
  int32_t stream = nghttp2_submit_request(peer->session, NULL, fields,
                                          sizeof fields / sizeof fields[0], &provider, NULL);
  if (stream < 0) return false;
  peer->stream = stream;
  peer_flush(peer);
  return true;
}

bool peer_call(struct peer *peer, const struct request *body, const char *timeout) {
  if (peer->state != PEER_READY || peer->stream) return false;
  return submit(peer, call_path, body, timeout);
}

void peer_cancel(struct peer *peer) {
  if (!peer->stream || peer->state == PEER_CLOSED) return;
  nghttp2_submit_rst_stream(peer->session, NGHTTP2_FLAG_NONE, peer->stream, NGHTTP2_CANCEL);
  peer->stream = 0;
  peer_flush(peer);
}

/* The connection's life. */

static int start_session(struct peer *peer) {
  const nghttp2_settings_entry settings[] = {
      {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, WINDOW_BYTES}, {NGHTTP2_SETTINGS_ENABLE_PUSH, 0}};
  int result = nghttp2_session_client_new(&peer->session, peer->world->callbacks, peer);
  if (result == 0)
    result = nghttp2_submit_settings(peer->session, NGHTTP2_FLAG_NONE, settings, 2);
  if (result == 0)
    result = nghttp2_session_set_local_window_size(peer->session, NGHTTP2_FLAG_NONE, 0,
                                                   WINDOW_BYTES);
  return result;
}

static void peer_did_connect(uv_connect_t *connecting, int status) {
  struct peer *peer = connecting->data;
  if (peer->state == PEER_CLOSED) return;
  if (status < 0) return peer_lose(peer, uv_strerror(status));
  uv_tcp_nodelay(&peer->tcp, 1);
  status = uv_read_start((uv_stream_t *)&peer->tcp, peer_will_read, peer_did_read);
  if (status < 0) return peer_lose(peer, uv_strerror(status));
  status = start_session(peer);
  if (status < 0) return peer_lose(peer, nghttp2_strerror(status));
  peer->state = PEER_SETTING_UP;
  if (!submit(peer, setup_path, &peer->world->setup, "10S"))
    peer_lose(peer, "the session takes no streams");
}

static void peer_did_close(uv_handle_t *handle) {
  struct peer *peer = handle->data;
  nghttp2_session_del(peer->session);
  peer->session = NULL;
  reply_clear(&peer->reply);
}

void peer_close(struct peer *peer) {
  if (peer->state == PEER_CLOSED) return;
  peer->state = PEER_CLOSED;
  uv_close((uv_handle_t *)&peer->tcp, peer_did_close);
}

static void peer_lose(struct peer *peer, const char *reason) {
  if (peer->state == PEER_CLOSED) return;
  struct peer_events events = peer->world->events;
  bool was_ready = peer->state == PEER_READY, was_called = was_ready && peer->stream;
  peer->stream = 0;
  peer_close(peer);
  if (was_called) events.did_end_call(events.context, OUTCOME_TIMEOUT);
  events.did_close(events.context, was_ready, reason);
}

void peer_open(struct peer *peer, struct peer_world *world, const char *host, int port) {
  *peer = (struct peer){.world = world};
  struct sockaddr_in address;
  int result = uv_ip4_addr(host, port, &address);
  if (result < 0) fail("--host %s is no numeric IPv4 address", host);
  snprintf(peer->authority, sizeof peer->authority, "%s:%d", host, port);
  result = uv_tcp_init(world->loop, &peer->tcp);
  if (result < 0) fail("create a socket: %s", uv_strerror(result));
  peer->tcp.data = peer;
  peer->connecting.data = peer;
  result = uv_tcp_connect(&peer->connecting, &peer->tcp, (const struct sockaddr *)&address,
                          peer_did_connect);
  if (result < 0) fail("connect to %s: %s", peer->authority, uv_strerror(result));
}

void peer_world_open(struct peer_world *world, uv_loop_t *loop, struct peer_events events) {
  world->loop = loop;
  world->events = events;
  world->setup = request_setup();
  nghttp2_session_callbacks *table;
  if (nghttp2_session_callbacks_new(&table) != 0) fail("out of memory");
  nghttp2_session_callbacks_set_send_callback(table, session_will_send);
  nghttp2_session_callbacks_set_send_data_callback(table, session_will_send_data);
  nghttp2_session_callbacks_set_data_source_read_length_callback(table, session_will_size_frame);
  nghttp2_session_callbacks_set_on_header_callback(table, session_did_receive_header);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(table, session_did_receive_data);
  nghttp2_session_callbacks_set_on_stream_close_callback(table, session_did_close_stream);
  world->callbacks = table;
}

void peer_world_close(struct peer_world *world) {
  nghttp2_session_callbacks_del(world->callbacks);
  request_free(&world->setup);
}
