import Synchronization

/// So many things may happen at once; each holds a place until it is dropped.
final class Places: Sendable {
  /// A held place.
  final class Place: Sendable {
    private let owner: Places
    fileprivate init(_ owner: Places) { self.owner = owner }
    deinit { owner.taken.withLock { $0 -= 1 } }
  }

  private let limit: Int
  private let taken = Mutex(0)

  init(limit: Int) { self.limit = limit }

  /// A place; nil when all are taken.
  func take() -> Place? {
    let isFree = taken.withLock { count in
      guard count < limit else { return false }
      count += 1
      return true
    }
    return isFree ? Place(self) : nil
  }
}
