public import Competition

/// `PanicRule` for set-ups: decides whether a model that can't be set up is to be blamed, or shares
/// its trouble with so many others that the cause must be ours.
///
/// It knows how the newest attempt of each model ended. Faults are held until `judge()`, which is
/// to be called when every model has been tried once, or a moment after the first fault: then
/// models that start together are judged together. Belongs to policy `fair`.
public struct SetupWatch: Hashable, Sendable {
  /// What becomes of the models that were held.
  public struct Judgement: Hashable, Sendable {
    /// Their own fault: each is treated as its failure demands.
    public let blamed: [ModelID]
    /// Ours: they are tried again, nobody is reported.
    public let excused: [ModelID]
    /// A line for each kind of fault that has just begun to be excused, by kind.
    public let news: [SetupFault: String]
  }

  private struct Fault: Hashable {
    let kind: SetupFault
    let detail: String
  }

  private let rule: PanicRule
  private var faults: [ModelID: Fault] = [:]
  private var ready: Set<ModelID> = []
  private var held: Set<ModelID> = []
  private var excusedKinds: Set<SetupFault> = []

  /// A watch that has seen nothing.
  public init(_ rule: PanicRule) { self.rule = rule }

  /// Whether models wait for a judgement.
  public var isHolding: Bool { !held.isEmpty }

  /// Takes in that a model is set up.
  public mutating func succeeded(_ id: ModelID) {
    forget(id)
    ready.insert(id)
  }

  /// Takes in that a model can't be set up; it is held.
  public mutating func failed(_ id: ModelID, _ kind: SetupFault, detail: String) {
    ready.remove(id)
    faults[id] = Fault(kind: kind, detail: detail)
    held.insert(id)
  }

  /// Takes in that a model is gone, or is about to be tried as a new deployment.
  public mutating func forget(_ id: ModelID) {
    ready.remove(id)
    faults[id] = nil
    held.remove(id)
  }

  /// Judges the models held: a kind of fault is excused when more than the rule's share of the
  /// models tried have it now, and enough were tried.
  public mutating func judge() -> Judgement {
    let triedCount = ready.count + faults.count
    var counts: [SetupFault: Int] = [:]
    for fault in faults.values { counts[fault.kind, default: 0] += 1 }
    let excusedNow = Set(
      counts.filter {
        triedCount >= rule.modelsMin && Double($0.value) > rule.share * Double(triedCount)
      }.keys)
    var news: [SetupFault: String] = [:]
    for kind in excusedNow.subtracting(excusedKinds) {
      news[kind] = text(kind, counts[kind, default: 0], of: triedCount)
    }
    excusedKinds = excusedNow
    let waiting = held.sorted()
    held = []
    var blamed: [ModelID] = []
    var excused: [ModelID] = []
    for id in waiting {
      guard let fault = faults[id] else { continue }
      if excusedNow.contains(fault.kind) { excused.append(id) } else { blamed.append(id) }
    }
    for id in blamed { faults[id] = nil }
    return Judgement(blamed: blamed, excused: excused, news: news)
  }

  private func text(_ kind: SetupFault, _ count: Int, of triedCount: Int) -> String {
    let example = faults.filter { $0.value.kind == kind }.min { $0.key < $1.key }
    let quote = example.map { " (\($0.key): \($0.value.detail.prefix(200)))" } ?? ""
    return "\(kind.rawValue) at \(count) of \(triedCount) models\(quote)"
  }
}
