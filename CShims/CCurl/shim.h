#ifndef UPDRAFT_CCURL_SHIM_H
#define UPDRAFT_CCURL_SHIM_H

#include <curl/curl.h>

// Swift sees neither variadic functions nor macros with casts: one typed door for each kind of
// option and answer that HTTPClient uses.

#pragma clang assume_nonnull begin

typedef size_t (*updraft_curl_sink)(char *bytes, size_t size, size_t count, void *context);

static inline CURLcode updraft_curl_global_init(void) {
  return curl_global_init(CURL_GLOBAL_DEFAULT);
}

static inline CURLcode updraft_curl_set_long(CURL *handle, CURLoption option, long value) {
  return curl_easy_setopt(handle, option, value);
}

static inline CURLcode updraft_curl_set_text(
    CURL *handle, CURLoption option, const char *text) {
  return curl_easy_setopt(handle, option, text);
}

static inline CURLcode updraft_curl_set_headers(
    CURL *handle, struct curl_slist *_Nullable headers) {
  return curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers);
}

/// Sends a copy of `size` bytes as the request's body, by POST unless another method is set.
static inline CURLcode updraft_curl_set_request_body(
    CURL *handle, const void *_Nullable bytes, size_t size) {
  CURLcode code = curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)size);
  return code != CURLE_OK
             ? code
             : curl_easy_setopt(handle, CURLOPT_COPYPOSTFIELDS, bytes != NULL ? bytes : "");
}

/// Where body and header bytes go; `context` is handed to the sink with each piece.
static inline CURLcode updraft_curl_set_body_sink(
    CURL *handle, updraft_curl_sink sink, void *context) {
  CURLcode code = curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, sink);
  return code != CURLE_OK ? code : curl_easy_setopt(handle, CURLOPT_WRITEDATA, context);
}

static inline CURLcode updraft_curl_set_header_sink(
    CURL *handle, updraft_curl_sink sink, void *context) {
  CURLcode code = curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, sink);
  return code != CURLE_OK ? code : curl_easy_setopt(handle, CURLOPT_HEADERDATA, context);
}

/// `buffer` holds CURL_ERROR_SIZE bytes and outlives the handle.
static inline CURLcode updraft_curl_set_error_buffer(CURL *handle, char *buffer) {
  return curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, buffer);
}

static inline CURLcode updraft_curl_get_status(CURL *handle, long *status) {
  return curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, status);
}

/// Returns 1 and sets `result` when the transfer of `handle` has ended, else 0.
static inline int updraft_curl_take_result(CURLM *multi, CURL *handle, CURLcode *result) {
  int left = 0;
  CURLMsg *_Nullable message = curl_multi_info_read(multi, &left);
  while (message != NULL) {
    if (message->msg == CURLMSG_DONE && message->easy_handle == handle) {
      *result = message->data.result;
      return 1;
    }
    message = curl_multi_info_read(multi, &left);
  }
  return 0;
}

#pragma clang assume_nonnull end

#endif
