import Competition
public import Settings
import Cryptography
import Identity
public import Logging
public import ModelRunner
public import ServiceRuntime
import TLSEngine

/// How one program reaches its models: plainly, over mutual TLS with delegations, or through
/// gateways with tokens. Whoever opens an access closes it, after the cluster that uses it.
public final class ModelAccess: Sendable {
  /// For `ClusterOptions.security`.
  public let security: ClusterSecurity
  private let delegations: DelegationCheck?
  private let signer: GatewaySigner?

  /// How often it is looked whether something ends soon.
  private static let watchInterval = Duration.seconds(60)

  private init(
    _ security: ClusterSecurity, delegations: DelegationCheck? = nil, signer: GatewaySigner? = nil
  ) {
    self.security = security
    self.delegations = delegations
    self.signer = signer
  }

  /// Reads the files that the settings name. From then on this process leaves no core dump, if
  /// there is a key among them.
  ///
  /// - Parameters:
  ///   - settings: `tls` and `gateway` of a game.
  ///   - logger: Told of delegations that end soon.
  /// - Returns: The access, to be closed.
  /// - Throws: `StartFailure` that names the file and what to do; for both modes at once, too.
  public static func open(
    _ settings: SecuritySettings, logger: Logger
  ) async throws(StartFailure) -> ModelAccess {
    switch (settings.tlsDirectory, settings.gatewayKeyFile) {
    case (nil, nil): return ModelAccess(.plain)
    case (let directory?, nil):
      CoreDumps.forbid()
      return try openMutual(directory, logger)
    case (nil, let key?):
      CoreDumps.forbid()
      return try await openGateway(key, ca: settings.gatewayCAFile)
    case (_?, _?):
      throw StartFailure(
        "gateway.key: can't be used together with tls.dir", remedy: "choose one of the two modes",
        exitCode: .wrongConfiguration)
    }
  }

  /// Signatures of delegations that were checked so far; a steady round adds none.
  public var delegationCheckCount: Int { delegations?.checkCount ?? 0 }

  /// Models whose delegation was refused so far, by the check that failed, such as `foreignKey`.
  public var refusalCounts: [String: Int] { delegations?.refusalCounts ?? [:] }

  /// The gateway key's fingerprint (the registry's `certHash`); nil in the other modes.
  var gatewayKeyFingerprint: String? { signer?.keyFingerprint }

  /// Says in the log, while the program runs, what of its own ends soon or can't be renewed; what
  /// was so at the start has been said by the cluster. Returns when its task is cancelled.
  public func watch(_ logger: Logger) async {
    var told = security.warning()
    while (try? await Task.sleep(for: Self.watchInterval)) != nil {
      let warning = security.warning()
      if let warning, warning != told { logger.warning("TLS", metadata: ["what": "\(warning)"]) }
      told = warning
    }
  }

  /// Ends what was begun; returns when it has ended.
  public func close() async { await signer?.stop() }

  private static func openMutual(
    _ directory: String, _ logger: Logger
  ) throws(StartFailure) -> ModelAccess {
    let check = DelegationCheck(logger: logger)
    do {
      return ModelAccess(
        .mutualTLS(try MutualTLS(directory: directory, verification: check)), delegations: check)
    } catch {
      throw StartFailure("tls.dir: \(error)", exitCode: .wrongConfiguration)
    }
  }

  private static func openGateway(
    _ path: String, ca: String?
  ) async throws(StartFailure) -> ModelAccess {
    let signer: GatewaySigner
    do {
      signer = try GatewaySigner(key: RSAPrivateKey(pem: KeyFile.read(path, .secret)))
    } catch {
      throw StartFailure("gateway.key: \(path): \(error)", exitCode: .wrongConfiguration)
    }
    do {
      return ModelAccess(
        .gateway(try GatewayAccess(caFile: ca, credentials: GatewayCredentials(signer))),
        signer: signer)
    } catch {
      await signer.stop()
      throw StartFailure("gateway.ca: \(error)", exitCode: .wrongConfiguration)
    }
  }
}
