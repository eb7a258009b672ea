import Testing

@testable import Benchmarking

struct PeerCommandTests {
  private let call = PeerCommand.Call(
    port: 20_000, orchestratorPort: 9_091, crunch: "bench", models: 5, rounds: 3,
    intervalSeconds: 0, timeoutSeconds: 60, method: "predict", argumentBytes: 0, argumentFile: "")

  @Test func aCommandWithoutPlacesGetsTheFlags() throws {
    let peer = try #require(PeerCommand(text: "limit=./limit --fast"))
    #expect(peer.name == "limit")
    #expect(
      peer.line(for: call)
        == "./limit --fast --host 127.0.0.1 --port 20000 --models 5 --rounds 3 --interval 0.0 "
        + "--timeout 60.0 --method predict --arg-bytes 0")
  }

  @Test func placesAreFilledIn() throws {
    let text =
      "pip=python c.py {method} {arguments} --orchestrator {orchestrator} --rounds {rounds}"
    let peer = try #require(PeerCommand(text: text))
    #expect(
      peer.line(for: call)
        == "python c.py predict BTC i:86400 i:300 --orchestrator 127.0.0.1:9091 --rounds 3")
  }

  @Test(arguments: ["", "limit", "=x", "limit=", "updraft=x", "a,b=x"])
  func aPeerNeedsANameOfItsOwnAndACommand(text: String) {
    #expect(PeerCommand(text: text) == nil)
  }
}
