internal import Competition
internal import EventLoop
internal import Logging

/// Sums up who joined and who left in one line, half a second after the first change: a thousand
/// models that start together are one piece of news.
final class MembershipLog {
  private static let delay = Duration.milliseconds(500)

  private let logger: Logger
  private var timer: LoopTimer?
  private var isArmed = false
  private var joined: [ModelID] = []
  private var left: [ModelID] = []
  private var connected: Set<ModelID> = []

  init(on loop: Loop, logger: Logger) {
    self.logger = logger
    timer = LoopTimer(on: loop) { [weak self] in self?.write() }
  }

  /// Notes an event of a model; others are ignored.
  func take(_ event: ClusterEvent) {
    switch event {
    case .modelReady(let model):
      guard connected.insert(model.modelID).inserted else { return }
      joined.append(model.modelID)
    case .modelClosed(let model, _):
      guard connected.remove(model.modelID) != nil else { return }
      left.append(model.modelID)
    default: return
    }
    guard !isArmed, let timer else { return }
    isArmed = true
    timer.arm(after: Self.delay)
  }

  /// Writes what is still to be said and ends.
  func close() {
    if isArmed { write() }
    timer?.close()
    timer = nil
  }

  private func write() {
    isArmed = false
    var fields: Logger.Metadata = ["connected": "\(connected.count)"]
    if !joined.isEmpty { fields["joined"] = "\(nameSome(joined))" }
    if !left.isEmpty { fields["left"] = "\(nameSome(left))" }
    logger.notice("models changed", metadata: fields)
    joined = []
    left = []
  }
}

/// The number of some models and the first of their ids, for one log line.
func nameSome(_ ids: [ModelID]) -> String {
  let namesMax = 5
  let names = ids.sorted().prefix(namesMax).map(\.rawValue).joined(separator: ", ")
  return ids.count > namesMax ? "\(ids.count) (\(names), …)" : "\(ids.count) (\(names))"
}
