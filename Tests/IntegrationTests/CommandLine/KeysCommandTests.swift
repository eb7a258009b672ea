import Foundation
import JSON
import Testing

/// A folder with everything that `updraft keys` makes for one model.
private struct SecureGame {
  let stage: Stage
  let folder: String
  let wallet: String
  let hotkey = "5Höt\"key"

  init(on stage: Stage, delegationDays: Int? = 90) async throws {
    self.stage = stage
    folder = stage.folder + "/keys"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try await Self.keys("ca", "--dir", folder, "--name", "our CA")
    try await Self.keys("cert", "--model", "9647", "--ca", folder, "--dir", folder)
    let made = try await Self.keys("wallet", "--out", folder + "/wallet.json")
    wallet = try #require(
      made.lines.first { $0.hasPrefix("wallet ") }?.split(separator: " ").last.map(String.init))
    try await Self.keys(
      ["delegate", "--wallet", folder + "/wallet.json", "--cert", folder + "/tls.crt"]
        + ["--hotkey", hotkey, "--model", "9647", "--out", folder + "/delegation.json"]
        + (delegationDays.map { ["--days", "\($0)"] } ?? []))
    try await Self.keys(
      "sign-submission", "--wallet", folder + "/wallet.json", "--cruncher", "JZCY", "--model",
      "9647", "--submission", "19100", "--out", folder + "/submission.json")
  }

  @discardableResult
  static func keys(_ arguments: String...) async throws -> UpdraftProgram {
    try await keys(arguments)
  }

  @discardableResult
  static func keys(_ arguments: [String]) async throws -> UpdraftProgram {
    let run = try await UpdraftProgram.run(["keys"] + arguments)
    try #require(run.status == 0, "\(arguments): \(run.errors) \(run.output)")
    return run
  }

  func path(_ name: String) -> String { "\(folder)/\(name)" }
}

