import Competition
import Storage
import Synchronization

/// The newest answers by what was asked; each is made once for all that ask for it meanwhile.
///
/// An answer is given for a second without a look at the database. After that the version of its
/// topic is asked for, and the answer itself only when that has changed or a minute has passed.
final class AnswerCache: Sendable {
  /// How long an answer is taken to be the newest.
  static let freshFor = Duration.seconds(1)
  /// How long an answer is kept on the word of its version.
  static let keptFor = Duration.seconds(60)
  /// Answers that are kept.
  static let entriesMax = 256
  /// What they may take together; a larger answer is made anew each time.
  static let bytesMax = 16 << 20
  static let entryBytesMax = 4 << 20

  private struct Entry {
    let body: ReportBody
    let version: String?
    let madeAt: MonotonicInstant
    var checkedAt: MonotonicInstant
    var usedAt: MonotonicInstant
  }

  private struct State {
    var entries: [String: Entry] = [:]
    var tasks: [String: Task<Result<ReportBody, StorageError>, Never>] = [:]
    var bytes = 0
  }

  private let pool: SessionPool
  private let memory = VariantMemory()
  private let state = Mutex(State())

  init(pool: SessionPool) { self.pool = pool }

  /// The answer to `question`; `key` says all that it depends on.
  ///
  /// - Throws: The database's failure; more rows than the question allows are a `ReportFailure`.
  func body(for question: Question, key: String) async throws(ReportFailure) -> ReportBody {
    let now = MonotonicInstant.now()
    let found = state.withLock { state -> Found in
      if let entry = state.entries[key], now.since(entry.checkedAt) < Self.freshFor {
        state.entries[key]?.usedAt = now
        return .body(entry.body)
      }
      if let task = state.tasks[key] { return .task(task) }
      let old = state.entries[key]
      let task = Task { await self.make(question, key: key, old: old) }
      state.tasks[key] = task
      return .task(task)
    }
    switch found {
    case .body(let body): return body
    case .task(let task):
      switch await task.value {
      case .success(let body): return body
      case .failure(let error) where error.code == .tooManyRows:
        throw ReportFailure(400, error.message)
      case .failure(let error): throw ReportFailure(error)
      }
    }
  }

  private enum Found {
    case body(ReportBody)
    case task(Task<Result<ReportBody, StorageError>, Never>)
  }

  /// Makes the answer, or finds the old one still right.
  private func make(
    _ question: Question, key: String, old: Entry?
  ) async -> Result<ReportBody, StorageError> {
    let startedAt = MonotonicInstant.now()
    let known = old.flatMap { startedAt.since($0.madeAt) < Self.keptFor ? $0.version : nil }
    let memory = memory
    let result: Result<Made, StorageError>
    do throws(StorageError) {
      let made = try await pool.run { connection throws(StorageError) -> Made in
        let version = try Self.version(of: question.topic, connection)
        if let version, version == known { return .unchanged }
        let rows = try question.ask(connection, knowing: memory)
        if let max = question.rowsMax, rows.count > max {
          throw StorageError(
            .tooManyRows,
            "More than \(max) rows; ask for a shorter time, or use limit and offset",
            doing: "read \(question.name)")
        }
        return .rows(rows.json, version: version)
      }
      result = .success(made)
    } catch {
      result = .failure(error)
    }
    return state.withLock { state in
      state.tasks[key] = nil
      switch (result, old) {
      case (.success(.unchanged), let old?):
        state.entries[key]?.checkedAt = startedAt
        return .success(old.body)
      case (.success(.rows(let json, let version)), _):
        let body = ReportBody(json)
        Self.keep(body, version: version, key: key, at: startedAt, in: &state)
        return .success(body)
      case (.success(.unchanged), nil):
        return .failure(
          StorageError(.unexpectedAnswer, "no answer is kept", doing: "read \(question.name)"))
      case (.failure(let error), _): return .failure(error)
      }
    }
  }

  private enum Made: Sendable {
    case unchanged
    case rows([UInt8], version: String?)
  }

  private static func version(
    of topic: Question.Topic, _ connection: PostgresConnection
  ) throws(StorageError) -> String? {
    guard let sql = topic.versionSQL else { return nil }
    do throws(StorageError) {
      return try connection.query(sql, doing: "look for news").first?.text(0)
    } catch {
      // The question itself has a way around a table that is missing, or says so better.
      if error.code == .schema { return nil }
      throw error
    }
  }

  /// Keeps an answer; the ones that nobody asked for the longest give way.
  private static func keep(
    _ body: ReportBody, version: String?, key: String, at time: MonotonicInstant,
    in state: inout State
  ) {
    if let old = state.entries.removeValue(forKey: key) { state.bytes -= old.body.bytes.count }
    let size = body.bytes.count
    guard size <= entryBytesMax else { return }
    while state.entries.count >= entriesMax || state.bytes + size > bytesMax,
      let oldest = state.entries.min(by: { $0.value.usedAt < $1.value.usedAt })
    {
      state.entries[oldest.key] = nil
      state.bytes -= oldest.value.body.bytes.count
    }
    state.entries[key] = Entry(
      body: body, version: version, madeAt: time, checkedAt: time, usedAt: time)
    state.bytes += size
  }
}

extension StorageError.Code {
  /// The answer has more rows than one may have.
  static let tooManyRows = StorageError.Code(rawValue: "too_many_rows")
}
