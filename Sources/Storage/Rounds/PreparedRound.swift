import Competition

/// A round on its way into the tables: what each of its rows has become so far.
struct PreparedRound {
  /// One row of `predictions`.
  struct Row {
    let id: String
    let record: PredictionRecord
    var status: PredictionStatus
    /// The JSON to store; nil is the literal `null`.
    var distributions: ByteView?
    var detail: String?
    var fate = Fate.asAnswered
    /// Whether its answer has been checked.
    var isChecked = false
  }

  /// What storage does with a row.
  enum Fate {
    /// It goes in as the round closed it; may become `failed` or `stored`.
    case asAnswered
    /// What it holds was refused, it goes in as FAILED; may become `dropped` or `stored`.
    case failed
    /// It is in the table already.
    case stored
    /// Even its FAILED form was refused.
    case dropped

    /// Whether the row is still to be copied.
    var isOwed: Bool { self == .asAnswered || self == .failed }
  }

  let round: RoundRecord
  /// Shape: [rosterCount].
  private(set) var rows: [Row]
  /// When the round was handed to storage.
  let enqueuedAt: MonotonicInstant
  /// Whether an earlier try may have stored rows: its commit's answer never came.
  var mayBeStored = false

  init(_ round: RoundRecord, enqueuedAt: MonotonicInstant) {
    self.round = round
    self.enqueuedAt = enqueuedAt
    rows = round.records.map { record in
      let isSuccess = record.status == .success
      return Row(
        id: record.id.withoutNUL, record: record, status: record.status,
        distributions: isSuccess ? record.distributions : nil,
        detail: isSuccess ? nil : record.detail,
        isChecked: !isSuccess || record.distributions == nil)
    }
  }

  /// The places of the rows that are still to be copied, in order.
  func owed(in range: Range<Int>) -> [Int] { range.filter { rows[$0].fate.isOwed } }

  /// The number of rows with `status` that are or will be in the table.
  func count(_ status: PredictionStatus) -> Int {
    rows.reduce(0) { $0 + ($1.status == status && $1.fate != .dropped ? 1 : 0) }
  }

  /// The answer of row `index` may be stored as it is.
  mutating func accept(_ index: Int) { rows[index].isChecked = true }

  /// The row is in the table already.
  mutating func markStored(_ ids: Set<String>) {
    for index in rows.indices where ids.contains(rows[index].id) && rows[index].fate.isOwed {
      rows[index].fate = .stored
    }
  }

  /// What row `index` holds was refused: it goes in as FAILED, or not at all when it was FAILED by
  /// storage already.
  mutating func refuse(_ index: Int, reason: String) {
    rows[index].isChecked = true
    rows[index].distributions = nil
    if rows[index].fate == .asAnswered {
      rows[index].fate = .failed
      rows[index].status = .failed
      rows[index].detail = reason
    } else {
      rows[index].fate = .dropped
      rows[index].detail = reason
    }
  }
}