private func verify(_ arguments: String...) async throws -> (status: Int32, rows: [JSONValue]) {
  let run = try await UpdraftProgram.run(["keys", "verify", "--json"] + arguments)
  let table = try JSONValue.parse(text: run.output)
  return (run.status, try #require(table["checks"]?.arrayValue))
}

private func findings(_ rows: [JSONValue], _ result: String) -> [String] {
  rows.filter { $0["result"]?.stringValue == result }.compactMap { $0["finding"]?.stringValue }
}

/// `updraft keys`, alone and with other people's tools.
struct KeysCommandTests {
  @Test func whatItMakesFitsTogetherAndIsShownInPlainWords() async throws {
    try await withStage { stage in
      let game = try await SecureGame(on: stage)
      let all = try await verify(
        game.folder, game.path("submission.json"), "--model", "9647", "--wallet", game.wallet,
        "--hotkey", game.hotkey)
      #expect(all.status == 0, "\(all.rows)")
      #expect(findings(all.rows, "failure").isEmpty && findings(all.rows, "warning").isEmpty)
      let shown = try await SecureGame.keys("inspect", game.folder, game.path("submission.json"))
      for part in [
        "ca.crt: the certificate of an authority (CA)", "tls.crt: a certificate for a TLS server",
        "tls.key: an RSA private key (secret)", "wallet.json: a wallet", game.wallet,
        "delegation.json: a signed delegation", "model-node-9647.crunchdao.internal",
        "the wallet's", "(90 days left)", "(365 days left)", "submission.json: a signed submission",
      ] { #expect(shown.output.contains(part), "\(part) isn't in\n\(shown.output)") }
      let secret = try String(contentsOfFile: game.path("wallet.json"), encoding: .utf8)
      #expect(!shown.output.contains(secret.dropFirst().prefix(12)))
      #expect(!shown.output.contains("BEGIN"))
    }
  }

  @Test func secretsAreTheirOwnersAloneAndNothingIsReplacedUnasked() async throws {
    try await withStage { stage in
      let game = try await SecureGame(on: stage)
      for name in ["ca.key", "tls.key", "wallet.json"] {
        let attributes = try FileManager.default.attributesOfItem(atPath: game.path(name))
        #expect(attributes[.posixPermissions] as? Int == 0o600, "\(name)")
      }
      let before = try String(contentsOfFile: game.path("wallet.json"), encoding: .utf8)
      let again = try await UpdraftProgram.run("keys", "wallet", "--out", game.path("wallet.json"))
      #expect(again.status == 71 && again.errors.count == 1)
      #expect(again.errors.first?.contains("--force") == true)
      #expect(try String(contentsOfFile: game.path("wallet.json"), encoding: .utf8) == before)
      try await SecureGame.keys("wallet", "--out", game.path("wallet.json"), "--force")
      #expect(try String(contentsOfFile: game.path("wallet.json"), encoding: .utf8) != before)
      for name in ["ca.key", "wallet.json"] {
        try FileManager.default.setAttributes(
          [.posixPermissions: 0o644], ofItemAtPath: game.path(name))
      }
      let cert = try await UpdraftProgram.run(
        "keys", "cert", "--coordinator", "--ca", game.folder, "--dir", game.folder, "--force")
      #expect(cert.status == 71)
      #expect(cert.errors.first?.contains("chmod 600 \(game.path("ca.key"))") == true)
      let shown = try await UpdraftProgram.run("keys", "inspect", game.path("wallet.json"))
      #expect(shown.status == 71 && shown.errors.first?.contains("chmod 600") == true)
    }
  }

  @Test func whatDoesNotFitIsNamedWithWhatWasExpected() async throws {
    try await withStage { stage in
      let game = try await SecureGame(on: stage)
      let other = stage.folder + "/other"
      try FileManager.default.createDirectory(atPath: other, withIntermediateDirectories: true)
      try await SecureGame.keys("ca", "--dir", other, "--name", "other CA")
      try await SecureGame.keys("cert", "--coordinator", "--ca", other, "--dir", other)
      try await SecureGame.keys("wallet", "--out", other + "/wallet.json")
      let cases: [([String], String)] = [
        ([game.path("tls.key"), other + "/tls.crt"], "is the key of none of \(other)/tls.crt"),
        ([game.path("tls.crt"), other + "/ca.crt"], "is signed by \"CN = our CA"),
        ([game.path("tls.crt"), "--model", "9648"], "expected model-node-9648.crunchdao.internal"),
        ([game.path("delegation.json"), "--model", "9648"], "is for model \"9647\", expected"),
        ([game.path("delegation.json"), "--hotkey", "5x"], "expected \"5x\""),
        ([game.path("delegation.json"), other + "/wallet.json"], "is signed by wallet"),
        ([game.path("delegation.json"), other + "/tls.crt"], "is for TLS key"),
        ([game.path("submission.json"), "--model", "9648"], "model \"9648\""),
        ([game.path("submission.json"), other + "/wallet.json"], "the signature isn't key"),
        ([stage.folder + "/none"], "No such file"),
      ]
      for (arguments, cause) in cases {
        let run = try await UpdraftProgram.run(["keys", "verify", "--json"] + arguments)
        let rows = try JSONValue.parse(text: run.output)["checks"]?.arrayValue ?? []
        #expect(run.status == 1)
        #expect(findings(rows, "failure").contains { $0.contains(cause) }, "\(cause): \(rows)")
      }
    }
  }

  @Test func anEndThatIsNearIsWarnedAbout() async throws {
    try await withStage { stage in
      let game = try await SecureGame(on: stage, delegationDays: 29)
      try await SecureGame.keys(
        "cert", "--model", "9647", "--ca", game.folder, "--dir", stage.folder, "--days", "30")
      let delegation = try await verify(game.path("delegation.json"), game.path("tls.crt"))
      #expect(
        findings(delegation.rows, "warning").contains { $0.contains("(29 days left)") },
        "\(delegation.rows)")
      let certificate = try await verify(stage.folder + "/tls.crt")
      #expect(
        findings(certificate.rows, "warning").contains { $0.contains("(30 days left)") },
        "\(certificate.rows)")
    }
  }

  @Test func theCoordinatorsOwnMessageNamesNoModel() async throws {
    try await withStage { stage in
      let game = try await SecureGame(on: stage)
      let message = stage.folder + "/coordinator_msg.json"
      try await SecureGame.keys(
        "delegate", "--wallet", game.path("wallet.json"), "--cert", game.path("tls.crt"),
        "--hotkey", "5x", "--out", message)
      let arguments = [message, game.path("tls.crt"), game.path("ca.crt")]
      let good = try await verify(
        arguments[0], arguments[1], arguments[2], "--wallet", game.wallet, "--hotkey", "5x")
      #expect(good.status == 0 && findings(good.rows, "warning").isEmpty, "\(good.rows)")
      let bad = try await verify(message, "--hotkey", "5y")
      #expect(bad.status == 1)
    }
  }

  @Test func wrongCommandLinesAreRefused() async throws {
    for arguments in [
      ["cert", "--dir", "."], ["cert", "--dir", ".", "--model", "7", "--coordinator"],
      ["ca", "--days", "0"], ["ca", "--days", "x"], ["verify", "x", "--wallet", "0"],
      ["verify", "x", "--public-key", "00"],
      ["delegate", "--wallet", "w", "--cert", "c", "--hotkey", ""],
    ] {
      let run = try await UpdraftProgram.run(["keys"] + arguments)
      #expect(run.status == 64, "\(arguments): \(run.errors)")
    }
  }
}

