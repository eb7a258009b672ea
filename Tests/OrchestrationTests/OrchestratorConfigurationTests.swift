import Competition
import Orchestration
import Testing

func parseOrchestrator(
  _ text: String, environment: [String: String] = ["HOME": "/users/op"]
) throws(ConfigurationFault) -> OrchestratorConfiguration {
  try OrchestratorConfiguration.parse(
    text, file: "/etc/game/orchestrator.yml", environment: environment)
}

/// The problems that the text has, as they are told.
private func problems(_ text: String, environment: [String: String] = [:]) -> [String] {
  do {
    _ = try parseOrchestrator(text, environment: environment)
    return []
  } catch {
    return error.problems.map(\.description)
  }
}

/// A file as operators of the Python orchestrator write it.
private let pythonStyle = """
  logging:
    level: debug
    file: {path: "app.log"}
  infrastructure:
    database:
      type: sqlite
      path: "orchestrator.db"
    publishers:
      - type: websocket
        address: "0.0.0.0"
        port: 9091
        ping-interval: 5
        ping-timeout: 2
      - type: rabbitmq
        url: "amqps://user:password@host/virtual-host/"
    runner:
      type: local
      docker-network-name: condor_default
      submission-storage-path-format: "storage/submissions/{id}"
      resource-storage-path-format: "storage/models/{id}"
      rebuild-mode: if-code-modified
  watcher:
    interval: 7
    poller: {type: yaml, path: "data/models.dev.yml"}
  crunches:
    - id: "condorgame"
      name: "Condor"
      onchain-name: condor
      infrastructure: {zone: "eu-west-1", cpu-config: {vcpus: 1, memory: 2048}}
      network-config: {subnets: ['a']}
      run-schedule:
        intervals: ['Mo-Th 00:00-11:00']
        timezone: 'America/New_York'
  signature-verifier:
    public-key: "e18a27536919fa9717393522ced3c78476965a498bab7d94e5e07a7dce1c5cc8"
  tournament-api-url: "https://example.org/"
  can-place-in-quarantine: false
  use-augmented-info: true
  """

/// The smallest file.
let smallestOrchestrator = """
  infrastructure: {publishers: [{type: websocket}]}
  crunches: [{id: game}]
  """

@Test func thePythonOrchestratorsFileIsTakenAndWhatIsNotUsedIsNamed() throws {
  let configuration = try parseOrchestrator(pythonStyle)
  #expect(
    configuration.publishers == [
      PublisherSettings(
        host: "0.0.0.0", port: 9_091, pingInterval: .seconds(5), pingTimeout: .seconds(2))
    ])
  #expect(configuration.logLevel == .debug)
  #expect(configuration.watchInterval == .seconds(7))
  #expect(configuration.modelsFile == "/etc/game/data/models.dev.yml")
  #expect(
    configuration.crunches == [
      CrunchSettings(id: "condorgame", name: "Condor", onchainName: "condor")
    ])
  #expect(configuration.ownership?.publicKey.hex.hasPrefix("e18a2753") == true)
  #expect(configuration.ownership?.ageMax == nil && configuration.registry == nil)
  #expect(!configuration.canPlaceInQuarantine)
  let runner = configuration.runner
  #expect(runner.submissionFolder("19100") == "/etc/game/storage/submissions/19100")
  #expect(runner.resourceFolder("7") == "/etc/game/storage/models/7")
  for name in [
    "logging.file", "infrastructure.database", "infrastructure.publishers[1]",
    "infrastructure.runner.docker-network-name",
    "crunches[0].run-schedule", "crunches[0].infrastructure.zone",
    "tournament-api-url", "use-augmented-info",
  ] {
    #expect(configuration.ignored.contains { $0.hasPrefix(name + ":") }, "\(name) isn't named")
  }
  #expect(configuration.ignored.count == 8)
  #expect(runner.rebuild == .ifCodeModified && configuration.api == nil)
}

@Test func theSmallestFileGetsTheDefaults() throws {
  let configuration = try parseOrchestrator(smallestOrchestrator)
  #expect(configuration.publishers == [PublisherSettings()])
  #expect(configuration.watchInterval == .seconds(10))
  #expect(configuration.modelsFile == "/etc/game/models.yml")
  #expect(configuration.canPlaceInQuarantine)
  #expect(configuration.ignored.isEmpty)
  #expect(configuration.runner.packages == ["crunch-model-runner==0.4.2"])
  #expect(configuration.runner.python == "python3")
  #expect(configuration.runner.ports == 20_000...29_999)
  #expect(configuration.metricsFile == nil)
  #expect(configuration.runner.logsFolder == "/etc/game/logs")
  #expect(configuration.runner.processesFile == "/etc/game/logs/model-processes.txt")
  #expect(configuration.runner.homeFolder("7") == "/etc/game/storage/homes/7")
  #expect(configuration.runner.isolation == .limits && configuration.runner.limits == ModelLimits())
  #expect(configuration.runner.environmentsFolder == "/users/op/.cache/updraft/environments")
}

