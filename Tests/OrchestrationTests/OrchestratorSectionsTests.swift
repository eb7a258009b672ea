import Competition
import Orchestration
import Testing

@Test func theDeploymentAPIIsOffUnlessItsSectionIsThere() throws {
  #expect(try parseOrchestrator(smallestOrchestrator).api == nil)
  #expect(try parseOrchestrator(smallestOrchestrator + "\napi: {}").api == APISettings())
  let text = """

    api:
      listen: 0.0.0.0:8010
      token-file: secrets/token
      origins: ["http://localhost:3000"]
      hosts: [Orchestrator]
      upload-bytes-max: 1MiB
      file-bytes-max: 512KiB
      files-max: 3
      models-max: 4
      followers-max: 5
      upload-timeout: 6s
    """
  let api = try #require(try parseOrchestrator(smallestOrchestrator + text).api)
  #expect(api.host == "0.0.0.0" && api.port == 8_010 && !api.isLoopback)
  #expect(api.tokenFile == "/etc/game/secrets/token")
  #expect(api.origins == ["http://localhost:3000"] && api.hosts == ["orchestrator"])
  #expect(api.uploadBytesMax == 1 << 20 && api.fileBytesMax == 512 << 10)
  #expect(api.filesMax == 3 && api.modelsMax == 4 && api.followersMax == 5)
  #expect(api.uploadTimeout == .seconds(6))
}

@Test func theTokensFileAndTheMetricsFileLieBesideTheConfiguration() throws {
  let configuration = try parseOrchestrator(
    """
    infrastructure: {publishers: [{type: websocket, token-file: keys/token}]}
    crunches: [{id: game}]
    metrics-file: ~/metrics.prom
    """)
  #expect(configuration.publishers.first?.tokenFile == "/etc/game/keys/token")
  #expect(configuration.metricsFile == "/users/op/metrics.prom")
}

@Test func aRegistryAndAnAgeLimitAreRead() throws {
  let text = """

    watcher: {interval: 5, poller: {type: onchain, url: "https://cpi.example/", timeout: 3s}}
    signature-verifier:
      public-key: e18a27536919fa9717393522ced3c78476965a498bab7d94e5e07a7dce1c5cc8
      max-age: 30d
    """
  let configuration = try parseOrchestrator(smallestOrchestrator + text)
  let registry = try #require(configuration.registry)
  #expect(registry.url == "https://cpi.example/" && registry.timeout == .seconds(3))
  #expect(registry.stateFile == "/etc/game/registry-state.json")
  #expect(configuration.ownership?.ageMax == .seconds(30 * 86_400))
  #expect(configuration.modelsSource == "https://cpi.example/")
  let bare = try parseOrchestrator(
    smallestOrchestrator + "\nwatcher: {poller: {type: onchain, state-file: /s/r.json}}")
  #expect(bare.registry?.url == "http://localhost:3000")
  #expect(bare.registry?.stateFile == "/s/r.json")
}