/// Files of keys and signatures between `updraft keys` and other people's tools.
struct KeysPeerTests {
  private static let script = RepositoryFile.path(
    "Tests/IntegrationTests/Scripts/identity_peer.py")

  @Test func pythonsToolsReadAndVerifyWhatWeMake() async throws {
    for days in [90, nil] {
      try await withStage { stage in
        let game = try await SecureGame(on: stage, delegationDays: days)
        let python = try await PythonEnvironment.identity.program("python")
        let run = try await stage.run([python, Self.script, "read", game.folder])
        try #require(run.exit.isSuccess, "\(run.errors)")
        let facts = try JSONValue.parse(text: run.output)
        #expect(facts["wallet"]?.stringValue == game.wallet)
        #expect(facts["hotkey"]?.stringValue == game.hotkey)
        #expect(facts["model"] == "9647" && facts["signed_by_wallet"] == true)
        #expect(facts["names"] == ["model-node-9647.crunchdao.internal"])
        #expect(facts["expires"]?.boolValue == (days != nil) && facts["same_bytes"] == true)
        let shown = try await SecureGame.keys("inspect", game.path("tls.crt"))
        #expect(shown.output.contains(try #require(facts["key_hash"]?.stringValue)))
        let client = try await PythonEnvironment.client.program("python")
        let check = RepositoryFile.path("Tests/IntegrationTests/Scripts/delegation_check.py")
        let theirs = try await stage.run(
          [client, check, game.folder, game.wallet, game.hotkey, "9647"])
        #expect(theirs.exit.isSuccess, "\(theirs.errors)")
      }
    }
  }

  @Test func weReadAndVerifyWhatCrunchCertificateAndPyNaClMake() async throws {
    try await withStage { stage in
      let python = try await PythonEnvironment.identity.program("python")
      let made = try await stage.run([python, Self.script, "make", stage.folder])
      try #require(made.exit.isSuccess, "\(made.errors)")
      let wallet = try #require(try JSONValue.parse(text: made.output)["wallet"]?.stringValue)
      let run = try await verify(
        stage.folder, "--model", "9647", "--wallet", wallet, "--hotkey", "5Höt\"key")
      #expect(run.status == 0 && findings(run.rows, "warning").isEmpty, "\(run.rows)")
      let submission = try await verify(stage.folder + "/submission.json")
      #expect(submission.status == 0, "\(submission.rows)")
    }
  }

  @Test func opensslReadsOurFilesAndWeIts() async throws {
    try await withStage { stage in
      let game = try await SecureGame(on: stage)
      let chain = try await stage.run([
        "openssl", "verify", "-x509_strict", "-purpose", "sslserver", "-verify_hostname",
        "model-node-9647.crunchdao.internal", "-CAfile", game.path("ca.crt"), game.path("tls.crt"),
      ])
      #expect(chain.exit.isSuccess, "\(chain.output) \(chain.errors)")
      let key = try await stage.run([
        "openssl", "pkey", "-check", "-noout", "-in", game.path("tls.key"),
      ])
      #expect(key.exit.isSuccess, "\(key.errors)")
      let theirs = stage.folder + "/theirs"
      try FileManager.default.createDirectory(atPath: theirs, withIntermediateDirectories: true)
      let made = try await stage.run([
        "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=theirs", "-days",
        "60", "-keyout", theirs + "/ca.key", "-out", theirs + "/ca.crt",
      ])
      try #require(made.exit.isSuccess, "\(made.errors)")
      try await SecureGame.keys(
        "cert", "--coordinator", "--ca", theirs, "--dir", theirs, "--days", "50")
      let fits = try await verify(theirs)
      #expect(fits.status == 0, "\(fits.rows)")
      let locked = theirs + "/locked.key"
      let encrypted = try await stage.run([
        "openssl", "pkey", "-aes256", "-passout", "pass:x", "-in", theirs + "/ca.key", "-out",
        locked,
      ])
      try #require(encrypted.exit.isSuccess)
      let refused = try await UpdraftProgram.run("keys", "inspect", locked)
      #expect(refused.status == 1 && refused.errors.first?.contains("it is encrypted") == true)
      let curve = theirs + "/ec.key"
      let elliptic = try await stage.run([
        "openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out",
        curve,
      ])
      try #require(elliptic.exit.isSuccess)
      let wrongKind = try await UpdraftProgram.run("keys", "inspect", curve)
      #expect(wrongKind.errors.first?.contains("only RSA keys") == true, "\(wrongKind.errors)")
    }
  }
}
