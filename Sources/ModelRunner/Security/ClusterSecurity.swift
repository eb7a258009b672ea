public import Competition
internal import GRPC
public import TLSEngine

/// How models are connected to, and who proves what to whom.
public enum ClusterSecurity: Sendable {
  /// TCP without TLS; nobody proves anything.
  case plain
  /// TLS on which both sides show certificates of one CA, and each model proves whose it is.
  case mutualTLS(MutualTLS)
  /// TLS to a gateway in front of the models, to which this side proves itself with every call.
  case gateway(GatewayAccess)

  /// What an operator should hear now of certificates that end or can't be renewed; nil when all
  /// is well. Cheap, for any thread.
  public func warning(at now: UTCTime = .now()) -> String? { context?.warning(at: now) }

  /// When the own certificate ends; nil when none is shown.
  public var certificateEnd: UTCTime? { context?.certificate?.notAfter }

  /// The own certificate's subject and dates, for people; nil when none is shown.
  public var certificateText: String? { context?.certificate.map { "\($0)" } }

  /// Whether models are reached over TLS.
  public var isSecure: Bool { context != nil }

  /// Who proves whose a model is.
  var verification: (any PeerVerification)? {
    if case .mutualTLS(let tls) = self { tls.verification } else { nil }
  }

  /// What this side proves itself with.
  var credentials: (any CallCredentials)? {
    if case .gateway(let access) = self { access.credentials } else { nil }
  }

  /// TLS to one model.
  func channelSecurity(for model: ModelDescription) -> ChannelSecurity? {
    switch self {
    case .plain: nil
    case .mutualTLS(let tls):
      ChannelSecurity(
        tls.context.current(), serverName: MutualTLS.serverName(of: model.modelID))
    case .gateway(let access):
      ChannelSecurity(access.context.current(), serverName: model.host)
    }
  }

  /// The `:authority` of a model's calls; nil is its address.
  func authority(of model: ModelDescription) -> String? {
    if case .mutualTLS = self { MutualTLS.serverName(of: model.modelID) } else { nil }
  }

  private var context: RenewableContext? {
    switch self {
    case .plain: nil
    case .mutualTLS(let tls): tls.context
    case .gateway(let access): access.context
    }
  }
}

/// The secure mode: mutual TLS, and a proof of who owns each model.
public struct MutualTLS: Sendable {
  /// Judges what models present.
  public let verification: any PeerVerification
  let context: RenewableContext

  /// Reads `ca.crt`, `tls.crt` and `tls.key` of `directory`; files that change later are used for
  /// new connections.
  ///
  /// - Throws: `TLSError` that names the file and what to do.
  public init(directory: String, verification: any PeerVerification) throws(TLSError) {
    context = try RenewableContext(.client, TLSFiles(directory: directory))
    self.verification = verification
  }

  /// The name that a model's certificate must be for, and that is sent as SNI and `:authority`.
  public static func serverName(of id: ModelID) -> String {
    "model-node-\(id).crunchdao.internal"
  }
}

/// The gateway mode: ordinary TLS to a proxy that ends it, and a signed token with every call.
public struct GatewayAccess: Sendable {
  /// Gives the tokens.
  public let credentials: any CallCredentials
  let context: RenewableContext

  /// Trusts the CAs in `caFile`, the system's when it is nil. The proxy must have a certificate for
  /// the host that the orchestrator names.
  ///
  /// - Throws: `TLSError` that names the file and what to do.
  public init(caFile: String? = nil, credentials: any CallCredentials) throws(TLSError) {
    context = try RenewableContext(.client, TLSFiles(ca: caFile))
    self.credentials = credentials
  }
}
