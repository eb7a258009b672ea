import Competition
import JSON

/// A round's header in its segment: what it asks, and whose it is.
struct SpooledOpening {
  let opening: RoundOpening
  let crunchID: String
  let shard: Shard

  var json: JSONValue {
    let round = opening
    return [
      "crunch_id": .string(crunchID), "shard": .string(shard.description),
      "written_by": .string("updraft \(updraftVersion)"),
      "performed_at_micros": .int(round.performedAt.microsecondsSinceEpoch),
      "asset": .string(round.params.asset), "horizon": .int(Int64(round.params.horizonSeconds)),
      "step": .int(Int64(round.params.stepSeconds)),
      "late_by_nanos": .int(round.lateBy.nanoseconds),
      "timeout_nanos": .int(round.timeout.nanoseconds),
      "market_closed": .bool(round.isMarketClosed),
      "models": .array(round.models.map(Self.json)),
      // The roster: called models by their id, those that are not called as [id].
      "entries": .array(
        round.entries.map { entry in
          let id = JSONValue.string(entry.modelID.rawValue)
          return entry.isCalled ? id : [id]
        }),
    ]
  }

  private static func json(_ row: ModelRow) -> JSONValue {
    [
      "id": .string(row.modelID.rawValue), "name": .string(row.name),
      "deployment": .string(row.deploymentID), "player": .string(row.playerID),
      "player_name": .string(row.playerName),
    ]
  }
}

extension SpooledOpening {
  /// Reads a header; nil when something that every header has is missing.
  init?(_ json: JSONValue) {
    guard let crunchID = json["crunch_id"]?.stringValue,
      let shard = json["shard"]?.stringValue.flatMap(Shard.init(text:)),
      let performedAt = json["performed_at_micros"]?.intValue,
      let params = Self.params(json), let models = json["models"]?.arrayValue,
      let entries = json["entries"]?.arrayValue
    else { return nil }
    let rows = models.compactMap(Self.row)
    let roster = entries.compactMap(Self.entry)
    guard rows.count == models.count, roster.count == entries.count else { return nil }
    self.crunchID = crunchID
    self.shard = shard
    opening = RoundOpening(
      params: params, performedAt: UTCTime(microsecondsSinceEpoch: performedAt),
      lateBy: .nanoseconds(json["late_by_nanos"]?.intValue ?? 0),
      timeout: .nanoseconds(json["timeout_nanos"]?.intValue ?? 0),
      isMarketClosed: json["market_closed"]?.boolValue ?? false, models: rows, entries: roster)
  }

  private static func params(_ json: JSONValue) -> PredictionParams? {
    guard let asset = json["asset"]?.stringValue, let horizon = json["horizon"]?.intValue,
      let step = json["step"]?.intValue
    else { return nil }
    return PredictionParams(asset: asset, horizonSeconds: Int(horizon), stepSeconds: Int(step))
  }

  private static func entry(_ json: JSONValue) -> RoundOpening.Entry? {
    let id = json.stringValue ?? json[0]?.stringValue
    return id.map { RoundOpening.Entry(modelID: ModelID($0), isCalled: json.stringValue != nil) }
  }

  private static func row(_ json: JSONValue) -> ModelRow? {
    guard let id = json["id"]?.stringValue, let name = json["name"]?.stringValue,
      let deployment = json["deployment"]?.stringValue, let player = json["player"]?.stringValue,
      let playerName = json["player_name"]?.stringValue
    else { return nil }
    return ModelRow(
      modelID: ModelID(id), name: name, deploymentID: deployment, playerID: player,
      playerName: playerName)
  }
}
