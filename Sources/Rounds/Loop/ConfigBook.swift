import Competition

/// The configurations in use: what can't be used is left out and told once.
struct ConfigBook {
  private(set) var configs: [PredictionConfig] = []
  private var refused: [String: String] = [:]
  private var isUnavailable = false

  /// They could not be read; told once, until they could.
  mutating func couldNotBeRead(_ reason: String) -> [GameEvent] {
    defer { isUnavailable = true }
    return isUnavailable ? [] : [.configsUnavailable(reason: reason)]
  }

  /// Takes over what the database holds; the events tell what has changed.
  mutating func take(_ rows: [PredictionConfig], isFirst: Bool) -> [GameEvent] {
    var events: [GameEvent] = isUnavailable ? [.configsAvailable] : []
    isUnavailable = false
    var usable: [PredictionConfig] = []
    var nowRefused: [String: String] = [:]
    for row in rows where row.active {
      guard let reason = ConfigCheck.problem(of: row) else {
        usable.append(row)
        continue
      }
      nowRefused[row.id] = reason
      if refused[row.id] != reason { events.append(.configRefused(id: row.id, reason: reason)) }
    }
    refused = nowRefused
    usable.sort { ($0.order, $0.id) < ($1.order, $1.id) }
    if usable != configs || isFirst {
      configs = usable
      var schedule = Schedule()
      schedule.apply(usable, at: MonotonicInstant(nanoseconds: 0))
      events.append(
        usable.isEmpty
          ? .noActiveConfigs
          : .configsChanged(activeCount: usable.count, groupCount: schedule.groupCount))
    }
    return events
  }

  /// The assets of all configurations, each once, in order.
  var assets: [String] {
    var seen: Set<String> = []
    return configs.map(\.params.asset).filter { seen.insert($0).inserted }
  }
}
