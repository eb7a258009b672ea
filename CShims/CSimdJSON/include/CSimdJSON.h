// simdjson behind C: a parser that keeps its buffers, and three ways to read what it parsed. Beside
// it, a comparison for texts that differ from one that was parsed in their numbers alone.
// Every function is free of exceptions. None is safe to call from two threads on one parser.
#ifndef UPDRAFT_CSIMDJSON_H
#define UPDRAFT_CSIMDJSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// Why a document was refused, or OK.
enum {
  UPDRAFT_JSON_OK = 0,
  UPDRAFT_JSON_CAPACITY,   // longer than simdjson takes (4 GiB)
  UPDRAFT_JSON_MEMORY,     // out of memory
  UPDRAFT_JSON_STRUCTURE,  // commas, colons, braces, keys
  UPDRAFT_JSON_DEPTH,      // nested deeper than depth_max
  UPDRAFT_JSON_STRING,     // an escape, or a lone surrogate
  UPDRAFT_JSON_ATOM,       // not true, false or null
  UPDRAFT_JSON_NUMBER,     // not a number, or out of range
  UPDRAFT_JSON_UTF8,       // not UTF-8
  UPDRAFT_JSON_EMPTY,      // nothing but white space
  UPDRAFT_JSON_OTHER       // anything else: see updraft_json_library_code
};

enum {
  UPDRAFT_JSON_NULL = 0,
  UPDRAFT_JSON_BOOL,
  UPDRAFT_JSON_NUMBER_KIND,
  UPDRAFT_JSON_STRING_KIND,
  UPDRAFT_JSON_ARRAY,
  UPDRAFT_JSON_OBJECT
};

typedef struct updraft_json_parser updraft_json_parser;

// A parser for documents of at most depth_max nested containers, an innermost empty one not
// counted; NULL when out of memory. Freed with updraft_json_parser_free.
updraft_json_parser *_Nullable updraft_json_parser_new(size_t depth_max);

void updraft_json_parser_free(updraft_json_parser *_Nullable parser);

// Parses and validates the whole document and keeps the result until the next call. The bytes are
// copied once, into the parser's own padded buffer. Returns UPDRAFT_JSON_OK or the reason.
int32_t updraft_json_parse(
  updraft_json_parser *_Nonnull parser, const void *_Nullable bytes, size_t length);

// simdjson's own error code for the last refusal, 0 when there was none.
int32_t updraft_json_library_code(const updraft_json_parser *_Nonnull parser);

// The kind of the parsed document's root. Only after updraft_json_parse returned OK.
int32_t updraft_json_root_kind(const updraft_json_parser *_Nonnull parser);

// Counts the elements of the root array, and finds the first that is not an object: its index in
// *odd_index (SIZE_MAX when all are objects) and its kind in *odd_kind. False when the root is not
// an array.
bool updraft_json_count_objects(
  const updraft_json_parser *_Nonnull parser, size_t *_Nonnull count, size_t *_Nonnull odd_index,
  int32_t *_Nonnull odd_kind);

// What is told of a document, in document order; texts are UTF-8, not terminated, and only valid
// during the call.
typedef struct {
  void (*_Nonnull null)(void *_Nonnull context);
  void (*_Nonnull boolean)(void *_Nonnull context, bool value);
  void (*_Nonnull integer)(void *_Nonnull context, int64_t value);
  void (*_Nonnull real)(void *_Nonnull context, double value);
  void (*_Nonnull string)(void *_Nonnull context, const char *_Nonnull text, size_t length);
  void (*_Nonnull key)(void *_Nonnull context, const char *_Nonnull text, size_t length);
  void (*_Nonnull begin)(void *_Nonnull context);  // an array or an object starts
  void (*_Nonnull end_array)(void *_Nonnull context);
  void (*_Nonnull end_object)(void *_Nonnull context);
} updraft_json_visitor;

// Walks the parsed document; recursion is as deep as the document, so at most depth_max + 1.
void updraft_json_visit(
  const updraft_json_parser *_Nonnull parser, const updraft_json_visitor *_Nonnull visitor,
  void *_Nonnull context);

// Tells every member of the root object whose value is an array of numbers alone (an empty one
// too). Returns UPDRAFT_JSON_OK, UPDRAFT_JSON_STRUCTURE when the root is not an object, or
// UPDRAFT_JSON_MEMORY.
int32_t updraft_json_number_arrays(
  updraft_json_parser *_Nonnull parser, void *_Nonnull context,
  void (*_Nonnull array)(
    void *_Nonnull context, const char *_Nonnull key, size_t key_length,
    const double *_Nullable numbers, size_t count));

// A JSON value's text cut at its numbers: literal, number, literal, …, literal.
typedef struct {
  const char *_Nonnull literals;     // all literals, one after another
  const uint32_t *_Nonnull lengths;  // of each literal, bytes; number_count + 1 of them
  size_t number_count;
} updraft_json_stencil;

// Reads the numbers of a text that begins with the stencil's literals, byte for byte, and has a
// JSON number wherever the stencil has one. The numbers are those that simdjson reads. Returns the
// bytes that fit, or 0 when the text differs or has a number that needs a closer look: an integer
// of more than 18 digits, or one that no double can hold. Nothing beyond the length is read.
size_t updraft_json_stencil_match(
  const updraft_json_stencil *_Nonnull stencil, const char *_Nonnull text, size_t length,
  double *_Nonnull numbers);

#ifdef __cplusplus
}
#endif

#endif
