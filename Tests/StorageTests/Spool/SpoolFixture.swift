import Competition
import Foundation
import Synchronization
import Testing

@testable import Storage

/// A folder for one test's spool, removed with it.
final class SpoolFixture: Sendable {
  let directory: String
  private let root: String

  static let crunchID = "game"
  static let start = UTCTime(microsecondsSinceEpoch: 1_795_345_314_820_000)

  init() throws {
    var template = Array("/tmp/updraft-spool-XXXXXX".utf8CString)
    try #require(mkdtemp(&template) != nil)
    root = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    directory = root + "/spool"
  }

  deinit { try? FileManager.default.removeItem(atPath: root) }

  func options(_ fsync: SpoolOptions.Fsync = .never, bytesMax: Int = 1 << 30) -> SpoolOptions {
    SpoolOptions(directory: directory, bytesMax: bytesMax, fsync: fsync)
  }

  func open(
    _ fsync: SpoolOptions.Fsync = .never, bytesMax: Int = 1 << 30, crunchID: String = crunchID,
    system: SpoolSystem = .real
  ) throws(SpoolError) -> Spool {
    try Spool.open(
      options(fsync, bytesMax: bytesMax), crunchID: crunchID, shard: .whole, system: system)
  }

  /// The names in the folder without the lock, sorted.
  func names() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: directory).filter { $0 != "lock" }.sorted()
  }

  /// The only segment of the folder.
  func segment() throws -> SegmentFile {
    let listing = try SpoolFolder(directory: directory).list()
    return try #require(listing.segments.first)
  }

  /// A round of models `m0`, `m1`, …; the last one is not called.
  static func opening(_ modelCount: Int = 4, at performedAt: UTCTime = start) -> RoundOpening {
    let ids = (0..<modelCount).map { ModelID("m\($0)") }
    return RoundOpening(
      params: TestRound.params, performedAt: performedAt, lateBy: .milliseconds(3),
      timeout: .seconds(60), isMarketClosed: true, models: ids.prefix(1).map(TestRound.row),
      entries: ids.enumerated().map {
        RoundOpening.Entry(modelID: $1, isCalled: $0 < modelCount - 1)
      })
  }

  static func answer(_ index: Int, _ value: String?, detail: String? = nil) -> SpooledAnswer {
    SpooledAnswer(
      index: index, status: value == nil ? .timeout : .success, execTimeMicros: 100.5,
      wasSent: true, detail: detail, value: value.map { ByteView($0) })
  }

  static let closing = RoundClosing(
    wallTime: .milliseconds(42), panic: nil, breakers: [.closed, .halfOpen, .open, nil])

  /// Writes one whole round: two answers, a timeout, an absent model, the end.
  @discardableResult
  func writeRound(at performedAt: UTCTime = start) throws -> SegmentFile {
    let spool = try open()
    defer { spool.close() }
    let writer = try spool.begin(Self.opening(at: performedAt))
    _ = try writer.append([Self.answer(0, #"[{"a":1}]"#), Self.answer(2, nil, detail: "LATE: x")])
    _ = try writer.append([Self.answer(1, "[2.5]")])
    try writer.close(Self.closing)
    return writer.file
  }
}

/// A whole segment as bytes, with the places of its records.
struct SegmentBytes {
  let bytes: [UInt8]
  /// The opening, the answers of models 0, 2 and 1, the closing.
  let records: [Range<Int>]

  init(of file: SegmentFile) throws {
    let bytes = try [UInt8](Data(contentsOf: URL(fileURLWithPath: file.path)))
    let marker = bytes.withUnsafeBytes { $0.littleEndian(UInt64.self, at: 24) }
    var records: [Range<Int>] = []
    var offset = SegmentHeader.byteCount
    while offset < bytes.count {
      let prefix = bytes[offset...].withUnsafeBytes { RecordPrefix($0, marker: marker) }
      let count = try #require(prefix).recordBytes
      records.append(offset..<offset + count)
      offset += count
    }
    try #require(records.count == 5)
    self.bytes = bytes
    self.records = records
  }

  func write(_ bytes: [UInt8], to file: SegmentFile) throws {
    try Data(bytes).write(to: URL(fileURLWithPath: file.path))
  }
}

extension RecoveredRound {
  /// What the models' outcomes are: index, status, detail, value.
  func outcomes() throws -> [String] {
    try answers.keys.sorted().map { index in
      let answer = try #require(answers[index]?.answer)
      let value = try value(at: index)?.lossyText ?? "-"
      return "\(index) \(answer.status.rawValue) \(answer.detail ?? "-") \(value)"
    }
  }
}

/// Counts what is asked of the system, and fails what it is told to.
final class CountedSystem: Sendable {
  struct Counts: Equatable {
    var writes = 0
    var syncs = 0
    var folderSyncs = 0
    var truncates = 0
  }

  private let state = Mutex(Counts())
  var counts: Counts { state.withLock { $0 } }

  /// The system, with `write` in place of its own where that returns something.
  func system(
    write: (@Sendable (_ number: Int, _ byteCount: Int) -> Int?)? = nil,
    truncate: @escaping @Sendable (_ number: Int) -> Int? = { _ in nil },
    sync: @escaping @Sendable (_ number: Int) -> Int? = { _ in nil }
  ) -> SpoolSystem {
    let real = SpoolSystem.real
    let state = self
    return SpoolSystem(
      write: { descriptor, vectors, count, offset in
        let number = state.count(\.writes)
        let bytes = (0..<Int(count)).reduce(0) { $0 + vectors[$1].iov_len }
        guard let taken = write?(number, bytes) else {
          return real.write(descriptor, vectors, count, offset)
        }
        guard taken > 0 else { return taken }
        // Only the start of what is there, as a full socket or a signal would leave it.
        var first = vectors[0]
        first.iov_len = min(first.iov_len, taken)
        return real.write(descriptor, &first, 1, offset)
      },
      truncate: { truncate(state.count(\.truncates)) ?? real.truncate($0, $1) },
      syncFile: { sync(state.count(\.syncs)) ?? real.syncFile($0) },
      syncFolder: {
        _ = state.count(\.folderSyncs)
        return real.syncFolder($0)
      })
  }

  private func count(_ field: any WritableKeyPath<Counts, Int> & Sendable) -> Int {
    state.withLock { counts in
      counts[keyPath: field] += 1
      return counts[keyPath: field]
    }
  }
}
