/// The prices of one asset over a sliding window, in order of time.
///
/// Timestamps are unique and only ever grow: a point that is not newer than the newest is ignored,
/// so what a model was told stays true. Points that are older than the newest by more than the
/// window are dropped and their memory is given back; since timestamps are whole seconds, a series
/// never holds more than `windowSeconds + 1` points.
public struct PriceSeries: Sendable {
  /// How far back the series reaches from its newest point, seconds.
  public let windowSeconds: Int64
  /// Points dropped so far because they had become too old.
  public private(set) var expiredCount = 0

  private var storage: ContiguousArray<PricePoint> = []
  /// The place of the oldest living point in `storage`; those before it wait for `compact`.
  private var head = 0

  /// An empty series; a window below one second counts as one.
  public init(windowSeconds: Int64) { self.windowSeconds = max(1, windowSeconds) }

  /// The number of points.
  public var count: Int { storage.count - head }
  /// Whether there is no point.
  public var isEmpty: Bool { storage.count == head }
  /// The oldest point.
  public var oldest: PricePoint? { isEmpty ? nil : storage[head] }
  /// The newest point.
  public var newest: PricePoint? { storage.last }

  /// Points that memory is held for, the dropped ones that await compaction included.
  var heldCount: Int { storage.count }

  /// Appends what is newer than the newest point, in order, and drops what has become too old.
  ///
  /// Returns how many points were new.
  @discardableResult
  public mutating func append(contentsOf points: some Sequence<PricePoint>) -> Int {
    var appendedCount = 0
    for point in points {
      if let newest, point.timestampSeconds <= newest.timestampSeconds { continue }
      storage.append(point)
      appendedCount += 1
    }
    if appendedCount > 0 { expire() }
    return appendedCount
  }

  /// The points later than `timestamp`; all when it is nil.
  public func points(after timestamp: Int64?) -> ArraySlice<PricePoint> {
    guard let timestamp else { return ArraySlice(storage[head...]) }
    return ArraySlice(storage[firstIndex(after: timestamp)...])
  }

  /// The points with `start ≤ timestamp ≤ end`.
  public func points(from start: Int64, to end: Int64) -> ArraySlice<PricePoint> {
    guard start <= end else { return [] }
    let first = start == .min ? head : firstIndex(after: start - 1)
    return ArraySlice(storage[first..<firstIndex(after: end)])
  }

  /// The place of the first point later than `timestamp`, by bisection.
  private func firstIndex(after timestamp: Int64) -> Int {
    var low = head
    var high = storage.count
    while low < high {
      let middle = low + (high - low) / 2
      if storage[middle].timestampSeconds <= timestamp { low = middle + 1 } else { high = middle }
    }
    return low
  }

  private mutating func expire() {
    guard let newest else { return }
    let (limit, overflow) = newest.timestampSeconds.subtractingReportingOverflow(windowSeconds)
    guard !overflow, let oldest, oldest.timestampSeconds < limit else { return }
    let first = firstIndex(after: limit - 1)
    expiredCount += first - head
    head = first
    compact()
  }

  /// Gives the memory of dropped points back once they are an eighth of it.
  private mutating func compact() {
    guard head >= max(64, storage.count / 8) else { return }
    storage.removeFirst(head)
    head = 0
    if storage.capacity > 2 * storage.count + 1_024 {
      storage = ContiguousArray(storage.map { $0 })
    }
  }
}
