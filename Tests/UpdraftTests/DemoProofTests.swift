import Competition
import ServiceRuntime
import Testing

@testable import Updraft

/// Whether a demo was secure.
struct DemoProofTests {
  private static let refusal =
    "CONNECTION_FAILED: model impostor: the delegation is signed by wallet A, expected B"

  private func metrics(connected: Int, secure: Int, checks: Int) -> String {
    """
    # HELP updraft_models_connected Models.
    updraft_models_connected{crunch="g",shard="1/1"} \(connected)
    updraft_identity_expiry_seconds{of="own"} NaN
    updraft_secure_models_connected{crunch="g",shard="1/1"} \(secure)
    updraft_delegation_checks_total{crunch="g",shard="1/1"} \(checks)

    """
  }

  private func failures(
    connected: Int = 22, secure: Int = 22, checks: Int = 24, refusal: String? = refusal,
    hasRows: Bool = false
  ) -> [String] {
    let proof = DemoProof(
      metrics: metrics(connected: connected, secure: secure, checks: checks), refusal: refusal)
    return proof.rows(connectedMin: 21, impostor: "impostor", hasRows: hasRows)
      .filter { $0.result == .failure }.map(\.name)
  }

  @Test func aDemoInWhichAllWereCheckedAndTheImpostorRefusedHasNoFailure() {
    #expect(failures().isEmpty)
  }

  @Test func aPlainConnectionTooFewModelsOrUncheckedOnesAreTold() {
    #expect(failures(connected: 23) == ["secure mode"])
    #expect(failures(connected: 20, secure: 20) == ["secure mode"])
    #expect(failures(checks: 21) == ["secure mode"])
    let nothing = DemoProof(metrics: "", refusal: Self.refusal)
    #expect(
      nothing.rows(connectedMin: 1, impostor: "impostor", hasRows: false)[0].result == .failure)
  }

  @Test func anImpostorThatWasAskedOrFailedOtherwiseIsTold() {
    #expect(failures(hasRows: true) == ["impostor"])
    #expect(failures(refusal: nil) == ["impostor"])
    #expect(failures(refusal: "Setup was not answered") == ["impostor"])
  }
}
