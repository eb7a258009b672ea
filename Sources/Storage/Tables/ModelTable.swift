public import Competition

/// The table `models`: the known models of the game. Its score columns belong to the score worker.
public struct ModelTable {
  private let connection: PostgresConnection

  /// The table as `connection` sees it.
  public init(_ connection: PostgresConnection) { self.connection = connection }

  /// All known models, ordered by id.
  public func load() throws(StorageError) -> [ModelRow] {
    let rows = try connection.query(
      """
      SELECT crunch_identifier, name, deployment_identifier, player_crunch_identifier, player_name
      FROM models ORDER BY crunch_identifier COLLATE "C"
      """, doing: "load the known models")
    var models: [ModelRow] = []
    for row in rows {
      models.append(
        ModelRow(
          modelID: ModelID(try row.text(0)), name: try row.text(1), deploymentID: try row.text(2),
          playerID: try row.text(3), playerName: try row.text(4)))
    }
    return models
  }

  /// Inserts the models that are new and updates those that differ, in one statement.
  ///
  /// - Returns: the number of rows that were written; unchanged ones are not.
  @discardableResult
  public func upsert(_ models: [ModelRow]) throws(StorageError) -> Int {
    // One statement may touch a row once only: the last entry of a model counts.
    let last = Dictionary(models.map { ($0.modelID, $0) }, uniquingKeysWith: { $1 })
    guard !last.isEmpty else { return 0 }
    // In the order of the key, so that two writers never wait for each other in a circle.
    let rows = last.values.sorted { $0.modelID < $1.modelID }
    let columns = [
      rows.map(\.modelID.rawValue), rows.map(\.name), rows.map(\.deploymentID),
      rows.map(\.playerID), rows.map(\.playerName),
    ]
    return try connection.query(
      """
      INSERT INTO models AS old (crunch_identifier, name, deployment_identifier,
        player_crunch_identifier, player_name, scores_by_param)
      SELECT id, name, deployment, player, player_name, '[]'::json
      FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[])
        AS new (id, name, deployment, player, player_name)
      ON CONFLICT (crunch_identifier) DO UPDATE SET name = excluded.name,
        deployment_identifier = excluded.deployment_identifier,
        player_crunch_identifier = excluded.player_crunch_identifier,
        player_name = excluded.player_name
      WHERE (old.name, old.deployment_identifier, old.player_crunch_identifier, old.player_name)
        IS DISTINCT FROM (excluded.name, excluded.deployment_identifier,
          excluded.player_crunch_identifier, excluded.player_name)
      """, columns.map { .texts($0) }, doing: "upsert the models"
    ).affectedCount
  }

  /// Inserts a bare row for each of `modelIDs` that has none, so that predictions can refer to it.
  func insertMissing(_ modelIDs: [ModelID]) throws(StorageError) {
    try connection.query(
      """
      INSERT INTO models (crunch_identifier, name, deployment_identifier,
        player_crunch_identifier, player_name, scores_by_param)
      SELECT id, '', '', '', 'Unknown', '[]'::json
      FROM unnest($1::text[]) AS id
      ON CONFLICT (crunch_identifier) DO NOTHING
      """, [.texts(modelIDs.map(\.rawValue))], doing: "insert the missing models")
  }
}
