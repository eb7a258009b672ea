import Competition
import Settings
import Glibc
import Testing

private func parse(
  _ yaml: String, environment: [String: String] = [:], flags: [SettingFlag] = []
) throws -> GameConfiguration {
  try GameConfiguration.parse(
    yaml: yaml, file: "game.yml", environment: environment, flags: flags)
}

private func problems(
  _ yaml: String, environment: [String: String] = [:], flags: [SettingFlag] = []
) -> [String] {
  do {
    _ = try GameConfiguration.parse(
      yaml: yaml, file: "game.yml", environment: environment, flags: flags)
    return []
  } catch {
    return error.problems.map(\.description)
  }
}

/// The file of the architecture page, every default written out.
private let everyDefault = """
  crunch_id: condorgame
  base_class: condorgame.tracker.TrackerBase
  instance_args: []                                  # typed
  orchestrator: {host: localhost, port: 9091}
  database: {url: null}
  prices: {source: http, resolution: 60s, history: 30d, timeout: 10s, closed_after: never,
    closed: flag}
  predict: {tick: 60s, timeout: 60s, breaker: fair, max_failures: 100, max_timeouts: 100,
    report_failures: true, panic_share: 0.3, panic_min_models: 5, loops: 1, shard: 1/1,
    absent_after: never, shape: none}
  limits: {reply_bytes_max: 4MiB, round_bytes_max: 1GiB, models_max: 5000,
    connects_in_progress_max: 64, json_depth_max: 64}
  spool: {dir: spool, bytes_max: 8GiB, fsync: interval, fsync_interval: 200ms}
  tls: {dir: null}
  gateway: {key: null, ca: null}
  score: {every: 15m, method: density_pdf, order: descending, failed: lowest,
    windows: {recent: 24h, steady: 72h, anchor: 7d}, truth_max_age: 1d, price_max_gap: 2x,
    density_cap: null, compat: false, command: null, crps: {t: {}}}
  retention: {predictions: 30d, snapshots: 10d, rounds: 30d}
  report: {listen: ["127.0.0.1:8000"], ui_listen: [], api_keys: null, cors: [],
    public: false, chart_js: /usr/share/javascript/chart.js/chart.min.js}
  metrics_file: null
  log: {level: info, format: text}
  """

@Test func theDocumentedFileGivesExactlyTheDefaults() throws {
  #expect(try parse(everyDefault) == GameConfiguration())
}

@Test(arguments: ["", "# nothing\n", "predict:\n", "predict: {}\n", "---\n"])
func anEmptyFileGivesTheDefaults(yaml: String) throws {
  #expect(try parse(yaml) == GameConfiguration())
}

@Test func everySettingIsReadFromTheFile() throws {
  let game = try parse(
    """
    crunch_id: demo
    base_class: examplegame.tracker.TrackerBase
    instance_args: [BTC, "i:3600", "scale=d:1.5"]
    orchestrator: {host: 10.0.0.1, port: 9999, token_file: keys/token}
    database: {url: "postgresql://u:p@h/db"}
    prices: {source: csv, path: prices.csv, resolution: 1s, history: 1h, timeout: 2s}
    predict: {tick: 5s, timeout: 3s, breaker: compatible, max_failures: 3, max_timeouts: 0,
      report_failures: false, panic_share: 0.5, panic_min_models: 9, loops: 2, shard: 2/3,
      absent_after: 1d, shape: densities}
    limits: {reply_bytes_max: 1MiB, models_max: 10}
    spool: {dir: /var/spool/game, bytes_max: 1GiB, fsync: always, fsync_interval: 1s}
    tls: {dir: certificates}
    score: {method: crps, windows: {recent: 20s}, price_max_gap: 3.5x, density_cap: 1e6,
      crps: {t: {XAU: 0.5}}}
    report: {listen: "0.0.0.0:8000", ui_listen: ["[::1]:8080"], cors: ["https://example.org"],
      public: true, chart_js: /opt/chart.js}
    metrics_file: metrics.prom
    log: {level: debug, format: json}
    """)
  #expect(game.crunchID == "demo")
  #expect(
    game.instanceArguments == [
      CallArgument(.string("BTC")), CallArgument(.int(3_600)),
      CallArgument(.double(1.5), keyword: "scale"),
    ])
  #expect(game.orchestrator.port == 9_999)
  #expect(game.orchestrator.tokenFile == "keys/token")
  #expect(game.database.url == "postgresql://u:p@h/db")
  #expect(game.prices.source == .csv && game.prices.history == .seconds(3_600))
  #expect(game.predict.shard == Shard(text: "2/3"))
  #expect(game.predict.absentAfter == .seconds(86_400))
  #expect(game.predict.panicRule == nil)
  #expect(game.predict.breakerSettings.failuresMax == 3)
  #expect(game.predict.breakerSettings.timeoutsMax == 0)
  #expect(game.limits.replyBytesMax == 1 << 20)
  #expect(game.spool.fsync == .always)
  #expect(game.security.tlsDirectory == "certificates")
  #expect(game.score.order == .ascending && game.score.failed == .worst)
  #expect(game.score.windows.recent == .seconds(20))
  #expect(game.score.priceGapMaxFactor == 3.5)
  #expect(game.score.crpsScales == ["XAU": 0.5])
  #expect(game.report.uiListen.map(\.description) == ["[::1]:8080"])
  #expect(game.report.isPublic)
  #expect(game.report.chartLibrary == "/opt/chart.js")
  #expect(game.metricsFile == "metrics.prom")
  #expect(game.log.format == .json)
}

