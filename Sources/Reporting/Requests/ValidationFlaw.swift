import JSON

/// One entry of FastAPI's answer 422: which parameter is wrong, and how.
struct ValidationFlaw: Sendable {
  /// More of a wrong value than this is not sent back.
  static let inputBytesMax = 1_000

  let type: String
  let parameter: String
  let message: String
  let input: JSONValue
  let context: [(String, JSONValue)]

  init(
    _ type: String, _ parameter: String, _ message: String, input: JSONValue,
    context: [(String, JSONValue)] = []
  ) {
    self.type = type
    self.parameter = parameter
    self.message = message
    self.input = input
    self.context = context
  }

  static func missing(_ parameter: String) -> ValidationFlaw {
    ValidationFlaw("missing", parameter, "Field required", input: .null)
  }

  static func time(_ parameter: String, _ text: String, _ reason: String) -> ValidationFlaw {
    ValidationFlaw(
      "datetime_from_date_parsing", parameter,
      "Input should be a valid datetime or date, \(reason)", input: shortened(text),
      context: [("error", .string(reason))])
  }

  /// PostgreSQL's texts can't hold a NUL, so no id has one.
  static func nul(_ parameter: String) -> ValidationFlaw {
    ValidationFlaw(
      "string_pattern_mismatch", parameter, "String should not contain a NUL", input: .null)
  }

  static func tooMany(_ parameter: String, count: Int, max: Int) -> ValidationFlaw {
    ValidationFlaw(
      "too_long", parameter,
      "List should have at most \(max) items after validation, not \(count)", input: .null,
      context: [
        ("field_type", .string("List")), ("max_length", .int(Int64(max))),
        ("actual_length", .int(Int64(count))),
      ])
  }

  static func number(_ parameter: String, _ text: String) -> ValidationFlaw {
    ValidationFlaw(
      "int_parsing", parameter,
      "Input should be a valid integer, unable to parse string as an integer",
      input: shortened(text))
  }

  static func tooSmall(_ parameter: String, _ text: String, min: Int) -> ValidationFlaw {
    ValidationFlaw(
      "greater_than_equal", parameter, "Input should be greater than or equal to \(min)",
      input: shortened(text), context: [("ge", .int(Int64(min)))])
  }

  static func tooLarge(_ parameter: String, _ text: String, max: Int) -> ValidationFlaw {
    ValidationFlaw(
      "less_than_equal", parameter, "Input should be less than or equal to \(max)",
      input: shortened(text), context: [("le", .int(Int64(max)))])
  }

  static func truth(_ parameter: String, _ text: String) -> ValidationFlaw {
    ValidationFlaw(
      "bool_parsing", parameter,
      "Input should be a valid boolean, unable to interpret input", input: shortened(text))
  }

  var json: JSONValue {
    var members = [
      JSONMember(key: "type", value: .string(type)),
      JSONMember(key: "loc", value: .array([.string("query"), .string(parameter)])),
      JSONMember(key: "msg", value: .string(message)), JSONMember(key: "input", value: input),
    ]
    if !context.isEmpty {
      let entries = context.map { JSONMember(key: $0.0, value: $0.1) }
      members.append(JSONMember(key: "ctx", value: .object(entries)))
    }
    return .object(members)
  }

  private static func shortened(_ text: String) -> JSONValue {
    guard text.utf8.count > inputBytesMax else { return .string(text) }
    return .string(String(decoding: text.utf8.prefix(inputBytesMax), as: UTF8.self) + "…")
  }
}
