internal import CSodium

/// libsodium's global state.
enum Sodium {
  /// Whether it could be set up; done once. Verifying works without, random keys don't.
  static let isReady = sodium_init() >= 0
}
