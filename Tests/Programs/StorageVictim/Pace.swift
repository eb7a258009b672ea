import Dispatch

/// Time that is part of what is played, and passes though nobody waits for anything: before a model
/// answers, until a victim is killed, between two looks at a condition with a deadline.
enum Pace {
  /// Goes on after `time`.
  static func pass(_ time: Duration) async {
    let parts = time.components
    let nanoseconds = parts.seconds * 1_000_000_000 + parts.attoseconds / 1_000_000_000
    await withCheckedContinuation { continuation in
      DispatchQueue.global().asyncAfter(deadline: .now() + .nanoseconds(Int(nanoseconds))) {
        continuation.resume()
      }
    }
  }
}
