/// How long each model took, call by call.
public struct ModelTimes: Hashable, Sendable {
  /// Calls of one model.
  public struct Calls: Hashable, Sendable {
    /// Milliseconds of the calls that were answered, well or badly.
    public var answered: [Double] = []
    /// Calls that ran into the deadline of their time: longer than anything that is known.
    public var timeoutCount = 0

    /// All calls.
    public var count: Int { answered.count + timeoutCount }
  }

  /// By the model's id.
  public private(set) var models: [String: Calls] = [:]

  /// Starts empty.
  public init() {}

  /// Takes the rounds of `updraft call --json --results`.
  ///
  /// - Throws: `BenchError` when the text is something else, or no model answered in it.
  public init(callLines text: String) throws(BenchError) {
    for round in try CallLines(text).rounds {
      for (model, cell) in round.models { add(cell, of: model) }
    }
    guard models.values.contains(where: { !$0.answered.isEmpty }) else {
      throw BenchError("no model's time is in it: make it with `updraft call … --json --results`")
    }
  }

  /// Adds a call; failures tell nothing of the time that an answer needs, and are left out.
  public mutating func add(_ cell: HeatMap.Cell, of model: String) {
    switch cell {
    case .answered(let millis): models[model, default: Calls()].answered.append(millis)
    case .timeout: models[model, default: Calls()].timeoutCount += 1
    case .failed, .none: break
    }
  }

  /// Calls of all models.
  public var callCount: Int { models.values.reduce(0) { $0 + $1.count } }

  /// All answered calls, milliseconds, sorted.
  var sorted: [Double] { models.values.flatMap(\.answered).sorted() }
}
