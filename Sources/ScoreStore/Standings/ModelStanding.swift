public import Competition
public import JSON
public import Scoring

/// Where a model stands after a run.
public struct ModelStanding: Hashable, Sendable {
  /// The model.
  public var modelID: ModelID
  /// The mean over its params.
  public var overall: WindowScore
  /// Its entries of `scores_by_param`, in their order.
  public var scores: [ParamScore]

  /// A standing.
  public init(modelID: ModelID, overall: WindowScore, scores: [ParamScore]) {
    self.modelID = modelID
    self.overall = overall
    self.scores = scores
  }

  /// `scores_by_param`: `[{"param":{"asset":…,"horizon":…,"step":…},"score":{…}}]`.
  public var scoresJSON: JSONValue {
    .array(
      scores.map { entry in
        [
          "param": [
            "asset": .string(entry.params.asset),
            "horizon": .int(Int64(entry.params.horizonSeconds)),
            "step": .int(Int64(entry.params.stepSeconds)),
          ],
          "score": entry.score.json,
        ]
      })
  }
}

/// A model as it was before a run.
public struct ScoredModel: Hashable, Sendable {
  /// The model.
  public let modelID: ModelID
  /// The model's name.
  public let name: String
  /// The cruncher's name.
  public let playerName: String
  /// `scores_by_param` as it was stored; entries that can't be read are left out.
  public let scores: [ParamScore]
}

extension WindowScore {
  /// `{"recent":…,"steady":…,"anchor":…}`; null for what isn't there.
  public var json: JSONValue {
    func value(_ score: Double?) -> JSONValue { score.map { .double($0) } ?? .null }
    return ["recent": value(recent), "steady": value(steady), "anchor": value(anchor)]
  }

  /// Reads what `json` writes; nil when it is no object.
  init?(_ value: JSONValue?) {
    guard let value, value.objectValue != nil else { return nil }
    self.init(
      recent: value["recent"]?.doubleValue, steady: value["steady"]?.doubleValue,
      anchor: value["anchor"]?.doubleValue)
  }
}

extension ParamScore {
  /// Reads an entry of `scores_by_param`; nil when it isn't one.
  init?(_ value: JSONValue) {
    guard let param = value["param"], let asset = param["asset"]?.stringValue,
      let horizon = param["horizon"]?.intValue, let step = param["step"]?.intValue,
      let score = WindowScore(value["score"])
    else { return nil }
    self.init(
      params: PredictionParams(
        asset: asset, horizonSeconds: Int(horizon), stepSeconds: Int(step)),
      score: score, isCurrent: false)
  }
}
