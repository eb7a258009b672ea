/// How often a lease is asked for and looked at.
///
/// A worker whose session broke asks again at least every `retryStepMax`, plus `connectTimeout`
/// where the server doesn't answer. A waiter whose session broke, too, asks `waiterGrace` after it
/// has a new one, which is longer than both together: after a restart of the server the holder is
/// first.
struct LeaseTimings: Hashable, Sendable {
  /// A waiter asks so often: the most that a take-over needs beside the asking itself.
  var askEvery = Duration.seconds(1)
  /// How often a waiter says that it still waits.
  var tellEvery = Duration.seconds(60)
  /// How often a holder asks the server whether it still holds its lock; a session that ends is
  /// noticed at once.
  var checkEvery = Duration.seconds(10)
  /// The first pause after a session that broke; it doubles up to `retryStepMax`.
  var retryStep = Duration.milliseconds(100)
  /// The longest pause.
  var retryStepMax = Duration.seconds(1)
  /// The longest wait for a connection.
  var connectTimeout = Duration.seconds(3)
  /// The time that a waiter leaves to the holder after both lost their sessions.
  var waiterGrace = Duration.seconds(5)
}
