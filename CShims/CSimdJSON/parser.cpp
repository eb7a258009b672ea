#include "CSimdJSON.h"

#include <new>
#include <vector>

#include <simdjson.h>

namespace dom = simdjson::dom;

struct updraft_json_parser {
  dom::parser parser;
  dom::element root;
  simdjson::error_code failure = simdjson::SUCCESS;
  std::vector<double> numbers;
};

namespace {

int32_t reason(simdjson::error_code code) noexcept {
  switch (code) {
    case simdjson::SUCCESS: return UPDRAFT_JSON_OK;
    case simdjson::CAPACITY: return UPDRAFT_JSON_CAPACITY;
    case simdjson::MEMALLOC: return UPDRAFT_JSON_MEMORY;
    case simdjson::DEPTH_ERROR: return UPDRAFT_JSON_DEPTH;
    case simdjson::STRING_ERROR:
    case simdjson::UNESCAPED_CHARS:
    case simdjson::UNCLOSED_STRING: return UPDRAFT_JSON_STRING;
    case simdjson::T_ATOM_ERROR:
    case simdjson::F_ATOM_ERROR:
    case simdjson::N_ATOM_ERROR: return UPDRAFT_JSON_ATOM;
    case simdjson::NUMBER_ERROR:
    case simdjson::NUMBER_OUT_OF_RANGE: return UPDRAFT_JSON_NUMBER;
    case simdjson::UTF8_ERROR: return UPDRAFT_JSON_UTF8;
    case simdjson::EMPTY: return UPDRAFT_JSON_EMPTY;
    case simdjson::TAPE_ERROR:
    case simdjson::INCOMPLETE_ARRAY_OR_OBJECT:
    case simdjson::TRAILING_CONTENT: return UPDRAFT_JSON_STRUCTURE;
    default: return UPDRAFT_JSON_OTHER;
  }
}

int32_t kind(dom::element element) noexcept {
  switch (element.type()) {
    case dom::element_type::NULL_VALUE: return UPDRAFT_JSON_NULL;
    case dom::element_type::BOOL: return UPDRAFT_JSON_BOOL;
    case dom::element_type::STRING: return UPDRAFT_JSON_STRING_KIND;
    case dom::element_type::ARRAY: return UPDRAFT_JSON_ARRAY;
    case dom::element_type::OBJECT: return UPDRAFT_JSON_OBJECT;
    default: return UPDRAFT_JSON_NUMBER_KIND;
  }
}

void visit(dom::element element, const updraft_json_visitor &visitor, void *context) noexcept {
  switch (element.type()) {
    case dom::element_type::NULL_VALUE: visitor.null(context); return;
    case dom::element_type::BOOL:
      visitor.boolean(context, element.get_bool().value_unsafe());
      return;
    case dom::element_type::INT64:
      visitor.integer(context, element.get_int64().value_unsafe());
      return;
    case dom::element_type::UINT64:
      visitor.real(context, static_cast<double>(element.get_uint64().value_unsafe()));
      return;
    case dom::element_type::DOUBLE:
      visitor.real(context, element.get_double().value_unsafe());
      return;
    case dom::element_type::STRING: {
      const std::string_view text = element.get_string().value_unsafe();
      visitor.string(context, text.data(), text.size());
      return;
    }
    case dom::element_type::ARRAY: {
      const dom::array array = element.get_array().value_unsafe();
      visitor.begin(context);
      for (dom::element child : array) { visit(child, visitor, context); }
      visitor.end_array(context);
      return;
    }
    case dom::element_type::OBJECT: {
      const dom::object object = element.get_object().value_unsafe();
      visitor.begin(context);
      for (dom::key_value_pair member : object) {
        visitor.key(context, member.key.data(), member.key.size());
        visit(member.value, visitor, context);
      }
      visitor.end_object(context);
      return;
    }
  }
}

// Fills `numbers` from the array; false when it holds anything but numbers.
bool collect(dom::array array, std::vector<double> &numbers) {
  numbers.clear();
  for (dom::element child : array) {
    double number = 0;
    if (child.get_double().get(number) != simdjson::SUCCESS) { return false; }
    numbers.push_back(number);
  }
  return true;
}

}  // namespace

extern "C" {

updraft_json_parser *updraft_json_parser_new(size_t depth_max) {
  auto *parser = new (std::nothrow) updraft_json_parser;
  if (parser == nullptr) { return nullptr; }
  // simdjson's limit is the first depth that it refuses.
  if (parser->parser.allocate(4096, depth_max + 1) != simdjson::SUCCESS) {
    delete parser;
    return nullptr;
  }
  return parser;
}

void updraft_json_parser_free(updraft_json_parser *parser) { delete parser; }

int32_t updraft_json_parse(updraft_json_parser *parser, const void *bytes, size_t length) {
  if (bytes == nullptr || length == 0) {
    parser->failure = simdjson::EMPTY;
  } else {
    const auto *start = static_cast<const uint8_t *>(bytes);
    parser->failure = parser->parser.parse(start, length, true).get(parser->root);
  }
  return reason(parser->failure);
}

int32_t updraft_json_library_code(const updraft_json_parser *parser) { return parser->failure; }

int32_t updraft_json_root_kind(const updraft_json_parser *parser) { return kind(parser->root); }

bool updraft_json_count_objects(
  const updraft_json_parser *parser, size_t *count, size_t *odd_index, int32_t *odd_kind) {
  *count = 0;
  *odd_index = SIZE_MAX;
  *odd_kind = UPDRAFT_JSON_OBJECT;
  dom::array array;
  if (parser->root.get_array().get(array) != simdjson::SUCCESS) { return false; }
  for (dom::element child : array) {
    if (*odd_index == SIZE_MAX && !child.is_object()) {
      *odd_index = *count;
      *odd_kind = kind(child);
    }
    *count += 1;
  }
  return true;
}

void updraft_json_visit(
  const updraft_json_parser *parser, const updraft_json_visitor *visitor, void *context) {
  visit(parser->root, *visitor, context);
}

int32_t updraft_json_number_arrays(
  updraft_json_parser *parser, void *context,
  void (*array)(
    void *context, const char *key, size_t key_length, const double *numbers, size_t count)) {
  dom::object object;
  if (parser->root.get_object().get(object) != simdjson::SUCCESS) {
    return UPDRAFT_JSON_STRUCTURE;
  }
  try {
    for (dom::key_value_pair member : object) {
      dom::array elements;
      if (member.value.get_array().get(elements) != simdjson::SUCCESS) { continue; }
      if (!collect(elements, parser->numbers)) { continue; }
      array(
        context, member.key.data(), member.key.size(), parser->numbers.data(),
        parser->numbers.size());
    }
  } catch (const std::bad_alloc &) {
    return UPDRAFT_JSON_MEMORY;
  }
  return UPDRAFT_JSON_OK;
}
}