@Test func ourAdditionsAreReadBesideTheRunnerAndAtTheTop() throws {
  let text = """
    infrastructure:
      publishers: [{type: websocket, address: localhost, port: 0, ping-interval: 0}]
      runner:
        packages: [crunch-model-runner==0.4.2, ./basegame, ~/shared, /opt/base]
        ports: 21000-21009
        environment-timeout: 3m
        start-timeout: 5s
        starts-max: 2
        logs: /var/log/game
        home-storage-path-format: homes/{id}
        processes-file: run/models
        crashes-max: 5
        limits: {memory: 512MiB, files: 256, processes: 64, cpu: 1h, file-size: 2GB, log-size: 1MB}
    python: ./bin/python
    isolation: bubblewrap
    rebuild: always
    crunches: [{id: game}]
    """
  let configuration = try parseOrchestrator(text)
  let runner = configuration.runner
  #expect(
    runner.packages == [
      "crunch-model-runner==0.4.2", "/etc/game/basegame", "/users/op/shared", "/opt/base",
    ])
  #expect(runner.ports == 21_000...21_009)
  #expect(runner.environmentTimeout == .seconds(180))
  #expect(runner.startTimeout == .seconds(5))
  #expect(runner.startsMax == 2)
  #expect(runner.logsFolder == "/var/log/game")
  #expect(runner.python == "/etc/game/bin/python")
  #expect(configuration.publishers.first?.host == "127.0.0.1")
  #expect(configuration.publishers.first?.pingInterval == nil)
  #expect(configuration.ignored == [])
  #expect(runner.rebuild == .always)
  #expect(runner.homeFolder("7") == "/etc/game/homes/7")
  #expect(runner.processesFile == "/etc/game/run/models")
  #expect(runner.baseFolder == "/etc/game")
  #expect(runner.crashesMax == 5)
  #expect(runner.isolation == .bubblewrap)
  #expect(runner.limits.memoryBytes == 512 << 20 && runner.limits.files == 256)
  #expect(runner.limits.processes == 64 && runner.limits.cpuSeconds == 3_600)
  #expect(runner.limits.fileSizeBytes == 2_000_000_000)
  #expect(runner.limits.logSizeBytes == 1_000_000)
}

@Test func variablesAreReplacedAndAMissingOneIsNamedWithItsLine() throws {
  let text = """
    infrastructure:
      publishers:
        - {type: websocket, port: "${PORT}"}
      runner: {logs: "$BASE/logs-$OTHER"}
    crunches: [{id: "${GAME}"}]
    """
  let full = ["PORT": "9200", "BASE": "/data", "GAME": "condor"]
  let configuration = try parseOrchestrator(text, environment: full)
  #expect(configuration.publishers.first?.port == 9_200)
  #expect(configuration.runner.logsFolder == "/data/logs-$OTHER")
  #expect(configuration.crunches.first?.id == "condor")
  #expect(
    problems(text, environment: ["GAME": "condor"]) == [
      "infrastructure.publishers[0].port: the environment variable PORT is not set"
        + " (/etc/game/orchestrator.yml:3)"
    ])
}

@Test func everyProblemIsToldAtOnceWithItsLine() {
  let text = """
    infrastructure:
      publishers:
        - {type: websocket, port: 99999}
      runner:
        submision-storage-path-format: "x/{id}"
        resource-storage-path-format: "resources"
        ports: 5-1
    watcher: {interval: -3}
    crunches: [{id: game}, {id: game}]
    can-place-in-quarantine: maybe
    surprise: 1
    """
  let file = "/etc/game/orchestrator.yml"
  #expect(
    Set(problems(text)) == [
      "infrastructure.publishers[0].port: must be a whole number from 0 to 65535, got 99999"
        + " (\(file):3)",
      "infrastructure.runner.submision-storage-path-format: unknown setting,"
        + " did you mean submission-storage-path-format? (\(file):5)",
      "infrastructure.runner.resource-storage-path-format: must contain {id}, got resources"
        + " (\(file):6)",
      "infrastructure.runner.ports: must be two ports such as 20000-29999, got 5-1 (\(file):7)",
      "watcher.interval: must be a duration > 0 such as 10 or 500ms, got -3 (\(file):8)",
      "crunches[1].id: game is there twice (\(file):9)",
      "can-place-in-quarantine: must be true or false, got maybe (\(file):10)",
      "surprise: unknown setting (\(file):11)",
    ])
}

