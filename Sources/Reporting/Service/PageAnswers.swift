import Competition
import JSON
import Logging
import Telemetry

/// The answers that are no plain rows of the database.
final class PageAnswers: Sendable {
  /// An answer before it is fitted to the caller.
  struct Made: Sendable {
    var status = 200
    var contentType = "application/json"
    let body: ReportBody
  }

  private let pool: SessionPool
  private let cache: AnswerCache
  private let predictMetrics: WorkerMetrics
  private let scoreMetrics: WorkerMetrics
  private let metrics: ReportMetrics
  private let info: ReportBody
  private let openAPI: ReportBody
  private let schema = ReportBody(json: WidgetSchema.json)

  init(
    _ options: ReportOptions, pool: SessionPool, cache: AnswerCache, registry: MetricsRegistry,
    logger: Logger
  ) {
    self.pool = pool
    self.cache = cache
    predictMetrics = WorkerMetrics(path: options.metricsFile, logger: logger)
    scoreMetrics = WorkerMetrics(path: options.scoreMetricsFile, logger: logger)
    metrics = ReportMetrics(registry, version: options.version, pool: pool)
    info = ReportBody(
      json: [
        "crunch_id": .string(options.crunchID), "version": .string(options.version),
        "needs_key": .bool(!options.keys.isEmpty),
      ])
    openAPI = ReportBody(json: OpenAPIDocument.json(options))
  }

  func answer(_ page: Route.Page) async throws(ReportFailure) -> Made {
    switch page {
    case .info: return Made(body: info)
    case .schema: return Made(body: schema)
    case .openAPI: return Made(body: openAPI)
    case .health: return Made(body: ReportBody(json: ["status": "ok"]))
    case .readiness: return await readiness()
    case .status: return Made(body: ReportBody(json: try await status()))
    case .metrics:
      let status = try? await self.status()
      let text = await metrics.text(
        status: status, appending: predictMetrics.text() + scoreMetrics.text())
      return Made(
        contentType: "text/plain; version=0.0.4; charset=utf-8",
        body: ReportBody(Array(text.utf8)))
    }
  }

  /// Whether requests can be answered, with the age of what they would be answered with.
  private func readiness() async -> Made {
    do throws(ReportFailure) {
      let members = try await status().objectValue ?? []
      let ages = members.filter { $0.key.hasSuffix("_age_s") }
      return Made(
        body: ReportBody(
          json: .object([JSONMember(key: "status", value: "ready")] + ages)))
    } catch {
      return Made(
        status: 503, body: ReportBody(json: ["status": "not ready", "detail": error.detail]))
    }
  }

  /// The game's state in figures: the database's, and the feed's from the predict worker's file.
  private func status() async throws(ReportFailure) -> JSONValue {
    let body = try await cache.body(for: GameQuestions.status, key: "status")
    guard let value = try? JSONValue.parse(bytes: body.bytes), let members = value.objectValue
    else { throw ReportFailure(500, "The database gave a status that can't be read") }
    let age = predictMetrics.feedAgeSeconds(at: .now()).map(JSONValue.double) ?? .null
    return .object(members + [JSONMember(key: "feed_age_s", value: age)])
  }
}
