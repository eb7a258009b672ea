import Competition
import Synchronization

/// Which way of asking a question worked last, so that a database of an older version isn't asked
/// in vain every time; looked at anew every minute, since `updraft init-db` may have run meanwhile.
final class VariantMemory: Sendable {
  private static let keptFor = Duration.seconds(60)

  private let kept = Mutex<[String: (index: Int, until: MonotonicInstant)]>([:])

  /// The first variant worth trying.
  func start(of name: String) -> Int {
    kept.withLock { kept in
      guard let known = kept[name], known.until > .now() else { return 0 }
      return known.index
    }
  }

  /// Keeps that the variant at `index` worked.
  func remember(_ index: Int, of name: String) {
    kept.withLock { kept in
      if let known = kept[name], known.index == index, known.until > .now() { return }
      kept[name] = (index, MonotonicInstant.now().advanced(by: Self.keptFor))
    }
  }
}
