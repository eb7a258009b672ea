import Competition
import Logging

/// The thread that owns the spool: appends what arrives, batch by batch, and hands it on to
/// storage with its place. While the spool fails, answers go on to storage in memory only.
///
/// Everything here but `init` runs on that thread.
final class SpoolThread {
  private let spool: Spool
  private let inbox: Monitor<SpoolInbox>
  private let storage: Monitor<StorageState>
  private let logger: Logger
  private let onKept: (@Sendable (KeptPart) -> Void)?
  private var rounds: [UInt64: SpooledRound] = [:]
  private var failing: SpoolError?

  /// A round that is open.
  private struct SpooledRound {
    /// nil when it could not be begun.
    let writer: SegmentWriter?
    /// What could not be appended so far.
    var left: [Arrival] = []
  }

  init(
    _ spool: Spool, inbox: Monitor<SpoolInbox>, storage: Monitor<StorageState>, logger: Logger,
    onKept: (@Sendable (KeptPart) -> Void)?
  ) {
    self.spool = spool
    self.inbox = inbox
    self.storage = storage
    self.logger = logger
    self.onKept = onKept
  }

  /// Works until the inbox is empty and stops; then everything is in the files.
  func run() {
    while let events = inbox.wait({ $0.next() }) {
      take(events)
      let usage = spool.usage
      let isFailing = failing != nil
      storage.withLock { state in
        state.statistics.spool = usage
        state.statistics.isSpoolFailing = isFailing
      }
    }
    spool.close()
  }

  /// Takes events in order; arrivals of one round that lie together are one batch.
  private func take(_ events: [SpoolEvent]) {
    var batch: (number: UInt64, arrivals: [Arrival]) = (0, [])
    func finishBatch() {
      if !batch.arrivals.isEmpty { append(batch.arrivals, to: batch.number) }
      batch.arrivals = []
    }
    for event in events {
      if case .arrived(let number, let arrivals) = event {
        if batch.number != number { finishBatch() }
        batch.number = number
        batch.arrivals += arrivals
        continue
      }
      finishBatch()
      switch event {
      case .open(let number, let opening): begin(number, opening)
      case .close(let number, let missing, let end): close(number, missing, end)
      case .read(let number, let file): read(number, file)
      case .remove(let file): spool.remove(file)
      case .arrived: break
      }
    }
    finishBatch()
  }

  private func begin(_ number: UInt64, _ opening: RoundOpening) {
    do throws(SpoolError) {
      let writer = try spool.begin(opening)
      rounds[number] = SpooledRound(writer: writer)
      let segment = RoundSegment(file: writer.file, reader: writer.reader)
      storage.withLock { $0.queue.change(number) { $0.segment = segment } }
      note(nil)
      tell(.opening, in: writer)
    } catch {
      rounds[number] = SpooledRound(writer: nil)
      note(error)
    }
  }

  private func append(_ arrivals: [Arrival], to number: UInt64) {
    let placed = spooled(arrivals, of: number)
    storage.change { state in
      state.queue.change(number) { $0.arrivals += placed }
    }
  }

  /// The arrivals with their places in the segment; without, when the spool doesn't take them.
  private func spooled(_ arrivals: [Arrival], of number: UInt64) -> [Arrival] {
    guard !arrivals.isEmpty, let writer = rounds[number]?.writer else { return arrivals }
    do throws(SpoolError) {
      let locations = try writer.append(arrivals.map(\.spooled))
      note(nil)
      tell(.outcomes(arrivals.map(\.index)), in: writer)
      return zip(arrivals, locations).map { arrival, location in
        var placed = arrival
        placed.answer?.location = location
        return placed
      }
    } catch {
      rounds[number]?.left += arrivals
      note(error)
      return arrivals
    }
  }

  /// Appends what is left and the end, and hands the closed round on.
  private func close(_ number: UInt64, _ missing: [Arrival], _ end: RoundEnd) {
    let placed = spooled(missing, of: number)
    let isFiled = finish(number, end)
    var kept = end
    kept.keptAt = isFiled ? .now() : nil
    storage.change { [kept] state in
      state.queue.change(number) { round in
        round.arrivals += placed
        round.end = kept
        round.isFiled = isFiled
      }
      state.queue.evict()
    }
  }

  private func finish(_ number: UInt64, _ end: RoundEnd) -> Bool {
    guard let round = rounds.removeValue(forKey: number), let writer = round.writer else {
      return false
    }
    do throws(SpoolError) {
      if !round.left.isEmpty {
        _ = try writer.append(round.left.map(\.spooled))
        tell(.outcomes(round.left.map(\.index)), in: writer)
      }
      try writer.close(end.closing)
      note(nil)
      tell(.end, in: writer)
      return true
    } catch {
      note(error)
      return false
    }
  }

  private func read(_ number: UInt64, _ file: SegmentFile) {
    let result = Result { () throws(SpoolError) in try spool.recover(file) }
    storage.change { state in
      state.queue.change(number) { $0.place = .read(result, file) }
    }
  }

  private func tell(_ content: @autoclosure () -> KeptPart.Content, in writer: SegmentWriter) {
    onKept?(KeptPart(performedAt: writer.file.performedAt, content: content()))
  }

  /// Tells once that the spool fails, and once that it is over.
  private func note(_ error: SpoolError?) {
    if let error {
      let level: Logger.Level = failing?.code == error.code ? .debug : .error
      logger.log(
        level: level, "the spool takes nothing; answers are held in memory until they are stored",
        metadata: ["reason": "\(error)"])
    } else if failing != nil {
      logger.notice("the spool takes answers again")
    }
    failing = error
  }
}
