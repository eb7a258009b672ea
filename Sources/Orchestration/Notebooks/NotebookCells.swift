import Competition
import JSON

/// The cells of a Jupyter notebook.
struct NotebookCells {
  /// One cell.
  struct Cell: Hashable {
    /// `code`, `markdown`, …
    let kind: String
    /// Its lines without their ends. Shape: [lineCount].
    let lines: [String]
  }

  /// Cells that are read; a notebook has some dozens.
  static let cellsMax = 5_000
  /// The text of all cells, bytes; results and pictures don't count.
  static let sourceBytesMax = 4 << 20

  /// The cells in their order.
  let cells: [Cell]

  /// Reads the JSON of a notebook of format 4.
  ///
  /// - Throws: `NotebookFault` when it is none.
  init(_ bytes: [UInt8]) throws(NotebookFault) {
    let root: JSONValue
    do {
      root = try JSONValue.parse(bytes: bytes)
    } catch {
      throw NotebookFault("the notebook is no JSON: \(error)")
    }
    guard let values = root["cells"]?.arrayValue else {
      throw NotebookFault("the notebook has no cells; save it in format 4")
    }
    guard values.count <= Self.cellsMax else {
      throw NotebookFault("the notebook has more than \(Self.cellsMax) cells")
    }
    var cells: [Cell] = []
    var bytes = 0
    for (index, value) in values.enumerated() {
      guard let kind = value["cell_type"]?.stringValue, let lines = Self.lines(value["source"])
      else { throw NotebookFault("it has no cell_type or no source", cell: index + 1) }
      bytes += lines.reduce(0) { $0 + $1.utf8.count + 1 }
      guard bytes <= Self.sourceBytesMax else {
        throw NotebookFault(
          "the cells have more than \(ByteCountText.describe(Self.sourceBytesMax)) of text")
      }
      cells.append(Cell(kind: kind, lines: lines))
    }
    self.cells = cells
  }

  /// The source is one text or a list of texts, a line each or several.
  private static func lines(_ source: JSONValue?) -> [String]? {
    let text: String
    if let whole = source?.stringValue {
      text = whole
    } else if let parts = source?.arrayValue {
      let texts = parts.compactMap(\.stringValue)
      guard texts.count == parts.count else { return nil }
      text = texts.joined()
    } else {
      return nil
    }
    if text.isEmpty { return [] }
    let lines = text.replacing("\r\n", with: "\n").replacing("\r", with: "\n")
      .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    return lines.last == "" ? lines.dropLast() : lines
  }
}

/// Why a notebook can't be converted.
struct NotebookFault: Error, Hashable, Sendable, CustomStringConvertible {
  let reason: String
  /// The cell, from 1; nil when the notebook as a whole is meant.
  let cell: Int?

  init(_ reason: String, cell: Int? = nil) {
    self.reason = reason
    self.cell = cell
  }

  /// `cell 3, line 2: a bracket isn't closed`.
  var description: String { cell.map { "cell \($0): \(reason)" } ?? reason }
}
