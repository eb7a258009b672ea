/// Pieces of SQL that all questions share.
enum SQLText {
  /// A time as Python's `isoformat` writes it: naive, UTC, the fraction left out when it is zero,
  /// else of six digits. Works for `timestamp` and, in a session of TimeZone UTC, `timestamptz`.
  static func iso(_ column: String) -> String {
    let whole = "YYYY-MM-DD\"T\"HH24:MI:SS"
    return "to_char(\(column), CASE WHEN date_trunc('second', \(column)) = \(column) "
      + "THEN '\(whole)' ELSE '\(whole).US' END)"
  }

  /// A number, or NULL for what JSON has no number for.
  static func finite(_ column: String) -> String {
    "nullif(nullif(nullif(\(column), 'NaN'), 'Infinity'), '-Infinity')"
  }

  /// The elements of a JSON column that should hold a list.
  static func elements(_ column: String) -> String {
    "json_array_elements(CASE json_typeof(\(column)) WHEN 'array' THEN \(column) ELSE '[]' END)"
  }

  /// A text of a JSON value as it stands there; empty when it is none.
  static func text(_ value: String) -> String {
    "CASE json_typeof(\(value)) WHEN 'string' THEN \(value) ELSE '\"\"' END"
  }

  /// One row: the rows of `select` as a JSON list in their order, and their number.
  static func list(_ select: String) -> String {
    """
    SELECT '[' || coalesce(string_agg(row_to_json(r)::text, ','), '') || ']', count(*)
    FROM (\(select)) r
    """
  }

  /// One row: the one row of `select` as a JSON object, and 1.
  static func object(_ select: String) -> String {
    "SELECT row_to_json(r)::text, 1 FROM (\(select)) r"
  }
}