@Test func aWrongValueIsNamedWithItsLineAndAnExample() {
  #expect(
    problems("crunch_id: x\npredict:\n  tick: 5s\n  timeout: \"-3\"\n") == [
      "predict.timeout: must be a duration > 0 such as 60s, got \"-3\" (game.yml:4)"
    ])
}

@Test func allProblemsAreToldAtOnceInTheOrderOfTheFile() {
  let found = problems(
    """
    predict: {timeout: 0s,
      breaker: kind}
    limits: {models_max: many}
    prices: {source: csv}
    tls: {dir: a}
    gateway: {key: b}
    """)
  #expect(found.count == 5)
  #expect(found[0].hasPrefix("predict.timeout: must be a duration > 0"))
  #expect(
    found[1] == "predict.breaker: must be compatible or fair, got \"kind\" (game.yml:2)")
  #expect(
    found[2]
      == "limits.models_max: must be a whole number from 1 to 100000, got \"many\" (game.yml:3)")
  #expect(found[3].hasPrefix("gateway.key: can't be used together with tls.dir"))
  #expect(found[4].hasPrefix("prices.path: is missing"))
}

@Test func unknownSettingsAreRefusedWithTheNearestName() {
  #expect(
    problems("predict:\n  time_out: 3s\n") == [
      "predict.time_out: unknown setting; did you mean timeout? (game.yml:2)"
    ])
  #expect(
    problems("predikt: {}\n") == [
      "predikt: unknown setting; did you mean predict? (game.yml:1)"
    ])
  #expect(
    problems("retention: {xyz: 3s}\n") == [
      "retention.xyz: unknown setting; known are predictions, snapshots, rounds (game.yml:1)"
    ])
}

@Test func brokenYAMLAndRepeatedKeysAreToldWithTheirLine() {
  #expect(problems("a: [1\nb: 2\n").first?.contains("is not YAML") == true)
  let twice = problems("log: {level: info}\nlog: {level: debug}\n")
  #expect(twice.first?.contains("log: given more than once") == true)
  #expect(
    problems("- a\n- b\n")
      == [": must be a section with settings (game.yml:1)"].map {
        String($0.dropFirst(2))
      })
  #expect(problems("predict: 3\n") == ["predict: must be a section with settings (game.yml:1)"])
  #expect(
    problems("predict: {tick: [1s]}\n").first?.contains("such as 60s, got a list") == true)
}

@Test func flagsWinOverTheEnvironmentAndTheEnvironmentOverTheFile() throws {
  let yaml = "orchestrator: {host: file, port: 1111}\n"
  let environment = ["MODEL_RUNNER_NODE_HOST": "env", "MODEL_RUNNER_NODE_PORT": "2222"]
  let flag = SettingFlag(path: "orchestrator.host", name: "--orchestrator", value: "flag")
  #expect(try parse(yaml).orchestrator.host == "file")
  #expect(try parse(yaml, environment: environment).orchestrator.host == "env")
  let game = try parse(yaml, environment: environment, flags: [flag])
  #expect(game.orchestrator.host == "flag")
  #expect(game.orchestrator.port == 2_222)
}

