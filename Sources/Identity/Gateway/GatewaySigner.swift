public import Competition
public import Cryptography

/// Signs the tokens of all models ahead of the rounds, on a thread of its own, so that a round
/// only picks them up.
///
/// Whoever makes a signer stops it; until then the thread keeps it alive. Any thread may ask.
public final class GatewaySigner: Sendable {
  /// How tokens are made.
  public struct Options: Hashable, Sendable {
    /// How long models take a token after the time that it names. The Python packages don't say
    /// what a model's gateway accepts; 60 s is what we assume. Tokens are renewed at 30 to 50 % of
    /// it, which for 1,000 models and 60 s costs about 2 % of a core.
    public var tokenLife: Duration = .seconds(60)
    /// Models at once; more are refused.
    public var modelsMax = 5_000

    /// The default options.
    public init() {}

    /// The shortest life: tokens name whole seconds, and 5,000 of them take 2 s to sign.
    public static let tokenLifeMin: Duration = .seconds(10)
  }

  private struct Shared {
    var schedule: TokenSchedule
    /// There from the start to the signer's end.
    var thread: WorkThread?
  }

  private let monitor: Monitor<Shared>
  private let key: RSAPrivateKey
  private let publicKeyText: String
  private let options: Options
  private let now: @Sendable () -> UTCTime

  /// SHA-256 of the public key: the `certHash` that the registry must hold.
  public let keyFingerprint: String

  /// Starts the thread.
  ///
  /// - Parameters:
  ///   - key: the coordinator's RSA key.
  ///   - options: the life of a token, and bounds.
  ///   - now: the wall clock.
  /// - Throws: `GatewaySignerError` for a life that is too short, or when the system has no thread
  ///   left; `CryptoError` is told in it.
  public init(
    key: RSAPrivateKey, options: Options = Options(),
    now: @escaping @Sendable () -> UTCTime = { UTCTime.now() }
  ) throws(GatewaySignerError) {
    guard options.tokenLife >= Options.tokenLifeMin else {
      throw GatewaySignerError(
        .badSetting, nil,
        "the life of a token must be at least \(Options.tokenLifeMin.text), got"
          + " \(options.tokenLife.text)")
    }
    let der: [UInt8]
    do {
      der = try key.publicKey().der
      publicKeyText = try Base64.encode(der)
    } catch {
      throw GatewaySignerError(.signingFailed, nil, "\(error)")
    }
    keyFingerprint = KeyFingerprint.full(der)
    self.key = key
    self.options = options
    self.now = now
    monitor = Monitor(Shared(schedule: TokenSchedule(life: options.tokenLife)))
    do throws(ThreadError) {
      let thread = try WorkThread { self.run() }
      monitor.withLock { $0.thread = thread }
    } catch {
      throw GatewaySignerError(.badSetting, nil, error.description)
    }
  }

  /// Makes `models` the whole list; tokens of those that stay are kept, the others' are forgotten.
  ///
  /// - Throws: `GatewaySignerError` (`tooMany`) beyond `modelsMax`; the list stays as it was.
  public func setModels(_ models: Set<ModelID>) throws(GatewaySignerError) {
    guard models.count <= options.modelsMax else { throw tooMany(models.count) }
    monitor.change { $0.schedule.setModels(models) }
  }

  /// Adds a model, whose token is signed within milliseconds.
  ///
  /// - Throws: `GatewaySignerError` (`tooMany`) beyond `modelsMax`.
  public func add(_ model: ModelID) throws(GatewaySignerError) {
    let count = monitor.change { shared -> Int in
      if shared.schedule.modelCount < options.modelsMax { shared.schedule.add(model) }
      return shared.schedule.modelCount
    }
    if count >= options.modelsMax, !monitor.withLock({ $0.schedule.has(model) }) {
      throw tooMany(count + 1)
    }
  }

  /// Forgets a model.
  public func remove(_ model: ModelID) { monitor.change { $0.schedule.remove(model) } }

  /// Models that have a token now.
  public var readyCount: Int { monitor.withLock { $0.schedule.readyCount(at: now()) } }

  /// The token to call a model with now; it lives for at least a tenth of `tokenLife` more. Never
  /// waits and never signs.
  ///
  /// - Throws: `GatewaySignerError`: `notReady` in the first moments of a model and after the wall
  ///   clock was set, `unknownModel`, `signingFailed`, `stopped`.
  public func token(for model: ModelID) throws(GatewaySignerError) -> GatewayToken {
    let time = now()
    return try monitor.withLock { shared in
      Result { () throws(GatewaySignerError) in try shared.schedule.token(for: model, at: time) }
    }.get()
  }

  /// Ends the thread; returns when it has ended. Safe to call again.
  public func stop() async {
    monitor.change { $0.schedule.stop() }
    await monitor.withLock { $0.thread }?.join()
  }

  private func run() {
    while let models = nextModels() {
      for model in models { sign(model) }
    }
  }

  private func sign(_ model: ModelID) {
    let time = now()
    let result = Result { () throws(CryptoError) in
      try GatewayToken(model, at: time, signedBy: key, publicKeyText: publicKeyText)
    }
    monitor.change { shared in
      switch result {
      case .success(let token): shared.schedule.signed(model, token, at: time)
      case .failure(let error): shared.schedule.failed(model, "\(error)", at: .now())
      }
    }
  }

  /// Nil when the signer is stopped.
  private func nextModels() -> [ModelID]? {
    monitor.wait { shared -> Monitor<Shared>.Turn<[ModelID]?> in
      switch shared.schedule.nextStep(at: .now(), wall: now()) {
      case .sign(let models): .ready(models)
      case .wait(let instant): .wait(until: instant)
      case .stop: .ready(nil)
      }
    }
  }

  private func tooMany(_ count: Int) -> GatewaySignerError {
    GatewaySignerError(
      .tooMany, nil, "\(count) models, at most \(options.modelsMax) can have tokens")
  }
}

extension GatewaySigner: CustomStringConvertible, CustomReflectable {
  /// `gateway signer, key 1f2e…`.
  public var description: String { "gateway signer, key \(keyFingerprint.prefix(16))" }

  /// The key's fingerprint only.
  public var customMirror: Mirror { Mirror(self, children: ["keyFingerprint": keyFingerprint]) }
}
