import Foundation
import Testing

/// The keys of a secure game, made by `updraft keys`: an authority, the coordinator's files, one
/// wallet, and a certificate with a delegation for each model.
struct GameKeys {
  /// `ca.key` and `ca.crt`, `wallet.json`, the folders `coordinator` and `model-ID`.
  let folder: String
  /// The wallet that has signed all delegations.
  let wallet: String
  /// The hotkey that they name.
  static let hotkey = "5Hotkey"
  private let stage: Stage

  /// Makes everything in the folder `keys` of the stage.
  static func make(_ models: [String], on stage: Stage) async throws -> GameKeys {
    let folder = stage.folder + "/keys"
    for name in ["coordinator"] + models.map({ "model-\($0)" }) {
      try FileManager.default.createDirectory(
        atPath: "\(folder)/\(name)", withIntermediateDirectories: true)
    }
    try await run(["ca", "--dir", folder], on: stage)
    try await run(
      ["cert", "--coordinator", "--ca", folder, "--dir", "\(folder)/coordinator"], on: stage)
    let made = try await run(["wallet", "--out", "\(folder)/wallet.json"], on: stage)
    let wallet = try #require(
      made.outputLines.first { $0.hasPrefix("wallet ") }?.split(separator: " ").last)
    let keys = GameKeys(folder: folder, wallet: String(wallet), stage: stage)
    for model in models { try await keys.renew(model) }
    return keys
  }

  /// Makes a model's key, certificate and delegation, in place of those that are there.
  func renew(_ model: String) async throws {
    let own = "\(folder)/model-\(model)"
    try await Self.run(
      ["cert", "--model", model, "--ca", folder, "--dir", own, "--force"], on: stage)
    try await Self.run(
      [
        "delegate", "--wallet", "\(folder)/wallet.json", "--cert", "\(own)/tls.crt", "--hotkey",
        Self.hotkey, "--model", model, "--out", "\(own)/delegation.json", "--force",
      ], on: stage)
  }

  @discardableResult
  private static func run(_ words: [String], on stage: Stage) async throws -> Ended {
    let ended = try await stage.run([try BuiltProgram.updraft.path, "keys"] + words)
    try #require(ended.code == 0, "\(ended)")
    return ended
  }
}