@Test(arguments: [
  ("", "the file is empty"),
  ("- a\n- b\n", "must be a mapping of settings, got a list"),
  ("infrastructure: {publishers: [{type: websocket}]\n", "not YAML"),
  ("a: 1\na: 2\n", "twice"),
  ("crunches: [{id: g}]", "infrastructure: is missing"),
  ("infrastructure: {publishers: []}\ncrunches: [{id: g}]", "needs an entry with type: websocket"),
  ("infrastructure: {publishers: [{type: amqp}]}\ncrunches: [{id: g}]", "must be websocket"),
  ("infrastructure: {publishers: [{type: websocket}]}", "crunches: needs at least one entry"),
  ("infrastructure: {publishers: 9091}\ncrunches: [{id: g}]", "must be a list, got \"9091\""),
  (
    smallestOrchestrator + "\nwatcher: {poller: {type: onchain, url: x}}",
    "must begin with http:// or https://"
  ),
  (
    smallestOrchestrator + "\nwatcher: {poller: {type: onchain, url: \"http://x/?a\"}}",
    "without ? and #"
  ),
  (
    smallestOrchestrator + "\nwatcher: {poller: {type: chain}}",
    "must be yaml or onchain, got chain"
  ),
  (
    smallestOrchestrator + "\nsignature-verifier: {public-key: e18a}",
    "must be an ed25519 public key"
  ),
  (smallestOrchestrator + "\nsignature-verifier: {}", "signature-verifier.public-key: is missing"),
  (
    smallestOrchestrator + "\nsignature-verifier: {public-key: \""
      + String(repeating: "00", count: 32) + "\"}",
    "must be an ed25519 public key"
  ),
  (smallestOrchestrator + "\nwatcher: {poller: {type: yaml}}", "watcher.poller.path: is missing"),
  (smallestOrchestrator + "\nlogging: {level: loud}", "logging.level: must be one of trace"),
  (
    smallestOrchestrator + "\nrebuild: sometimes",
    "rebuild: must be one of disabled, if-code-modified, always"
  ),
  (
    smallestOrchestrator + "\napi: {listen: \"0.0.0.0:8001\"}",
    "api.listen: 0.0.0.0:8001 can be reached"
  ),
  (smallestOrchestrator + "\napi: {listen: \"[::]:8001\"}", "api.listen: [::]:8001 can be reached"),
  (
    smallestOrchestrator + "\napi: {listen: 8001}",
    "api.listen: must be an address such as 127.0.0.1:8001"
  ),
  (
    smallestOrchestrator + "\napi: {listen: \"example.org:80\"}",
    "api.listen: must begin with a numeric"
  ),
  (smallestOrchestrator + "\napi: {origins: [\"*\"]}", "api.origins: must be origins such as"),
  (
    smallestOrchestrator + "\napi: {origins: [\"http://a/b\"]}",
    "api.origins: must be origins such as"
  ),
  (smallestOrchestrator + "\napi: {hosts: [\"a:1\"]}", "api.hosts: must be names without port"),
  (
    smallestOrchestrator + "\napi: {upload-bytes-max: 2GiB}",
    "api.upload-bytes-max: must be a size of at most"
  ),
  (smallestOrchestrator + "\napi: {token: x}", "api.token: unknown setting"),
  (
    smallestOrchestrator + "\nisolation: docker",
    "isolation: must be one of none, limits, bubblewrap"
  ),
])
func aFileThatCannotBeUsedIsRefusedWithTheReason(text: String, reason: String) {
  let told = problems(text)
  #expect(told.contains { $0.contains(reason) }, "\(told)")
}

@Test func runnerTypesThatNeedACloudAreRefused() {
  let text = """
    infrastructure: {publishers: [{type: websocket}], runner: {type: aws}}
    crunches: [{id: game}]
    """
  #expect(problems(text).contains { $0.contains("runner.type: must be local, got aws") })
}

@Test func aMissingFileSaysHowToNameAnother() {
  #expect(throws: ConfigurationFault.self) {
    try OrchestratorConfiguration.read("/nonexistent/orchestrator.yml", environment: [:])
  }
  do {
    _ = try OrchestratorConfiguration.read("/nonexistent/orchestrator.yml", environment: [:])
  } catch {
    #expect("\(error)".contains("--config") && "\(error)".contains("/nonexistent/orchestrator.yml"))
  }
}
