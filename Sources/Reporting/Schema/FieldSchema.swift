import JSON

/// What a field or a parameter holds, for the OpenAPI document.
indirect enum FieldSchema: Sendable {
  case text
  case time
  case whole
  case number
  case truth
  case any
  case optional(FieldSchema)
  case list(FieldSchema)
  case map(FieldSchema)
  case object([(String, FieldSchema)])

  /// The JSON Schema (OpenAPI 3.1).
  var json: JSONValue {
    switch self {
    case .text: Self.type("string")
    case .time:
      // Naive times are no `date-time` of JSON Schema, which wants a zone.
      Self.object([
        ("type", .string("string")),
        ("pattern", .string(#"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?$"#)),
      ])
    case .whole: Self.type("integer")
    case .number: Self.type("number")
    case .truth: Self.type("boolean")
    case .any: .object([])
    case .optional(let inner):
      Self.object([("anyOf", .array([inner.json, Self.type("null")]))])
    case .list(let inner): Self.object([("type", .string("array")), ("items", inner.json)])
    case .map(let inner):
      Self.object([("type", .string("object")), ("additionalProperties", inner.json)])
    case .object(let fields):
      Self.object([
        ("type", .string("object")),
        ("properties", Self.object(fields.map { ($0.0, $0.1.json) })),
        ("required", .array(fields.map { .string($0.0) })),
      ])
    }
  }

  static func object(_ members: [(String, JSONValue)]) -> JSONValue {
    .object(members.map { JSONMember(key: $0.0, value: $0.1) })
  }

  private static func type(_ name: String) -> JSONValue { object([("type", .string(name))]) }
}

/// A parameter of an endpoint, for the OpenAPI document.
struct ParameterSchema: Sendable {
  let name: String
  var place = "query"
  var isRequired = false
  let schema: JSONValue
  let text: String

  /// The ids of models.
  static let ids = ParameterSchema(
    name: "projectIds", isRequired: true,
    schema: FieldSchema.object([
      ("type", .string("array")), ("items", FieldSchema.text.json),
      ("maxItems", .int(Int64(ParameterReader.idsMax))),
    ]), text: "Ids of models, repeated or joined by commas.")
  /// Both ends of a time.
  static let times = [("start", "first"), ("end", "last")].map { name, which in
    ParameterSchema(
      name: name, isRequired: true,
      schema: FieldSchema.object([
        ("type", .string("string")), ("format", .string("date-time")),
      ]), text: "The \(which) moment, ISO 8601, UTC without a zone.")
  }
  /// The id of one model in the path.
  static let pathID = ParameterSchema(
    name: "id", place: "path", isRequired: true,
    schema: FieldSchema.object([("type", .string("string")), ("minLength", .int(1))]),
    text: "The id of a model.")

  /// `limit` and `offset`.
  static func page(_ preset: Int, max: Int) -> [ParameterSchema] {
    [
      count("limit", preset: preset, max: max, text: "At most that many rows."),
      count("offset", preset: 0, max: Int(Int32.max), text: "Rows left out at the beginning."),
    ]
  }

  static func flag(_ name: String, _ text: String) -> ParameterSchema {
    ParameterSchema(name: name, schema: FieldSchema.truth.json, text: text)
  }

  private static func count(
    _ name: String, preset: Int, max: Int, text: String
  ) -> ParameterSchema {
    ParameterSchema(
      name: name,
      schema: FieldSchema.object([
        ("type", .string("integer")), ("minimum", .int(0)), ("maximum", .int(Int64(max))),
        ("default", .int(Int64(preset))),
      ]), text: text)
  }

  var json: JSONValue {
    FieldSchema.object([
      ("name", .string(name)), ("in", .string(place)), ("required", .bool(isRequired)),
      ("description", .string(text)), ("schema", schema),
    ])
  }
}
