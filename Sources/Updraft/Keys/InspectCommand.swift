import ArgumentParser
import Competition
import Cryptography
import Identity
import ServiceRuntime

/// `updraft keys inspect`: what a file is, in plain words.
struct InspectCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect", abstract: "Say what a file of keys or signatures is.",
    discussion: """
      Dates, names and fingerprints of certificates, private keys, wallets, signed delegations and \
      signed submissions. Never a secret. A folder stands for the files in it that secure mode \
      reads.
      """)
  @Argument(help: "Files or folders.", completion: .file()) var files: [String]

  func run() async throws {
    try await runKeysCommand("inspect") {
      for path in files.flatMap(KeyItem.paths) {
        do {
          let facts = KeyFacts(try KeyItem(path), at: .now())
          Output.line("\(path): \(facts.kind)")
          for (name, text) in facts.lines {
            Output.line("  " + name + String(repeating: " ", count: 13 - name.count) + text)
          }
        } catch let unknown as UnknownKeyItem {
          throw StartFailure("\(unknown)", exitCode: .incomplete)
        }
      }
    }
  }
}

/// What is told of one file.
struct KeyFacts {
  /// What it is.
  let kind: String
  /// Names of at most 11 characters, and what they are.
  private(set) var lines: [(name: String, text: String)] = []

  init(_ item: KeyItem, at now: UTCTime) {
    switch item {
    case .certificate(let certificate):
      kind = Self.kind(of: certificate)
      describe(certificate, at: now)
    case .privateKey(let key):
      kind = "an RSA private key (secret)"
      add("key", "RSA, \(key.bitCount) bits")
      if let publicKey = try? key.publicKey() {
        add("key hash", KeyFingerprint.full(publicKey.der))
      }
    case .wallet(let wallet):
      kind = "a wallet: an ed25519 key pair (secret)"
      add("wallet", wallet.publicKey.base58)
      add("public key", wallet.publicKey.hex)
    case .delegation(let file):
      kind = "a signed delegation: lets a TLS key speak for a wallet"
      describe(file, at: now)
    case .submission(let file):
      kind = "a signed submission: lets code run for a model"
      describe(file)
    }
  }

  private mutating func add(_ name: String, _ text: String) { lines.append((name, text)) }

  private static func kind(of certificate: Certificate) -> String {
    if certificate.isAuthority { return "the certificate of an authority (CA)" }
    switch (certificate.isForServers, certificate.isForClients) {
    case (true, true): return "a certificate for a TLS server or client"
    case (true, false): return "a certificate for a TLS server"
    case (false, true): return "a certificate for a TLS client"
    case (false, false): return "a certificate that TLS can't use"
    }
  }

  private mutating func describe(_ certificate: Certificate, at now: UTCTime) {
    add("subject", certificate.subject)
    let isOwn = certificate.isSigned(by: certificate)
    add("signed by", isOwn ? "itself" : certificate.issuer)
    if !certificate.dnsNames.isEmpty {
      add("names", certificate.dnsNames.joined(separator: ", "))
    }
    add("valid", certificate.validity(at: now).text)
    add("key", certificate.keyDescription)
    add("key hash", KeyFingerprint.full(certificate.publicKeyDER))
    add("fingerprint", KeyFingerprint.full(certificate.der))
  }

  private mutating func describe(_ file: DelegationFile, at now: UTCTime) {
    add("wallet", file.presented.wallet ?? "")
    add("signature", file.isSigned ? "the wallet's" : "NOT the wallet's")
    guard let text = file.text else { return add("message", "can't be read") }
    add("model", text.modelID ?? "none: the coordinator's own")
    add("hotkey", text.hotkey ?? "none")
    add("valid", Validity(from: nil, to: text.expiresAt, now: now).text)
    add("key hash", KeyFingerprint.full(text.certificateKey))
  }

  private mutating func describe(_ file: SubmissionFile) {
    add("cruncher", file.claim.cruncherID ?? "none")
    add("model", file.claim.modelID)
    add("submission", file.claim.submissionID)
    add("resource", file.claim.resource.text)
    add("signed at", "\(file.signature.time.iso8601)Z")
    add("public key", file.signer.hex)
  }
}

extension Certificate {
  /// How much of its life is left.
  func validity(at now: UTCTime) -> Validity {
    Validity(
      from: UTCTime(secondsSinceEpoch: notBeforeSeconds),
      to: UTCTime(secondsSinceEpoch: notAfterSeconds), now: now)
  }
}
