import Storage

/// One address of the API whose answer is rows of the database.
struct Endpoint: Sendable {
  /// The path, with `{id}` where a model's id stands.
  let path: String
  let tier: AccessTier
  let summary: String
  let parameters: [ParameterSchema]
  let answer: FieldSchema
  /// The question that a request asks. The id is the path's; nil for a path without.
  let plan: @Sendable (inout ParameterReader, String?) -> Question
  /// Whether a request may ask for more than one model.
  var takesOneModel = false
}

extension Endpoint {
  /// Condor's endpoints, with the names that its documentation gives them, and our own.
  static let all: [Endpoint] = condor + game

  private static let condor: [Endpoint] =
    [
      Endpoint(
        path: "/reports/models", tier: .open, summary: "All models",
        parameters: wholePage, answer: .list(.object(RowSchemas.model)),
        plan: { reader, _ in CondorQuestions.models(reader.page()) })
    ]
    + ["/reports/leaderboard", "/report/leaderboard"].map { path in
      Endpoint(
        path: path, tier: .open, summary: "The newest leaderboard, by rank",
        parameters: wholePage, answer: .list(.object(RowSchemas.leaderboard)),
        plan: { reader, _ in CondorQuestions.leaderboard(reader.page()) })
    }
    + ranged(
      "/reports/models/global", alias: "global", "Scores over time", RowSchemas.global,
      CondorQuestions.global)
    + ranged(
      "/reports/models/params", alias: "params", "Scores over time for each param",
      RowSchemas.params, CondorQuestions.params)
    + ranged(
      "/reports/predictions", alias: "predictions", "Scored predictions of one model",
      RowSchemas.predictions, takesOneModel: true, CondorQuestions.predictions)

  private static let game: [Endpoint] = [
    Endpoint(
      path: "/reports/leaderboard/previous", tier: .open,
      summary: "The ranks of a day before the newest leaderboard", parameters: [],
      answer: .object([("created_at", .optional(.time)), ("ranks", .map(.any))]),
      plan: { _, _ in GameQuestions.previousLeaderboard }),
    Endpoint(
      path: "/reports/models/calls", tier: .read,
      summary: "Calls of one model, newest first, with what went wrong",
      parameters: [.ids] + ParameterSchema.times + wholePage,
      answer: .list(.object(RowSchemas.calls)),
      plan: { reader, _ in GameQuestions.calls(range(&reader, nil)) }, takesOneModel: true),
    Endpoint(
      path: "/reports/models/changes", tier: .read,
      summary: "Models that joined or left in the newest rounds, newest first",
      parameters: ParameterSchema.page(100, max: 1_000),
      answer: .list(.object(RowSchemas.changes)),
      plan: { reader, _ in GameQuestions.changes(reader.page(limit: 100, max: 1_000)) }),
    Endpoint(
      path: "/reports/rounds", tier: .read, summary: "Rounds, newest first",
      parameters: ParameterSchema.page(200, max: 10_000) + [
        .flag("models", "Whether to tell each model's outcome; then at most 200 rounds.")
      ],
      answer: .list(.object(RowSchemas.rounds)), plan: { reader, _ in rounds(&reader) }),
  ]

  private static let wholePage = ParameterSchema.page(
    ParameterReader.rowsMax, max: ParameterReader.rowsMax)

  /// An endpoint and the one of its other name, whose path holds the id.
  private static func ranged(
    _ path: String, alias: String, _ summary: String, _ row: [(String, FieldSchema)],
    takesOneModel: Bool = false,
    _ question: @escaping @Sendable (CondorQuestions.Range) -> Question
  ) -> [Endpoint] {
    [path, "/report/model/{id}/\(alias)"].map { path in
      let first = path.hasPrefix("/reports/") ? ParameterSchema.ids : .pathID
      return Endpoint(
        path: path, tier: .read, summary: summary,
        parameters: [first] + ParameterSchema.times + wholePage, answer: .list(.object(row)),
        plan: { reader, id in question(range(&reader, id)) }, takesOneModel: takesOneModel)
    }
  }

  private static func range(
    _ reader: inout ParameterReader, _ id: String?
  ) -> CondorQuestions.Range {
    CondorQuestions.Range(
      ids: id.map { [$0] } ?? reader.ids(), start: reader.time("start"), end: reader.time("end"),
      page: reader.page())
  }

  private static func rounds(_ reader: inout ParameterReader) -> Question {
    let withModels = reader.flag("models")
    let page = reader.page(limit: 200, max: withModels ? 200 : 10_000)
    return GameQuestions.rounds(page, withModels: withModels)
  }
}