@Test func theDatabaseIsReadFromCondorsVariablesAndNeverDescribedWithItsPassword() throws {
  let database = try parse(
    "",
    environment: [
      "POSTGRES_USER": "condor", "POSTGRES_PASSWORD": "hunter2", "POSTGRES_HOST": "db",
      "POSTGRES_PORT": "5433", "POSTGRES_DB": "game",
    ]
  ).database
  #expect(database.password == "hunter2")
  #expect(database.description == "condor@db:5433/game")
  let url = try parse("database: {url: \"postgresql://u:hunter2@h/db\"}").database
  #expect(!url.description.contains("hunter2"))
}

@Test func wrongEnvironmentAndFlagValuesNameTheirSource() {
  #expect(
    problems("", environment: ["MODEL_RUNNER_NODE_PORT": "x"]) == [
      "orchestrator.port: must be a port from 1 to 65535, got \"x\" "
        + "(environment MODEL_RUNNER_NODE_PORT)"
    ])
  let flag = SettingFlag(path: "predict.shard", name: "--shard", value: "3/2")
  #expect(problems("", flags: [flag]).first?.hasSuffix("got \"3/2\" (flag --shard)") == true)
}

@Test func secretsAreNotRepeatedInProblems() {
  let found = problems("database: {url: \"mysql://u:hunter2@h/db\"}\n")
  #expect(found.count == 1)
  #expect(!found.joined().contains("hunter2"))
}

@Test(arguments: [
  "score: {method: crps, order: descending}", "score: {method: crps, failed: lowest}",
  "gateway: {ca: x}", "prices: {resolution: 7s}", "prices: {history: 1s}",
  "limits: {reply_bytes_max: 65MiB}", "limits: {round_bytes_max: 2MiB}",
  "predict: {panic_share: 1.5}", "predict: {report_failures: yes}", "predict: {shard: 0/2}",
  "report: {listen: [localhost]}", "report: {listen: [\"a:99999\"]}", "instance_args: [\"i:x\"]",
  "instance_args: [\"a=1\", b]", "score: {price_max_gap: 2}", "score: {crps: {t: {XAU: -1}}}",
  "crunch_id: \"\"", "prices: {url: \"ftp://x\"}", "log: {level: loud}",
])
func oneWrongSettingGivesOneProblemWithItsLine(yaml: String) {
  let found = problems(yaml)
  #expect(found.count == 1)
  #expect(found.first?.hasSuffix("(game.yml:1)") == true)
}

@Test func aFileIsReadAndAMissingOneNamed() throws {
  let path = "/tmp/updraft-game-\(getpid())-\(UInt64.random(in: 0 ... .max)).yml"
  let file = try #require(fopen(path, "w"))
  fputs("crunch_id: fromfile\n", file)
  fclose(file)
  #expect(try GameConfiguration.load(path: path, environment: [:]).crunchID == "fromfile")
  unlink(path)
  let error = #expect(throws: ConfigurationError.self) {
    try GameConfiguration.load(path: path, environment: [:])
  }
  #expect(error?.description.contains("\(path) can't be opened: No such file") == true)
  #expect(try GameConfiguration.load(path: nil, environment: [:]) == GameConfiguration())
}

@Test func closedMarketsNeedATimeThatTheResolutionCanTell() throws {
  let game = try GameConfiguration.parse(
    yaml: "prices: {closed_after: 2h, closed: skip}\n", file: "game.yml")
  #expect(game.prices.closedAfter == .seconds(7_200) && game.prices.closed == .skip)
  #expect(
    problems("prices: {closed_after: 119s}\n") == [
      "prices.closed_after: must be at least twice prices.resolution, or never (game.yml:1)"
    ])
  #expect(
    problems("prices: {closed: skip}\n") == [
      "prices.closed: is skip, so prices.closed_after must say after how long, not never "
        + "(game.yml:1)"
    ])
  #expect(problems("prices: {closed: open}\n").first?.contains("flag or skip") == true)
}

@Test(arguments: [
  ("/run/updraft/metrics.prom", "/run/updraft/metrics-score.prom"), ("metrics", "metrics-score"),
  ("a.d/metrics", "a.d/metrics-score"), ("a/b.c.prom", "a/b.c-score.prom"),
])
func theScoreWorkersMetricsLieBesideThePredictWorkers(path: String, expected: String) throws {
  let game = try GameConfiguration.parse(yaml: "metrics_file: \(path)", file: "game.yml")
  #expect(game.scoreMetricsFile == expected)
  #expect(GameConfiguration().scoreMetricsFile == nil)
}
