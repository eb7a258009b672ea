import Competition

/// The way of rounds to the storage thread: through the spool's thread when there is one.
///
/// A round takes its place in the queue when it opens; what arrives of it follows by its number.
struct RoundPipeline: Sendable {
  let storage: Monitor<StorageState>
  /// nil when nothing is spooled.
  let spool: Monitor<SpoolInbox>?

  /// Gives a round that opens its place; nil when there is no room, or storage has ended.
  func open(_ opening: RoundOpening) -> OpenRound? {
    let place = storage.withLock { state -> (number: UInt64, memory: RoundMemory)? in
      guard !state.isStopping, let place = state.queue.open(opening, at: .now()) else {
        state.statistics.refusedRounds += 1
        return nil
      }
      return place
    }
    guard let place else { return nil }
    spool?.change { $0.add(.open(place.number, opening)) }
    return OpenRound(opening, number: place.number, memory: place.memory, pipeline: self)
  }

  func arrived(_ arrivals: [Arrival], of number: UInt64) {
    if let spool {
      spool.change { $0.add(.arrived(number, arrivals)) }
    } else {
      storage.change { state in
        state.queue.change(number) { $0.arrivals += arrivals }
      }
    }
  }

  /// Ends a round; false when storage has ended meanwhile.
  func close(_ number: UInt64, _ missing: [Arrival], _ end: RoundEnd) -> Bool {
    if let spool {
      return spool.change { inbox in
        if inbox.isStopping { return false }
        inbox.add(.close(number, missing, end))
        return true
      }
    }
    return storage.change { state in
      if state.isStopping { return false }
      state.queue.change(number) { round in
        round.arrivals += missing
        round.end = end
      }
      state.queue.evict()
      return true
    }
  }
}
