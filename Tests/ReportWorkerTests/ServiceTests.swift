import Competition
import Foundation
import GatewayTestSupport
import JSON
import Logging
import Storage
import Testing

@testable import Reporting

/// The service without a server, on a scratch database.
@Suite(.timeLimit(.minutes(2))) struct ServiceTests {
  private static let server = Task { try await ScratchPostgres.start(.forTests) }

  private func withService(
    _ change: (inout ReportOptions) -> Void = { _ in },
    _ body: (ReportService, PostgresConnection) async throws -> Void
  ) async throws {
    let configuration = try await Self.server.value.configuration
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let connection = try PostgresConnection(configuration, logger: logger)
    defer { connection.close() }
    _ = try SchemaInitializer(connection).initializeDatabase()
    let pool = SessionPool(configuration, logger: logger)
    defer { pool.close() }
    var options = ReportOptions(crunchID: "testgame", version: "1.2.3")
    change(&options)
    try await body(ReportService(options, pool: pool, logger: logger), connection)
  }

  private func get(_ service: ReportService, _ target: String) async -> (Int, JSONValue?) {
    let answer = await service.answer(ReportRequest(method: "GET", target: target))
    return (answer.status, try? JSONValue.parse(bytes: answer.body?.bytes ?? []))
  }

  @Test func theTablesThatInitDBMakesAreRead() async throws {
    try await withService { service, _ in
      for endpoint in Endpoint.all {
        let path = endpoint.path.replacing("{id}", with: "1")
        let target = "\(path)?projectIds=1&start=2026-01-01&end=2027-01-01"
        #expect(await get(service, target).0 == 200, "\(endpoint.path)")
      }
      for page in Route.Page.allCases {
        #expect(await service.answer(.init(method: "GET", target: page.rawValue)).status == 200)
      }
    }
  }

  @Test func theDocumentDescribesEveryEndpointOnce() async throws {
    try await withService { service, _ in
      let document = await get(service, "/openapi.json").1
      let paths = document?["paths"]?.objectValue?.map(\.key) ?? []
      #expect(Set(paths).count == paths.count)
      #expect(Set(Endpoint.all.map(\.path)).isSubset(of: paths))
    }
  }

  @Test func aSessionCanNotWrite() async throws {
    try await withService { _, connection in
      let pool = SessionPool(connection.configuration, logger: connection.testLogger)
      defer { pool.close() }
      await #expect(throws: StorageError.self) {
        try await pool.run { session throws(StorageError) in
          try session.execute("CREATE TABLE forbidden (a int)", doing: "try")
        }
      }
    }
  }

  @Test func aDatabaseThatIsAwayGives503AtOnceAndWhereToRetry() async throws {
    var nowhere = DatabaseConfiguration()
    nowhere.host = "/nonexistent"
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let pool = SessionPool(nowhere, logger: logger)
    defer { pool.close() }
    let service = ReportService(
      ReportOptions(crunchID: "c", version: "v"), pool: pool, logger: logger)
    let start = MonotonicInstant.now()
    for _ in 0..<100 {
      let answer = await service.answer(.init(method: "GET", target: "/reports/models"))
      #expect(answer.status == 503)
      #expect(answer.headers.contains { $0.name == "Retry-After" })
    }
    #expect(MonotonicInstant.now().since(start) < .seconds(10))
    #expect(await service.answer(.init(method: "GET", target: "/healthz")).status == 200)
    #expect(await service.answer(.init(method: "GET", target: "/metrics")).status == 200)
  }

  @Test func metricsOfBothWorkersFollowTheReportsOwn() async throws {
    let folder = FileManager.default.temporaryDirectory.path
    var options = ReportOptions(crunchID: "c", version: "v")
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let files = ["updraft_running", "updraft_score_running"].map { name in
      (name: name, path: "\(folder)/\(UUID().uuidString).prom")
    }
    defer { for file in files { try? FileManager.default.removeItem(atPath: file.path) } }
    for file in files {
      try "\(file.name) 1".write(toFile: file.path, atomically: true, encoding: .utf8)
    }
    (options.metricsFile, options.scoreMetricsFile) = (files[0].path, files[1].path)
    var nowhere = DatabaseConfiguration()
    nowhere.host = "/nonexistent"
    let pool = SessionPool(nowhere, logger: logger)
    defer { pool.close() }
    let service = ReportService(options, pool: pool, logger: logger)
    let answer = await service.answer(.init(method: "GET", target: "/metrics"))
    let lines = String(decoding: answer.body?.bytes ?? [], as: UTF8.self).split(separator: "\n")
    #expect(lines.suffix(2) == ["updraft_running 1", "updraft_score_running 1"])
  }

  @Test func aLongerAddressThanTheBoundIsRefusedWithoutAQuestion() async throws {
    try await withService { service, _ in
      let path = "/reports/models?x="
      let room = ReportService.targetBytesMax - path.utf8.count
      #expect(await get(service, path + String(repeating: "a", count: room)).0 == 200)
      #expect(await get(service, path + String(repeating: "a", count: room + 1)).0 == 414)
    }
  }

  @Test func roundsAreCountedOnceAndThoseBeforeTheFirstLookNotAtAll() {
    let counts = RoundCounts()
    func rows(_ keys: [String]) -> JSONValue {
      .array(
        keys.map {
          ["key": .string($0), "success": 3, "failed": 1, "latency_buckets": [0, 3], "open": 1]
        })
    }
    #expect(counts.take(rows(["1/a"])).rounds == 0)
    #expect(counts.take(rows(["2/a", "1/a"])).rounds == 1)
    let sums = counts.take(rows(["3/a", "2/a", "1/a"]))
    #expect(sums.rounds == 2)
    #expect(sums.outcomes["success"] == 6)
    #expect(sums.latencyCounts[1] == 6)
    #expect(sums.breakers == ["open": 1])
  }
}

extension PostgresConnection {
  fileprivate var testLogger: Logger { Logger(label: "test") { _ in SwiftLogNoOpLogHandler() } }
}
