import Competition
import Identity
import JSON
import Logging
import ServiceRuntime
import TLSEngine

/// What a front proves: its certificate, and the delegation that lets the certificate's key speak
/// for a wallet. Renewed files are taken up together, for new connections.
final class FrontIdentity {
  /// What one connection gets.
  struct Proof {
    let context: TLSContext
    /// The delegation's fields as `HeadInjector` adds them.
    let fields: [UInt8]
    let endsAt: UTCTime?
  }

  /// How long before its end a delegation is warned about.
  private static let warningTime = Duration.seconds(7 * 86_400)

  private let context: RenewableContext
  private let path: String
  private let logger: Logger
  private var proof: Proof
  private var nextLook: MonotonicInstant
  private var told: String?

  /// Reads the files.
  ///
  /// - Parameters:
  ///   - files: The certificate and key to serve with, and the CA that clients must have.
  ///   - path: The delegation, as `updraft keys delegate` and crunch-certificate write it.
  ///   - logger: Told of what ends soon or can't be renewed.
  /// - Throws: `StartFailure` that names the file and what to do.
  init(_ files: TLSFiles, delegation path: String, logger: Logger) throws(StartFailure) {
    do {
      context = try RenewableContext(.server, files)
    } catch {
      throw StartFailure("\(error)", exitCode: .wrongConfiguration)
    }
    self.path = path
    self.logger = logger
    proof = try Self.read(path, context.current())
    nextLook = .now().advanced(by: TLSLimits.renewalCheckInterval)
    tellWarnings()
  }

  /// The proof for a new connection. Files that don't fit together leave it as it was.
  func current() -> Proof {
    let now = MonotonicInstant.now()
    guard now >= nextLook else { return proof }
    nextLook = now.advanced(by: TLSLimits.renewalCheckInterval)
    do {
      proof = try Self.read(path, context.current())
      tellWarnings()
    } catch {
      tell("renewed files are not in use: \(error)")
    }
    return proof
  }

  private func tellWarnings() {
    let left = proof.endsAt.map { $0.since(.now()) }
    if let left, let end = proof.endsAt, left <= Self.warningTime {
      tell("the delegation \(path) ends at \(end.iso8601)Z: the cruncher signs a new one")
    } else {
      tell(context.warning())
    }
  }

  private func tell(_ warning: String?) {
    if let warning, warning != told {
      logger.warning("identity", metadata: ["what": "\(warning)"])
    }
    told = warning
  }

  private static func read(
    _ path: String, _ context: TLSContext
  ) throws(StartFailure) -> Proof {
    func refusal(_ reason: String) -> StartFailure {
      StartFailure(
        "\(path) \(reason)", remedy: "sign a new one (`updraft keys delegate`)",
        exitCode: .wrongConfiguration)
    }
    let bytes: [UInt8]
    do { bytes = try KeyFile.read(path, .open) } catch {
      throw StartFailure("\(error)", exitCode: .wrongConfiguration)
    }
    guard let value = try? JSONValue.parse(bytes: bytes), let file = DelegationFile(value),
      let text = file.text
    else { throw refusal("is no signed delegation") }
    guard file.isSigned else { throw refusal("is not signed by the wallet that it names") }
    guard text.certificateKey == context.certificate?.publicKeyInfo else {
      throw refusal("is for another key than the certificate's")
    }
    if let end = text.expiresAt, end <= .now() { throw refusal("ended at \(end.iso8601)Z") }
    let shown = file.presented
    let values = [shown.message, shown.signature, shown.wallet].map { $0 ?? "" }
    let fields = zip(PresentedDelegation.metadataNames, values).map { (name: $0, value: $1) }
    guard let coded = HeadInjector.coded(fields) else {
      throw refusal("takes more than the \(HeadInjector.fieldBytesMax) bytes of an answer's head")
    }
    return Proof(context: context, fields: coded, endsAt: text.expiresAt)
  }
}
