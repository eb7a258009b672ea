import JSON

/// The API's own description, OpenAPI 3.1, made of the endpoints that answer.
enum OpenAPIDocument {
  static func json(_ options: ReportOptions) -> JSONValue {
    var paths = Endpoint.all.map { endpoint in
      (
        endpoint.path,
        operation(
          endpoint.summary, tier: endpoint.tier, parameters: endpoint.parameters,
          answer: endpoint.answer)
      )
    }
    for page in Route.Page.allCases where page != .openAPI {
      paths.append((page.rawValue, operation(of: page)))
    }
    return [
      "openapi": "3.1.0",
      "info": [
        "title": .string("Report of \(options.crunchID)"), "version": .string(options.version),
      ],
      "paths": FieldSchema.object(paths),
      "components": [
        "schemas": ["Error": errorSchema],
        "securitySchemes": [
          "key": ["type": "apiKey", "in": "header", "name": "X-API-Key"],
          "bearer": ["type": "http", "scheme": "bearer"],
        ],
      ],
    ]
  }

  private static func operation(of page: Route.Page) -> JSONValue {
    let (summary, answer): (String, FieldSchema) =
      switch page {
      case .info:
        (
          "The game and this program",
          .object([("crunch_id", .text), ("version", .text), ("needs_key", .truth)])
        )
      case .health: ("Whether the program runs", .object([("status", .text)]))
      case .readiness:
        (
          "Whether the database answers, and how old the newest data are",
          .object([("status", .text)])
        )
      case .schema:
        (
          "What CrunchDAO's public UI shows",
          .object([
            ("schema_version", .text), ("leaderboard_columns", .list(.any)),
            ("metrics_widgets", .list(.any)),
          ])
        )
      case .status: ("The game's state in figures", .object(RowSchemas.status))
      case .metrics: ("Figures for Prometheus", .text)
      case .openAPI: ("This document", .any)
      }
    let type = page == .metrics ? "text/plain" : "application/json"
    return operation(summary, tier: page.tier, parameters: [], answer: answer, type: type)
  }

  private static func operation(
    _ summary: String, tier: AccessTier, parameters: [ParameterSchema], answer: FieldSchema,
    type: String = "application/json"
  ) -> JSONValue {
    var answers: [(String, JSONValue)] = [
      ("200", response("The answer", answer.json, type: type)),
      ("503", response("The database is away; see Retry-After", errorReference)),
    ]
    if !parameters.isEmpty {
      answers += [
        ("400", response("More is asked than one answer has", errorReference)),
        ("422", response("A parameter is missing or malformed", errorReference)),
      ]
    }
    var members: [(String, JSONValue)] = [("summary", .string(summary))]
    if tier > .open {
      answers += [
        ("401", response("A key is needed", errorReference)),
        ("403", response("The key is of a lower tier", errorReference)),
      ]
      members.append(("security", [["key": []], ["bearer": []], [:]]))
    }
    members += [
      ("parameters", .array(parameters.map(\.json))), ("responses", FieldSchema.object(answers)),
    ]
    return ["get": FieldSchema.object(members)]
  }

  private static func response(
    _ text: String, _ schema: JSONValue, type: String = "application/json"
  ) -> JSONValue {
    [
      "description": .string(text),
      "content": .object([JSONMember(key: type, value: ["schema": schema])]),
    ]
  }

  private static let errorReference: JSONValue = ["$ref": "#/components/schemas/Error"]

  private static let errorSchema: JSONValue = [
    "type": "object", "required": ["detail"],
    "properties": [
      "detail": [
        "anyOf": [
          ["type": "string"],
          [
            "type": "array",
            "items": ["type": "object", "required": ["type", "loc", "msg", "input"]],
          ],
        ]
      ]
    ],
  ]
}
