import Competition
import Cryptography
import Foundation
import Identity

/// The keys of a secure demo, made anew for each run by what `updraft keys` is made of: an
/// authority, the coordinator's files, a wallet for each participant, and for each model a
/// certificate with a delegation by its owner's wallet.
struct DemoKeys: Sendable {
  /// What the list of models names of a participant.
  struct Owner: Hashable, Sendable {
    let wallet: String
    let hotkey: String
  }

  /// Far enough from the end that nobody warns of it.
  private static let days = (authority: ValidDays(3_650), certificate: ValidDays(365))

  /// The folder: `ca.crt`, `ca.key`, `coordinator`, `wallets`, and `model-ID` for each model.
  let folder: String
  /// The participants by their id (`cruncher_id`).
  let owners: [String: Owner]

  /// The coordinator's folder, for `tls.dir`.
  var coordinator: String { "\(folder)/coordinator" }
  /// A model's folder; `id` may be a placeholder.
  func model(_ id: String) -> String { "\(folder)/model-\(id)" }

  /// Makes everything. It takes a tenth of a second a model.
  ///
  /// - Parameters:
  ///   - models: The models with whose wallet signs their delegation.
  ///   - folder: Where the files go; it is made.
  /// - Throws: `KeyError` and what the files' writing throws.
  init(for models: [(id: String, signer: String)], in folder: String) throws {
    self.folder = folder
    let wallets = "\(folder)/wallets"
    for path in [wallets, "\(folder)/coordinator"] {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }
    let files = KeyFiles(replaces: true)
    var keys: [String: WalletKey] = [:]
    var owners: [String: Owner] = [:]
    for name in Set(models.map { $0.signer }).sorted() {
      let key = try WalletKey.generate()
      try files.write(key.secretFile(), to: "\(wallets)/\(name).json", .secret)
      keys[name] = key
      owners[name] = Owner(wallet: key.publicKey.base58, hotkey: "hotkey-of-\(name)")
    }
    self.owners = owners
    let authority = try KeyAuthority(
      name: "Demo CA", organization: "Updraft", days: Self.days.authority, in: folder, files)
    let days = Self.days.certificate
    _ = try authority.issue(model: nil, days: days, in: "\(folder)/coordinator", files)
    for (id, signer) in models {
      guard let key = keys[signer], let owner = owners[signer] else { continue }
      let own = "\(folder)/model-\(id)"
      try FileManager.default.createDirectory(atPath: own, withIntermediateDirectories: true)
      let certificate = try authority.issue(model: id, days: days, in: own, files)
      let text = DelegationText(
        certificateKey: certificate.publicKeyDER, hotkey: owner.hotkey, modelID: id,
        expiresAt: UTCTime(secondsSinceEpoch: days.span(from: .now()).last))
      try files.write(
        DelegationFile(text, by: key).bytes, to: "\(own)/delegation.json", .open)
    }
  }
}
