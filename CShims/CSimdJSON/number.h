// Reads a JSON number out of a text, as the same double that simdjson reads.
#ifndef UPDRAFT_NUMBER_H
#define UPDRAFT_NUMBER_H

// Returns the place behind the number at `start`, and sets *number; nullptr when there is none, or
// one that needs a closer look: an integer of more than 18 digits, or one beyond all doubles.
// Nothing at or behind `end` is read.
const char *updraft_json_read_number(const char *start, const char *end, double *number) noexcept;

#endif
