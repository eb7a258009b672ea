import Settings

/// `game.yml`: any text is either a game or refused with a line for each problem.
struct SettingsText: FuzzTarget {
  static let name = "settings"

  func run(_ input: UnsafeRawBufferPointer) {
    let text = String(decoding: input, as: UTF8.self)
    do throws(ConfigurationError) {
      let game = try GameConfiguration.parse(yaml: text, file: "game.yml")
      promise(game.limits.replyBytesMax > 0, "limits are above 0")
      promise(game.predict.timeout > .zero, "the timeout is above 0")
    } catch {
      promise(!error.description.isEmpty, "a refusal says something")
    }
  }
}

extension SettingsText {
  static func seeds() -> [(name: String, bytes: [UInt8])] {
    let texts = [
      (
        "game",
        """
        crunch_id: condorgame
        instance_args: [BTC, i:3600, "d:1.5"]
        orchestrator: {host: localhost, port: 9091}
        database: {url: null}
        prices: {source: csv, path: prices.csv, resolution: 60s, history: 30d, timeout: 10s}
        predict: {tick: 60s, timeout: 500ms, breaker: fair, max_failures: 100, loops: 1}
        limits: {reply_bytes_max: 4MiB, round_bytes_max: 1GiB, json_depth_max: 64}
        spool: {dir: spool, bytes_max: 8GiB, fsync: interval, fsync_interval: 200ms}
        """
      ),
      (
        "report",
        """
        score: {every: 15m, windows: {recent: 24h, steady: 72h}, price_max_gap: 2x, crps: {t: {}}}
        retention: {predictions: 30d, snapshots: 10d}
        report: {listen: ["127.0.0.1:8000", "[::1]:8001"], api_keys: null, cors: []}
        log: {level: info, format: text}
        """
      ),
      ("wrong", "predict: {timeout: -3, tick: 1e99s}\nlimitz: &a {x: 1}\nlog: *a\n"),
    ]
    return texts.map { ($0, Array($1.utf8)) }
  }
}
