/// What `updraft bench` can measure.
public enum Scenario: String, Hashable, Sendable, CaseIterable {
  /// One `predict` to every model.
  case fanout
  /// A tick with the whole price history to every model.
  case tickHistory = "tick-history"
  /// Rounds in which a share of the models never answers.
  case deadline
  /// From the start of a client to its last model set up.
  case connect
  /// Rounds into PostgreSQL.
  case store
  /// `score-worker` over resolvable predictions.
  case score
  /// `report-worker` under requests at a fixed rate.
  case report
  /// A new price until all predictions that follow from it are kept.
  case endToEnd = "end-to-end"
  /// A whole game with faults for a long time.
  case soak

  /// One line for the list.
  public var abstract: String {
    switch self {
    case .fanout: "one predict to every model, from the scheduled start to the last answer"
    case .tickHistory: "a tick with the whole price history to every model"
    case .deadline: "rounds in which a share of the models hangs: how far past the deadline?"
    case .connect: "from a client's start to the last model connected and set up"
    case .store: "rounds into PostgreSQL, from the last answer to kept and to committed"
    case .score: "score-worker over resolvable predictions"
    case .report: "report-worker's leaderboard under requests at a fixed rate"
    case .endToEnd: "a whole game: a tick with new prices until all predictions are kept"
    case .soak: "a whole game with random faults: missed rounds, growth of memory"
    }
  }

  /// Whether a peer's client can be measured beside ours.
  public var takesPeers: Bool {
    switch self {
    case .fanout, .tickHistory, .deadline, .connect: true
    default: false
    }
  }

  /// What the latencies of this scenario are.
  public var latencyTitle: String {
    switch self {
    case .fanout: "predict round"
    case .tickHistory: "tick"
    case .deadline: "predict round with hanging models"
    case .connect: "connect"
    case .store: "last answer to commit"
    case .score: "run of score-worker"
    case .report: "request"
    case .endToEnd, .soak: "tick's begin to the round's last answer"
    }
  }
}
