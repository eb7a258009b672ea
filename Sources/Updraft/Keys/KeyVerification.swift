import Competition
import Cryptography
import Identity
import ServiceRuntime

/// Checks files against each other and against what is expected of them.
struct KeyVerification {
  typealias Item = (path: String, item: KeyItem)

  /// One or more rows for each file, in the files' order.
  private(set) var rows: [CheckRow] = []
  private let certificates: [(path: String, certificate: Certificate)]
  private let wallets: [WalletPublicKey]
  private let model: String?
  private let wallet: String?
  private let hotkey: String?
  private let publicKey: WalletPublicKey?
  private let now: UTCTime

  init(
    _ items: [Item], model: String?, wallet: String?, hotkey: String?,
    publicKey: WalletPublicKey?, at now: UTCTime
  ) {
    (self.model, self.wallet, self.hotkey, self.publicKey) = (model, wallet, hotkey, publicKey)
    self.now = now
    certificates = items.compactMap { path, item in
      if case .certificate(let certificate) = item { (path, certificate) } else { nil }
    }
    wallets = items.compactMap { _, item in
      if case .wallet(let wallet) = item { wallet.publicKey } else { nil }
    }
    for (path, item) in items {
      switch item {
      case .certificate(let certificate): check(certificate, path)
      case .privateKey(let key): check(key, path)
      case .wallet(let wallet): rows.append(.ok(path, "wallet \(wallet.publicKey.base58)"))
      case .delegation(let file): check(file, path)
      case .submission(let file): check(file, path)
      }
    }
  }

  private mutating func check(_ certificate: Certificate, _ path: String) {
    let validity = certificate.validity(at: now)
    check(validity, path, "valid \(validity.text)")
    checkIssuer(of: certificate, path)
    guard let model, !certificate.isAuthority, certificate.isForServers else { return }
    let name = ModelServerName.of(model)
    rows.append(
      certificate.isFor(host: name)
        ? .ok(path, "is for \(name)")
        : .failure(
          path, "is for \(certificate.dnsNames.joined(separator: ", ")), expected \(name)",
          remedy: "make one with updraft keys cert --model \(model)"))
  }

  private mutating func checkIssuer(of certificate: Certificate, _ path: String) {
    if certificate.isSigned(by: certificate) {
      return rows.append(
        certificate.isAuthority
          ? .ok(path, "is an authority: \(certificate.subject)")
          : .warning(
            path, "is signed by itself only", remedy: "let an authority sign it: updraft keys cert")
      )
    }
    let authorities = certificates.filter { $0.certificate.isAuthority }
    if let issuer = authorities.first(where: { certificate.isSigned(by: $0.certificate) }) {
      rows.append(.ok(path, "is signed by \(issuer.path)"))
    } else if let other = authorities.first {
      rows.append(
        .failure(
          path, "is signed by \"\(certificate.issuer)\", not by \(other.path)",
          remedy: "use the ca.crt of the authority that signed it"))
    } else {
      rows.append(
        .warning(
          path, "is signed by \"\(certificate.issuer)\", which was not compared",
          remedy: "give the authority's ca.crt, too"))
    }
  }

  private mutating func check(_ key: RSAPrivateKey, _ path: String) {
    let own = certificates.filter { $0.certificate.belongs(to: key) }.map(\.path)
    if !own.isEmpty {
      rows.append(.ok(path, "is the key of \(own.joined(separator: ", "))"))
    } else if certificates.isEmpty {
      rows.append(
        .warning(path, "was compared with nothing", remedy: "give its certificate, too"))
    } else {
      rows.append(
        .failure(
          path, "is the key of none of \(certificates.map(\.path).joined(separator: ", "))",
          remedy: "use the key that was made with the certificate"))
    }
  }

  private mutating func check(_ file: DelegationFile, _ path: String) {
    guard let text = file.text, file.isSigned else {
      return rows.append(
        .failure(
          path, "its wallet didn't sign its message, or the message can't be read",
          remedy: "sign a new one with updraft keys delegate"))
    }
    let leaves = certificates.filter { !$0.certificate.isAuthority }
    let own = leaves.first { $0.certificate.publicKeyDER == text.certificateKey }
    let owner = wallet ?? expectedSigner(file.presented.wallet)
    let peerKey = (own ?? leaves.first)?.certificate.publicKeyDER ?? text.certificateKey
    var expected = DelegationExpectation.coordinator(
      wallet: owner, hotkey: hotkey ?? text.hotkey, peerKey: peerKey)
    if let model = model ?? text.modelID {
      expected = DelegationExpectation(
        modelID: ModelID(model), wallet: owner, hotkey: expected.hotkey, peerKey: peerKey)
    }
    do throws(DelegationError) {
      _ = try Delegation.check(file.presented, against: expected, at: now)
    } catch {
      return rows.append(.failure(path, error.finding, remedy: error.remedy))
    }
    let subject = text.modelID.map { "model \($0)" } ?? "the coordinator"
    check(
      Validity(from: nil, to: text.expiresAt, now: now), path,
      "wallet \(file.presented.wallet ?? "") lets \(own?.path ?? "a key") speak for \(subject),"
        + " hotkey \(text.hotkey ?? "none")")
    let open = [
      leaves.isEmpty ? "the certificate" : nil,
      wallet == nil && wallets.isEmpty ? "the wallet (--wallet)" : nil,
      hotkey == nil ? "the hotkey (--hotkey)" : nil,
    ].compactMap { $0 }
    guard !open.isEmpty else { return }
    rows.append(
      .warning(
        path, "not compared: \(open.joined(separator: ", "))", remedy: "give them, too"))
  }

  private mutating func check(_ file: SubmissionFile, _ path: String) {
    var claim = file.claim
    if let model { claim.modelID = model }
    let key = publicKey ?? wallets.first { $0 == file.signer } ?? wallets.first
    do throws(SubmissionError) {
      try file.signature.check(claim, signedBy: key ?? file.signer, at: now)
      rows.append(
        .ok(
          path,
          "submission \(claim.submissionID) may run for model \(claim.modelID), signed at"
            + " \(file.signature.time.iso8601)Z"))
    } catch {
      return rows.append(
        .failure(path, "\(error)", remedy: "sign it again with updraft keys sign-submission"))
    }
    if key == nil {
      rows.append(
        .warning(
          path, "not compared: who signed (\(file.signer.hex))",
          remedy: "give --public-key or the wallet"))
    }
  }

  /// A wallet of the files: the one that is said to have signed, else the first.
  private func expectedSigner(_ presented: String?) -> String? {
    let texts = wallets.map(\.base58)
    return texts.first { $0 == presented } ?? texts.first ?? presented
  }

  private mutating func check(_ validity: Validity, _ path: String, _ text: String) {
    if validity.isOver || validity.isEarly {
      rows.append(.failure(path, "\(text): \(validity.text)", remedy: "make a new one"))
    } else if validity.endsSoon {
      rows.append(.warning(path, "\(text): \(validity.text)", remedy: "make a new one in time"))
    } else {
      rows.append(.ok(path, text))
    }
  }
}
