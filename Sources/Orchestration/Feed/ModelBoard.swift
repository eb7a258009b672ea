import Competition

/// What is published of one competition: the models that run or recover, and what changed since the
/// last turn.
struct ModelBoard {
  /// The last word on each model that isn't stopped, in the order in which they came.
  private(set) var entries: [ModelID: FeedEntry] = [:]
  private var order: [ModelID] = []
  private var changed: [ModelID: FeedEntry] = [:]
  private var changeOrder: [ModelID] = []

  /// The models that run, for an `init`.
  var running: [FeedEntry] {
    order.compactMap { entries[$0] }.filter { $0.state == .running }
  }

  /// Replaces everything; models that aren't named any more are stopped.
  mutating func replace(with new: [FeedEntry]) {
    let kept = Set(new.map(\.description.modelID))
    for id in order where !kept.contains(id) {
      guard var gone = entries[id] else { continue }
      gone.state = .stopped
      apply(gone)
    }
    for entry in new { apply(entry) }
  }

  /// Notes one entry; the same one again changes nothing.
  mutating func apply(_ entry: FeedEntry) {
    let id = entry.description.modelID
    guard entries[id] != entry else { return }
    if entry.state == .stopped {
      guard entries.removeValue(forKey: id) != nil else { return }
      order.removeAll { $0 == id }
    } else {
      if entries[id] == nil { order.append(id) }
      entries[id] = entry
    }
    if changed.updateValue(entry, forKey: id) == nil { changeOrder.append(id) }
  }

  /// The latest word on each model that changed since the last time.
  mutating func takeChanges() -> [FeedEntry] {
    defer {
      changed = [:]
      changeOrder = []
    }
    return changeOrder.compactMap { changed[$0] }
  }
}
