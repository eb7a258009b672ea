import Competition

/// Which model's token is signed next, and which tokens are good: events in, steps out, no clock.
///
/// A token is renewed at half of its life, some earlier, so that those of a thousand models don't
/// fall due at once; it is handed out until nine tenths of its life, so that it still lives when
/// the call arrives.
struct TokenSchedule {
  /// What the signing thread does now.
  enum Step: Hashable {
    /// Signs these, one after another; at most `batchMax`.
    case sign([ModelID])
    case wait(until: MonotonicInstant?)
    case stop
  }

  private struct Entry {
    var token: GatewayToken?
    /// The time that the token names.
    var signedAt: UTCTime?
    /// The last failure since the last success.
    var failure: String?
    /// Not before this instant; for a failed one.
    var retryAt: MonotonicInstant?
  }

  /// How long the models take a token.
  let life: Duration
  private var entries: [ModelID: Entry] = [:]
  private var isStopped = false

  /// The wall clock is looked at this often, since it may be set while the thread waits.
  static let lookInterval: Duration = .seconds(1)
  /// Tokens signed between two looks at the whole list: 20 ms of work.
  static let batchMax = 64
  /// The wait after OpenSSL has refused to sign.
  static let retryDelay: Duration = .seconds(1)

  init(life: Duration) { self.life = life }

  var modelCount: Int { entries.count }
  /// Models whose token can be handed out.
  func readyCount(at now: UTCTime) -> Int { entries.values.count { isGood($0, at: now) } }

  /// Makes `models` the whole list; tokens of those that stay are kept.
  mutating func setModels(_ models: some Sequence<ModelID>) {
    let wanted = Set(models)
    entries = entries.filter { wanted.contains($0.key) }
    for id in wanted where entries[id] == nil { entries[id] = Entry() }
  }

  func has(_ id: ModelID) -> Bool { entries[id] != nil }

  mutating func add(_ id: ModelID) { if entries[id] == nil { entries[id] = Entry() } }

  mutating func remove(_ id: ModelID) { entries[id] = nil }

  mutating func stop() { isStopped = true }

  /// The most urgent step: models without a good token first, then the oldest that are due.
  func nextStep(at instant: MonotonicInstant, wall now: UTCTime) -> Step {
    if isStopped { return .stop }
    let due = entries.filter { id, entry in
      isDue(id, entry, at: now) && entry.retryAt.map { $0 <= instant } ?? true
    }
    guard !due.isEmpty else {
      return .wait(until: entries.isEmpty ? nil : instant.advanced(by: Self.lookInterval))
    }
    let order = due.sorted { left, right in
      // Time 0 for a model without a token, or with one from a clock that was set back.
      let (first, second) = (signingTime(left.value, now), signingTime(right.value, now))
      return first == second ? left.key < right.key : first < second
    }
    return .sign(order.prefix(Self.batchMax).map(\.key))
  }

  mutating func signed(_ id: ModelID, _ token: GatewayToken, at time: UTCTime) {
    guard entries[id] != nil else { return }
    entries[id] = Entry(token: token, signedAt: time)
  }

  mutating func failed(_ id: ModelID, _ cause: String, at instant: MonotonicInstant) {
    entries[id]?.failure = cause
    entries[id]?.retryAt = instant.advanced(by: Self.retryDelay)
  }

  /// The token to call a model with now.
  ///
  /// - Throws: `GatewaySignerError`.
  func token(for id: ModelID, at now: UTCTime) throws(GatewaySignerError) -> GatewayToken {
    if isStopped { throw GatewaySignerError(.stopped, id, "the signer is stopped") }
    guard let entry = entries[id] else {
      throw GatewaySignerError(.unknownModel, id, "it was not announced to the signer")
    }
    guard let token = entry.token, isGood(entry, at: now) else {
      if let failure = entry.failure { throw GatewaySignerError(.signingFailed, id, failure) }
      let cause = entry.token == nil ? "it isn't signed yet" : "it is too old; the clock was set"
      throw GatewaySignerError(.notReady, id, cause)
    }
    return token
  }

  private func isGood(_ entry: Entry, at now: UTCTime) -> Bool {
    guard let signedAt = entry.signedAt else { return false }
    let age = now.since(signedAt)
    return age >= .seconds(-1) && age < life * 9 / 10
  }

  private func signingTime(_ entry: Entry, _ now: UTCTime) -> UTCTime {
    guard let time = entry.signedAt, isGood(entry, at: now) else {
      return UTCTime(secondsSinceEpoch: 0)
    }
    return time
  }

  private func isDue(_ id: ModelID, _ entry: Entry, at now: UTCTime) -> Bool {
    guard let signedAt = entry.signedAt, isGood(entry, at: now) else { return true }
    return now.since(signedAt) >= life / 2 - life * spread(id) / 1_000
  }

  /// 0 to 199 thousandths, the same for a model at all times (FNV-1a of its id).
  private func spread(_ id: ModelID) -> Int {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in id.rawValue.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    return Int(hash >> 32) % 200
  }
}
